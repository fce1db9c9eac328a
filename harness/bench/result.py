"""The result of a benchmark: figures, ratios per round, targets met or not."""

from __future__ import annotations

import statistics
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Target:
    """A limit on a ratio, and why it is this one. The ratio has to stay at or below it, or at or above it for a `floor`."""

    name: str
    ratio: str
    limit: float
    reason: str
    floor: bool = False

    def verdict(self, spread: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
        """The target with the median of its ratio; `met` is None where the ratio could not be measured here."""
        median = spread[self.ratio]["median"] if self.ratio in spread else None
        met = None if median is None else median >= self.limit if self.floor else median <= self.limit
        return {**asdict(self), "median": median, "met": met}


@dataclass(frozen=True, kw_only=True)
class Load:
    """Figures of one load: columns of numbers by what was done, the spread of each ratio, verdicts on targets."""

    columns: Mapping[str, Mapping[str, float]]
    ratios: Mapping[str, Mapping[str, float]]
    targets: Sequence[Mapping[str, Any]]
    size: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class BenchResult:
    """Every load of a benchmark, the CPU it ran on, and problems that make the figures worthless."""

    cpu: int | None
    rounds: int
    loads: Mapping[str, Load]
    problems: Sequence[str] = ()

    @property
    def met(self) -> bool | None:
        """True if every target is met, False if any is missed, None if none is missed and some cannot be told here."""
        verdicts = [target["met"] for load in self.loads.values() for target in load.targets]
        return False if False in verdicts else None if None in verdicts else True


Micro = Mapping[str, Callable[[], object]]


class Benchmark(ABC):
    """A subject's benchmark. The ports of a round are measured right after each other, so that ratios can be trusted.

    With `tells_alone`, the cost of a step of a fuzz run is shown as a multiple of what `alone` tells, all summed up.
    """

    tells_alone = False

    @contextmanager
    def alone(self, cases: Sequence[Any]) -> Iterator[Callable[[], Mapping[str, float]]]:
        """What measures the microseconds per step of reference and port, each alone, over cases of a fuzz run."""
        del cases
        yield dict

    @contextmanager
    def micro(self) -> Iterator[Micro]:
        """Small calls by name, each of which can be repeated at will, of the reference and of the ports that are here."""
        yield {}

    @abstractmethod
    def measure(self, candles: Path | None, rounds: int, cpu: int | None) -> BenchResult:
        """Measure in so many rounds on one CPU. Raises `MissingPortError`, and `CandleError` for a bad file."""


def spread_of(values: Sequence[float]) -> dict[str, float]:
    """Median, smallest and largest."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}
