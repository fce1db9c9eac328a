"""Tolerances as data: how much each field may differ, and why. Fields without a tolerance are compared exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from generators.errors import ParityError
from harness.comparators.path import Path, Step

BOUNDS = ("ulp", "relative", "absolute", "of_column", "of_all", "of_data", "of_data_squared", "of_sibling")


class ToleranceError(ParityError):
    """A tolerance is invalid; the message says which and why."""


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """The difference that a field may have, and the reason. The largest of the bounds applies.

    `path` is like `$.em.rounds[*].means`: `[*]` stands for an index, `*` for one name, `**` for any. `ulp` is in units in the
    last place, of which -0.0 and 0.0 are none apart; `relative` is a share of the larger value; `of_column` and `of_all` are
    shares of the largest value in the field's column or in the whole field; `of_data` and `of_data_squared` of the largest
    value in the data's column, or of its square; `of_sibling` of the largest value in the field called `sibling` of the same
    object.
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
    of_sibling: float = 0.0
    sibling: str = ""

    @cached_property
    def pattern(self) -> tuple[str, ...]:
        """The path's steps; `[*]` stands for an index."""
        spaced = self.path.replace("**", "**.").replace("[", ".[")
        return tuple(step for step in spaced.split(".")[1:] if step)

    def covers(self, path: Path) -> bool:
        """Return True if the tolerance applies to a path."""
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
    """Tolerances in order: the first one that covers a path applies."""

    entries: tuple[Tolerance, ...] = ()
    _cached: dict[str, Tolerance | None] = field(default_factory=dict, compare=False, repr=False)

    def of(self, path: Path) -> Tolerance | None:
        """Return the tolerance of a path, or None."""
        # No pattern depends on an index, so paths that differ only in indices share an entry.
        key = path.anywhere
        if key not in self._cached:
            self._cached[key] = next((entry for entry in self.entries if entry.covers(path)), None)
        return self._cached[key]


def read_tolerances(entries: Sequence[Mapping[str, Any]]) -> Tolerances:
    """Read tolerances from plain data. Raises `ToleranceError`."""
    read = []
    for number, entry in enumerate(entries):
        unknown = set(entry) - {"path", "reason", "sibling", *BOUNDS}
        if unknown or not entry.get("path") or not entry.get("reason"):
            what = f"has an unknown field {sorted(unknown)[0]!r}" if unknown else "needs a path and a reason"
            raise ToleranceError(f"tolerance {number} ({entry.get('path')}): {what}")
        bounds = {name: entry[name] for name in BOUNDS if name in entry}
        if not bounds or not all(isinstance(value, int | float) and 0 <= value < 1e6 for value in bounds.values()):
            raise ToleranceError(f"tolerance {number} ({entry['path']}): needs bounds, each a number of at least 0")
        sibling = entry.get("sibling", "")
        if ("of_sibling" in bounds) != bool(sibling) or not isinstance(sibling, str):
            raise ToleranceError(f"tolerance {number} ({entry['path']}): of_sibling and the name of a sibling need each other")
        read.append(Tolerance(path=entry["path"], reason=entry["reason"], sibling=sibling, **bounds))
    return Tolerances(tuple(read))
