"""hmmlearn's `GaussianHMM` and ours, asked the same: answers, errors, log lines, warnings and prints have to agree."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import hmmlearn.hmm
import numpy as np
import numpy.typing as npt
import pytest
from threadpoolctl import threadpool_limits

from tests.native import load_native

Matrix = npt.NDArray[np.float64]
NUMBER = re.compile(r"[+-]?(?:\d+\.\d*(?:e[+-]?\d+)?|\bnan\b)")
PARAMETERS = ("startprob_", "transmat_", "means_", "_covars_")


@dataclass
class Outcome:
    """What became of a call."""

    value: Any = None
    error: str | None = None
    lines: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    printed: str = ""


class Lines(logging.Handler):
    """Keeps the warnings that a logger was given."""

    def __init__(self, name: str) -> None:
        super().__init__(logging.WARNING)
        self.kept: list[str] = []
        self.logger = logging.getLogger(name)

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(f"{record.levelname} {record.getMessage()}")

    def __enter__(self) -> Lines:
        self.logger.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        self.logger.removeHandler(self)


def ask(model: type, logger: str, call: Callable[[type], Any]) -> Outcome:
    """Call with a class; NumPy's own floating-point warnings are left out."""
    outcome = Outcome()
    printed = io.StringIO()
    with (
        threadpool_limits(limits=1), np.errstate(all="ignore"), contextlib.redirect_stderr(printed),
        warnings.catch_warnings(record=True) as warned, Lines(logger) as lines,
    ):  # fmt: skip
        warnings.simplefilter("always")
        try:
            outcome.value = call(model)
        except Exception as error:
            bases = [base.__name__ for base in (ValueError, TypeError, KeyError, AttributeError) if isinstance(error, base)]
            outcome.error = f"{'/'.join(bases)}: {error}"
    outcome.warned = [f"{each.category.__name__}: {each.message}" for each in warned if each.category is not RuntimeWarning]
    outcome.lines, outcome.printed = lines.kept, printed.getvalue()
    return outcome


def ours() -> type:
    """Our class."""
    found: type = load_native().GaussianHMM
    return found


def agree(call: Callable[[type], Any], *, rel: float = 1e-6, abs: float = 1e-9) -> Outcome:
    """Ask both the same and hold them to it; our outcome."""
    theirs = ask(hmmlearn.hmm.GaussianHMM, "hmmlearn.base", call)
    mine = ask(ours(), "doge_hmm", call)
    assert mine.error == theirs.error
    assert mine.warned == theirs.warned
    for one, other in [(mine.printed, theirs.printed), ("\n".join(mine.lines), "\n".join(theirs.lines))]:
        assert NUMBER.sub("#", one) == NUMBER.sub("#", other)
        same(numbers(one), numbers(other), rel, 1e-5)
    same(mine.value, theirs.value, rel, abs)
    return mine


def numbers(text: str) -> list[float]:
    return [float(number) for number in NUMBER.findall(text)]


def same(one: Any, other: Any, rel: float, abs: float) -> None:
    """The same type and shape, whole numbers and texts exactly, floats to the tolerance."""
    if isinstance(one, list | tuple):
        assert type(one) is type(other)
        assert len(one) == len(other)
        for mine, theirs in zip(one, other, strict=True):
            same(mine, theirs, rel, abs)
    elif isinstance(one, np.ndarray):
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        if one.dtype.kind == "f":
            np.testing.assert_allclose(one, other, rtol=rel, atol=abs)
        else:
            assert (one == other).all()
    elif isinstance(one, float):
        assert isinstance(other, float)
        np.testing.assert_allclose(one, other, rtol=rel, atol=abs)
    else:
        assert one == other


def learnt(model: Any) -> list[Any]:
    """All that a fit leaves behind. Start and transitions are compared as probabilities: what is next to nothing is nothing."""
    return [
        model.monitor_.iter, list(model.monitor_.history), model.monitor_.converged, model.n_features,
        *(getattr(model, name) for name in PARAMETERS),
    ]  # fmt: skip


def regimes(n: int, d: int, k: int = 3, seed: int = 0) -> Matrix:
    """Rows of a market that stays in one of k states for a while, shape (n, d)."""
    rng = np.random.default_rng(seed)
    means, deviations = rng.normal(size=(k, d)) * 3, 0.5 + rng.random((k, d))
    states = np.repeat(rng.integers(0, k, n // 15 + 1), 15)[:n]
    rows: Matrix = means[states] + rng.standard_normal((n, d)) * deviations[states]
    return rows


def model_of(model: type, k: int = 2, d: int = 2, **given: Any) -> Any:
    """A model with parameters that somebody wrote down."""
    made = model(k, **given)
    made.startprob_ = np.full(k, 1 / k)
    made.transmat_ = np.full((k, k), 0.1 / max(k - 1, 1)) + np.eye(k) * (0.9 - 0.1 / max(k - 1, 1)) if k > 1 else np.eye(1)
    made.means_ = np.arange(k * d, dtype=float).reshape(k, d)
    made.covars_ = np.ones((k, d)) + 0.1 * np.arange(k)[:, None]
    made.n_features = d
    return made


def each(cases: dict[str, Any]) -> list[Any]:
    """Cases as pytest's parameters, by name."""
    return [pytest.param(value, id=name) for name, value in cases.items()]
