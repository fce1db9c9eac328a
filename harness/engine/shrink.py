"""From a case that diverges to the smallest one found that diverges alike.

First on the integers that the case was decoded from, so that events stay such as the book calls for; then on the case
itself: later starts, fewer events, orders and settings, rounder numbers. Every attempt asks the ports again and counts only
if the fingerprint is still there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from generators.plain import Json
from generators.reducer.case import Case
from generators.reducer.choices import CaseChoices, decode_case

T = TypeVar("T")

ATTEMPTS_MAX = 4000
DIGITS_MAX = 8


class OutOfBudgetError(Exception):
    """The attempts or the time are used up; what is smallest so far stands."""


@dataclass(frozen=True, kw_only=True)
class Shrunk:
    """The smallest case found, and what it took."""

    case: Case
    events_before: int
    attempts: int
    seconds: float

    @property
    def ratio(self) -> float:
        """How many times fewer events."""
        return self.events_before / max(1, len(self.case.events))


class Shrinker:
    """Tries smaller cases on a check that says whether the divergence is still there."""

    def __init__(
        self,
        still_diverges: Callable[[Case], bool],
        state_after: Callable[[Case, int], Any],
        *,
        attempts_max: int = ATTEMPTS_MAX,
        time_budget_sec: float = 60.0,
    ) -> None:
        self._check = still_diverges
        self._state_after = state_after
        self._attempts_max = attempts_max
        self._deadline = time.monotonic() + time_budget_sec
        self.attempts = 0

    def shrink(self, choices: CaseChoices | None, case: Case) -> Shrunk:
        """The smallest case found. `case` diverges; `choices` are what it was decoded from, if that is known."""
        started = time.monotonic()
        best = case
        try:
            if choices is not None:
                best = self._on_choices(choices, case)
            before = None
            while before != best:
                before = best
                for smaller in (self._later_start, self._fewer_events, self._plainer):
                    best = smaller(best)
        except OutOfBudgetError as end:
            best = end.args[0] if end.args else best
        return Shrunk(case=best, events_before=len(case.events), attempts=self.attempts, seconds=time.monotonic() - started)

    def _diverges(self, case: Case, best: Case) -> bool:
        if self.attempts >= self._attempts_max or time.monotonic() > self._deadline:
            raise OutOfBudgetError(best)
        self.attempts += 1
        return self._check(case)

    def _on_choices(self, choices: CaseChoices, case: Case) -> Case:
        """Fewer events and prefix steps, and as many zeros as possible."""
        best, smallest = case, choices

        def accept(attempt: CaseChoices) -> bool:
            nonlocal best, smallest
            decoded = decode_case(attempt, name=case.name, metadata=case.metadata)
            if not self._diverges(decoded, best):
                return False
            best, smallest = decoded, attempt
            return True

        def accept_items(field: str, items: Sequence[Any]) -> bool:
            changed: dict[str, Any] = {field: tuple(items)}
            return accept(replace(smallest, **changed))

        for field in ("events", "prefix", "distortions"):
            shortened(list(getattr(smallest, field)), partial(accept_items, field))
        accept(replace(smallest, config=()))
        for position, choice in enumerate(smallest.config):
            if choice:
                accept(replace(smallest, config=_with(smallest.config, position, 0)))
        for start in (0, smallest.start % 9, smallest.start % 180):
            if start < smallest.start and accept(replace(smallest, start=start)):
                break
        return best

    def _later_start(self, case: Case) -> Case:
        """The case begun in the reference's state just before it diverges, with the few events from there on."""
        for kept in range(1, len(case.events)):
            state = self._state_after(case, len(case.events) - kept)
            later = None if state is None else replace(case, state=state, events=case.events[-kept:])
            if later is not None and self._diverges(later, case):
                return later
        return case

    def _fewer_events(self, case: Case) -> Case:
        best = case

        def accept(events: Sequence[Any]) -> bool:
            nonlocal best
            attempt = replace(best, events=tuple(events))
            if events and self._diverges(attempt, best):
                best = attempt
                return True
            return False

        for length in range(1, len(case.events)):
            # Whatever comes after the step that diverges is of no use.
            if accept(case.events[:length]):
                break
        shortened(list(best.events), accept)
        return best

    def _plainer(self, case: Case) -> Case:
        """Settings and fields left out where the default does as well, lists shortened, numbers rounded."""
        best = case

        def accept(attempt: Case) -> bool:
            nonlocal best
            if attempt == best or not self._diverges(attempt, best):
                return False
            best = attempt
            return True

        if best.order_sizes is not None:
            accept(replace(best, order_sizes=None))
        for part in ("config", "state"):
            data = getattr(best, part)
            if isinstance(data, dict):
                for name in list(data):
                    without = {key: value for key, value in getattr(best, part).items() if key != name}
                    accept(_changed(best, part, without))
        for part in ("config", "state", "order_size_usd", "events"):
            for smaller in rounder(getattr(best, part)):
                accept(_changed(best, part, tuple(smaller) if part == "events" else smaller))
        return best


def _changed(case: Case, part: str, value: Any) -> Case:
    change: dict[str, Any] = {part: value}
    return replace(case, **change)


def _with(items: tuple[int, ...], position: int, value: int) -> tuple[int, ...]:
    return (*items[:position], value, *items[position + 1 :])


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


def rounder(data: Any) -> Iterator[Any]:
    """Copies of plain data in which one list lacks an item, or one number has fewer digits: the simplest first."""
    if isinstance(data, bool) or data is None or isinstance(data, str):
        return
    if isinstance(data, float):
        yield from _rounder_numbers(data)
    elif isinstance(data, dict):
        for key, value in data.items():
            for smaller in rounder(value):
                yield {**data, key: smaller}
    elif isinstance(data, list | tuple):
        for position, value in enumerate(data):
            if isinstance(value, dict) and isinstance(data, list):
                yield [*data[:position], *data[position + 1 :]]
            for smaller in rounder(value):
                yield type(data)((*data[:position], smaller, *data[position + 1 :]))


def _rounder_numbers(value: float) -> Iterator[float]:
    if value != value or value in (0.0, 1.0, float("inf"), float("-inf")):
        return
    for digits in range(DIGITS_MAX):
        shorter = round(value, digits)
        if shorter != value and abs(shorter) < 1e16:
            yield shorter


def inputs_size(case: Case) -> int:
    """How much there is to read in a case: its leaves."""
    return _leaves(case.state) + _leaves(case.config) + _leaves(list(case.events))


def _leaves(data: Json | list[Any] | Any) -> int:
    if isinstance(data, dict):
        return sum(map(_leaves, data.values()))
    if isinstance(data, list | tuple):
        return sum(map(_leaves, data))
    return 1
