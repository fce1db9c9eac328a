"""Scores that follow: where two trained models differ within their tolerances, their likelihoods may differ by more.

Of data far from zero, a variance is what is left of two large numbers, and its tolerance is wide; a variance that is a
thousandth off moves the log-likelihood of every row. Then the question is not how near two scores are, but whether each is the
score of its own model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from generators.detector.case import DetectorCase, Series
from generators.plain import Json
from harness.comparators.divergence import Divergence
from harness.subjects.detector.contract import DetectorContract
from harness.subjects.detector.judging.ties import PARAMETERS, Model, joint_terms

Where = tuple[str | int, ...]
TRAINED: Where = ("same_seed", "trained")
SCORE: Where = ("same_seed", "score", "value")
SCORED: Where = ("same_seed", "scored", "value", 0)
DECODED: Where = ("same_seed", "decoded", "value", 0)
AIC: Where = ("same_seed", "aic", "value")
BIC: Where = ("same_seed", "bic", "value")


def without_what_follows(
    divergences: Sequence[Divergence], *, reference: Json, candidate: Json, case: DetectorCase, contract: DetectorContract
) -> tuple[list[Divergence], int]:
    """Return the divergences but for scores that follow from models within their tolerances, and the number of those scores."""
    scores = [each for each in divergences if each.path.steps in (SCORE, SCORED, DECODED, AIC, BIC) and each.kind == "value"]
    if not scores or any(each.path.steps[:2] == TRAINED for each in divergences):
        return list(divergences), 0
    try:
        follows = all(_follow(side, case, contract) for side in (reference, candidate))
    except (KeyError, IndexError, TypeError, ValueError):
        follows = False  # not a model with its scores
    if not follows:
        return list(divergences), 0
    return [each for each in divergences if each not in scores], len(scores)


def _follow(outcome: Json, case: DetectorCase, contract: DetectorContract) -> bool:
    """Return True if all scores of an outcome are those of its own model, within the tolerance of one model's score."""
    level, rows = outcome["same_seed"], case.inputs["rows"]
    if not isinstance(rows, Series):
        return False
    model = {name: np.asarray(level["trained"]["value"][name], dtype=np.float64) for name in PARAMETERS}
    values, lengths = rows.values, case.inputs["lengths"]
    own = _log_likelihood(model, values, lengths)
    free = _free_parameters(model)
    path = np.asarray(level["decoded"]["value"][1])
    expected = {
        SCORE: own,
        SCORED: own,
        DECODED: float(joint_terms(model, values, lengths, path).sum()),
        AIC: -2.0 * own + 2.0 * free,
        BIC: -2.0 * own + free * float(np.log(len(values))),
    }
    return all(_near(_value(outcome, where), each, contract) for where, each in expected.items())


def _near(said: Any, expected: float, contract: DetectorContract) -> bool:
    share = contract.followed_relative
    return bool(np.isfinite(said) and abs(float(said) - expected) <= share * max(1.0, abs(expected)))


def _value(outcome: Json, where: Where) -> Any:
    value: Any = outcome
    for step in where:
        value = value[step]
    return value


def _free_parameters(model: Model) -> int:
    """Return how many parameters AIC and BIC count: those of a model with diagonal covariances."""
    states, features = model["means"].shape
    return int(states * features * 2 + states * (states - 1) + states - 1)


def _log_likelihood(model: Model, rows: npt.NDArray[np.float64], lengths: Any) -> float:
    variances = np.stack([np.diag(each) for each in model["covars"]]) if model["covars"].ndim == 3 else model["covars"]
    distances = (rows[:, None, :] - model["means"]) ** 2 / variances
    densities = -0.5 * (np.log(2.0 * np.pi * variances).sum(axis=1) + distances.sum(axis=2))
    return float(sum(_of_sequence(model, each) for each in _sequences(densities, lengths)))


def _of_sequence(model: Model, densities: npt.NDArray[np.float64]) -> float:
    with np.errstate(divide="ignore"):
        start, moves = np.log(model["startprob"]), np.log(model["transmat"])
    reached = start + densities[0]
    for row in densities[1:]:
        reached = logsumexp(reached[:, None] + moves, axis=0) + row
    return float(logsumexp(reached))


def _sequences(densities: npt.NDArray[np.float64], lengths: Any) -> Iterator[npt.NDArray[np.float64]]:
    ends = np.cumsum([len(densities)] if lengths is None else lengths)
    yield from np.split(densities, ends[:-1])
