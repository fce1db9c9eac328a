"""Tolerances as data: which field may differ by how much, and why. What has no tolerance is compared exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from generators.errors import ParityError
from harness.comparators.path import Path, Step

BOUNDS = ("ulp", "relative", "absolute", "of_column", "of_all", "of_data", "of_data_squared")


class ToleranceError(ParityError):
    """A tolerance is not usable; the message says which and why."""


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """The difference that a field may have, and the reason. The largest of the bounds counts.

    `path` is like `$.em.rounds[*].means`: `[*]` stands for an index, `*` for one name, `**` for any. `ulp` counts doubles in
    between, of which -0.0 and 0.0 have none; `relative` is a share of the larger value; `of_column` and `of_all` are shares of
    the largest value in the field's column or in the whole field; `of_data` and `of_data_squared` of the largest value in the
    data's column, or of its square.
    """

    path: str
    reason: str
    ulp: int = 0
    relative: float = 0.0
    absolute: float = 0.0
    of_column: float = 0.0
    of_all: float = 0.0
    of_data: float = 0.0
    of_data_squared: float = 0.0

    @cached_property
    def pattern(self) -> tuple[str, ...]:
        """The path's steps; `[*]` stands for an index."""
        spaced = self.path.replace("**", "**.").replace("[", ".[")
        return tuple(step for step in spaced.split(".")[1:] if step)

    def covers(self, path: Path) -> bool:
        """True if the tolerance is meant for a path."""
        return _matches(self.pattern, path.steps)


def _matches(pattern: tuple[str, ...], steps: tuple[Step, ...]) -> bool:
    if not pattern:
        return not steps
    first, rest = pattern[0], pattern[1:]
    if first == "**":
        return any(_matches(rest, steps[taken:]) for taken in range(len(steps) + 1))
    if not steps:
        return False
    if isinstance(steps[0], int):
        # No tolerance tells one item of a list from another.
        return first.startswith("[") and _matches(rest, steps[1:])
    return first in ("*", steps[0]) and _matches(rest, steps[1:])


@dataclass(frozen=True)
class Tolerances:
    """Tolerances in their order: the first one that covers a path counts."""

    entries: tuple[Tolerance, ...] = ()
    _known: dict[str, Tolerance | None] = field(default_factory=dict, compare=False, repr=False)

    def of(self, path: Path) -> Tolerance | None:
        """The tolerance of a path, None where there is none."""
        # Indices do not matter to any pattern, so that paths which differ in them alone are looked up once.
        key = path.anywhere
        if key not in self._known:
            self._known[key] = next((entry for entry in self.entries if entry.covers(path)), None)
        return self._known[key]


def read_tolerances(entries: Sequence[Mapping[str, Any]]) -> Tolerances:
    """Tolerances out of plain data. Raises `ToleranceError`."""
    read = []
    for number, entry in enumerate(entries):
        unknown = set(entry) - {"path", "reason", *BOUNDS}
        if unknown or not entry.get("path") or not entry.get("reason"):
            what = f"knows no {sorted(unknown)[0]!r}" if unknown else "needs a path and a reason"
            raise ToleranceError(f"tolerance {number} ({entry.get('path')}): {what}")
        bounds = {name: entry[name] for name in BOUNDS if name in entry}
        if not bounds or not all(isinstance(value, int | float) and 0 <= value < 1e6 for value in bounds.values()):
            raise ToleranceError(f"tolerance {number} ({entry['path']}): needs bounds, each a number of at least 0")
        read.append(Tolerance(path=entry["path"], reason=entry["reason"], **bounds))
    return Tolerances(tuple(read))
