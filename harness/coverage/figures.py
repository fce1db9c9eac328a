"""Figures of coverage, or the reason why there are none; and the part of a subject that measures them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from generators.errors import ParityError


class NotMeasuredError(ParityError):
    """A port cannot be measured here; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Units of a port that were reached, and those that were not. Where `reason` says something, nothing was measured."""

    port: str
    unit: str
    covered: int = 0
    total: int = 0
    missing: tuple[str, ...] = ()
    reason: str = ""

    @property
    def key(self) -> str:
        """The figure's name in the ledger."""
        return f"{self.port} {self.unit}"

    @property
    def pct(self) -> float:
        """The share that was reached, in percent."""
        return 100.0 * self.covered / self.total if self.total else 0.0

    def to_json(self) -> dict[str, Any]:
        """The figure as plain data; of what was not measured only why."""
        named = {"port": self.port, "unit": self.unit}
        if self.reason:
            return {**named, "reason": f"missing: {self.reason}"}
        counted = {"covered": self.covered, "total": self.total, "pct": round(self.pct, 2)}
        return {**named, **counted, "missing": list(self.missing)}


class Coverage(ABC):
    """The measurement of a subject's coverage.

    `units` says what is counted of each port, the reference first. `least_pct` is the share of the reference that a whole night
    has to reach. `by_fixtures` is true where fixtures alone reach every branch.
    """

    units: ClassVar[Mapping[str, tuple[str, ...]]]
    least_pct: float | None = None
    by_fixtures: bool = False

    @abstractmethod
    def files(self) -> Sequence[Path]:
        """The files of the reference that are counted."""

    def unreachable(self, file: Path) -> frozenset[int]:
        """Lines that no case can reach, and that are not counted."""
        del file
        return frozenset()

    @abstractmethod
    def measure(self, plan: Any, folder: Path) -> list[Figure]:
        """Every figure of a plan's first cases; `folder` is for files on the way."""

    @abstractmethod
    def work(self, what: str, plan: Any, indexes: Iterable[int]) -> None:
        """Run cases in the process that is measured; `what` is the one of several ways that `measure` asked for."""

    def tasks(self, sequences: int, seed: int) -> Iterator[tuple[str, Callable[[], object]]]:
        """Tasks for the reference, by name: recording fixtures, or running generated cases."""
        del sequences, seed
        return iter(())

    def ports_of(self, candidates: Sequence[str]) -> tuple[str, ...]:
        """The ports that are measured: the reference, and the others where cases go to them and not to candidates."""
        every = tuple(self.units)
        return every[:1] if candidates else every

    def unmeasured(self, port: str, reason: str) -> list[Figure]:
        """The figures of a port that has none."""
        return [Figure(port=port, unit=unit, reason=reason) for unit in self.units[port]]

    def measured(self, port: str, figures: Callable[[], list[Figure]]) -> list[Figure]:
        """Figures, or the reason why there are none."""
        try:
            return figures()
        except NotMeasuredError as error:
            return self.unmeasured(port, str(error))
