"""Points with bands, and fewer of them where a line would have too many."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.evidence.statement import Evidence

# So many points of a figure are drawn at most; each then stands for a few records that follow each other.
DRAWN_MAX = 250


@dataclass(frozen=True)
class Point:
    """A value with the smallest and the largest of its rounds, the record it is from, and the build."""

    value: float
    low: float
    high: float
    record: Evidence
    build: str


def banded(points: Sequence[Point]) -> list[Point]:
    """The points to draw. One that stands for several has their median, their smallest and largest, and leads to the last."""
    size = -(-len(points) // DRAWN_MAX)
    # Counted from the end, so that the newest point is whole.
    starts = range(len(points) % size, len(points), size) if size > 1 else range(len(points))
    groups = [points[start : start + size] for start in starts]
    if size > 1 and len(points) % size:
        groups.insert(0, points[: len(points) % size])
    return [_merged(group) for group in groups]


def _merged(group: Sequence[Point]) -> Point:
    value = statistics.median(each.value for each in group)
    return replace(group[-1], value=value, low=min(each.low for each in group), high=max(each.high for each in group))
