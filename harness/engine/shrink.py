"""From a case that diverges to the smallest one found that diverges alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from generators.errors import ParityError
from harness.comparators.divergence import Divergence
from harness.panel import C, CaseError, Depth, Panel
from harness.subject import Subject

T = TypeVar("T")


class OutOfBudgetError(ParityError):
    """The attempts or the time are used up; the smallest case so far stands."""


@dataclass(frozen=True, kw_only=True)
class Shrunk(Generic[C]):
    """The smallest case found, its size beside the first one's, and what it took."""

    case: C
    size_before: int
    size_after: int
    unit: str
    attempts: int
    seconds: float


class Shrinker(Generic[C]):
    """Tries smaller cases on a check that says if a case still diverges. What was tried once is not tried again."""

    def __init__(
        self,
        case: C,
        still_diverges: Callable[[C], bool],
        encode: Callable[[C], bytes],
        *,
        attempts_max: int,
        time_budget_sec: float,
    ) -> None:
        self.best = case
        self.attempts = 0
        self._check, self._encode = still_diverges, encode
        self._attempts_max, self._deadline = attempts_max, time.monotonic() + time_budget_sec
        self._tried: dict[bytes, bool] = {}

    def accept(self, attempt: C) -> bool:
        """True if the attempt still diverges; then it is the smallest so far. Raises `OutOfBudgetError`."""
        key = self._encode(attempt)
        if key not in self._tried:
            if self.attempts >= self._attempts_max or time.monotonic() > self._deadline:
                raise OutOfBudgetError(f"{self.attempts} attempts")
            self.attempts += 1
            self._tried[key] = self._check(attempt)
        if self._tried[key] and key != self._encode(self.best):
            self.best = attempt
        return self._tried[key]


def shrink(
    subject: Subject[C],
    panel: Panel[C],
    port: str,
    case: C,
    fingerprint: str,
    *,
    time_budget_sec: float,
    before_each: Callable[[], None] = lambda: None,
) -> Shrunk[C] | None:
    """The smallest case found on which a port shows a fingerprint; None where not even the case itself shows it."""
    started = time.monotonic()

    def still_diverges(attempt: C) -> bool:
        before_each()
        return any(each.fingerprint == fingerprint for each in divergences_of(panel, port, attempt))

    if not still_diverges(case):
        return None
    shrinking = subject.shrinking
    search = Shrinker(
        case, still_diverges, subject.cases.encode, attempts_max=shrinking.attempts_max, time_budget_sec=time_budget_sec
    )
    try:
        shrinking.first(search)
        before: Any = None
        while before is not search.best:
            before = search.best
            for smaller in shrinking.passes(panel):
                smaller(search)
    except OutOfBudgetError:
        pass  # the smallest so far stands
    size, unit = shrinking.size(search.best)
    return Shrunk(
        case=search.best,
        size_before=shrinking.size(case)[0],
        size_after=size,
        unit=unit,
        attempts=search.attempts,
        seconds=time.monotonic() - started,
    )


def divergences_of(panel: Panel[C], port: str, case: C) -> list[Divergence]:
    """Every divergence of a port on a case, thoroughly; none where not even the reference can be asked."""
    panel.forgive()
    try:
        expected = panel.expect(case)
    except CaseError:
        return []
    return panel.judge(port, case, expected, Depth.THOROUGH).divergences


def shortened(items: list[T], accept: Callable[[list[T]], bool]) -> list[T]:
    """As few items as are accepted: delta debugging, halves first, then ever smaller runs. The first call is with none."""
    if not items or accept([]):
        return []
    size = len(items) // 2
    while size >= 1:
        at = 0
        while at < len(items):
            fewer = items[:at] + items[at + size :]
            if fewer and accept(fewer):
                items = fewer
            else:
                at += size
        size //= 2
    return items
