"""What makes a subject's cases smaller, a part of its face."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Generic, Protocol

from harness.panel import C, Panel


class Search(Protocol[C]):
    """A search for a smaller case: `best` is the smallest one so far."""

    best: C

    def accept(self, attempt: C) -> bool:
        """True if the attempt diverges as the first case did; then it is the smallest so far."""


class Shrinking(ABC, Generic[C]):
    """Makes a subject's cases smaller."""

    attempts_max: int = 4000

    @abstractmethod
    def size(self, case: C) -> tuple[int, str]:
        """The size of a case, and the unit it is counted in."""

    @abstractmethod
    def passes(self, panel: Panel[C]) -> Sequence[Callable[[Search[C]], None]]:
        """Passes that are repeated until nothing gets smaller."""

    def first(self, search: Search[C]) -> None:
        """A pass that runs once, before the others."""
        del search
