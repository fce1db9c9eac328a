"""Two builds on one machine: small calls of both, alternately, and what their ratio shows."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from generators.errors import ParityError
from harness import ROOT
from harness.panel import MissingPortError

# Pairs of processes, since the layout of memory differs from one process to the next by more than the clock does.
PAIRS = 11
# Each call is repeated until it takes this long, and timed so often in each pair, forth and back.
TIMED_SEC, TURNS = 0.01, 5
# A ratio nearer to one than this is not felt; one that may be farther than `SAME` is not the same either.
FELT, SAME = 0.02, 0.05
# The chance that builds which are equal are called different in any of the calls.
FALSE_ALARM = 0.01
RESAMPLES = 20_000


class AgainstError(ParityError):
    """The other checkout cannot be compared. The message says why."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The seconds of this build over those of the other: estimate, bounds of its confidence interval, and each pair's ratio."""

    name: str
    ratio: float
    low: float
    high: float
    ratios: tuple[float, ...]

    @property
    def verdict(self) -> str:
        """One of slower, faster, same, cannot tell."""
        if self.low > 1.0 + FELT:
            return "slower"
        if self.high < 1.0 - FELT:
            return "faster"
        return "same" if self.low > 1.0 - SAME and self.high < 1.0 + SAME else "cannot tell"


def refuse_itself(other: Path) -> None:
    """Raise `AgainstError` for this checkout, under whatever name: whatever it takes, it takes as long as itself."""
    with suppress(OSError):
        if other.samefile(ROOT):
            raise AgainstError(f"--against {other}: is this checkout itself; name another one")


class Build:
    """A process of a checkout that runs small calls."""

    def __init__(self, root: Path, subject: str) -> None:
        python = sys.executable if root == ROOT else str(python_of(root))
        path = os.pathsep.join([str(root), str(root / "doge-hmm" / "python"), os.environ.get("PYTHONPATH", "")])
        self._root = root
        self._process = subprocess.Popen(
            [python, "-m", "harness.against.worker", subject],
            cwd=root, env={**os.environ, "PYTHONPATH": path.rstrip(os.pathsep)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            self.names: list[str] = json.loads(self._line())
        except BaseException:
            self.close()
            raise

    def seconds(self, name: str, calls: int) -> float:
        """The seconds that so many calls take."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"name": name, "calls": calls}) + "\n")
        self._process.stdin.flush()
        return float(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        line = self._process.stdout.readline()
        if not line:
            said = self._process.stderr.read().strip().splitlines()
            raise AgainstError(
                f"{self._root}: its build cannot run the small calls ({said[-1] if said else 'it said nothing'})"
            )
        return line

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


def python_of(root: Path) -> Path:
    """The interpreter of another built checkout. Raises `AgainstError` for a folder that is none."""
    found = root / ".venv" / "bin" / "python"
    if not (root / "harness").is_dir():
        raise AgainstError(f"--against {root}: is no checkout of this project")
    if not found.exists():
        raise MissingPortError(f"--against {root}: is not built; run ./build.sh there")
    return found


def compare(subject: str, other: Path, pairs: int = PAIRS) -> list[Compared]:
    """Time every call that both builds have. Raises `AgainstError` and `MissingPortError`."""
    root = other.resolve()
    python_of(root)
    ratios: dict[str, list[float]] = {}
    for number in range(pairs):
        with _pair(subject, root) as (here, there):
            names = [name for name in here.names if name in there.names]
            if not names:
                raise AgainstError(f"--against {other}: has no small call that is here too")
            for name in names:
                ratios.setdefault(name, []).append(_ratio(here, there, name, number))
    level = FALSE_ALARM / len(ratios)
    return [_compared(name, values, level) for name, values in ratios.items()]


@contextmanager
def _pair(subject: str, root: Path) -> Iterator[tuple[Build, Build]]:
    here = Build(ROOT, subject)
    try:
        there = Build(root, subject)
        try:
            yield here, there
        finally:
            there.close()
    finally:
        here.close()


def _ratio(here: Build, there: Build, name: str, number: int) -> float:
    """The geometric mean of the ratios of some turns; every second turn the other build goes first."""
    calls = max(1, round(TIMED_SEC / max(1e-9, min(here.seconds(name, 1), here.seconds(name, 1)))))
    there.seconds(name, calls)
    logs = []
    for turn in range(TURNS):
        first, second = (here, there) if (turn + number) % 2 else (there, here)
        one, two = first.seconds(name, calls), second.seconds(name, calls)
        logs.append(math.log(one / two) * (1.0 if first is here else -1.0))
    return math.exp(sorted(logs)[TURNS // 2])


def _compared(name: str, ratios: Sequence[float], level: float) -> Compared:
    """The mean of the logarithms with its bootstrap interval. The seed is fixed: the same ratios give the same verdict."""
    # Imported here because scipy takes long to load, and help does not need it.
    from scipy.stats import bootstrap

    logs = np.log(ratios)
    low = high = float(logs.mean())
    if len(ratios) > 1:
        found = bootstrap(
            (logs,), np.mean, n_resamples=RESAMPLES, confidence_level=1.0 - level, method="percentile",
            rng=np.random.default_rng(0),
        )  # fmt: skip
        low, high = found.confidence_interval
    return Compared(
        name=name,
        ratio=math.exp(logs.mean()),
        low=math.exp(low),
        high=math.exp(high),
        ratios=tuple(float(each) for each in ratios),
    )


def word_of(found: Sequence[Compared]) -> str:
    """The verdict on all calls: SLOWER if any is, else CANNOT TELL if any cannot be told, else NOT SLOWER."""
    verdicts = {each.verdict for each in found}
    return "SLOWER" if "slower" in verdicts else "CANNOT TELL" if "cannot tell" in verdicts else "NOT SLOWER"


EXIT_CODES: Mapping[str, int] = {"SLOWER": 1, "CANNOT TELL": 3, "NOT SLOWER": 0}
