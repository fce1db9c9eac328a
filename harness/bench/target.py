"""What a benchmark has to come to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A limit on a ratio, a ceiling or a floor as the benchmark says, and why it is this one."""

    name: str
    ratio: str
    limit: float
    reason: str
