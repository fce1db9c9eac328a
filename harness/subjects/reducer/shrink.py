"""Shrinking of the reducer's cases.

First the integers that a case was decoded from are shrunk, so that events still fit the state; then the case itself: later
starts, fewer events, orders and settings, rounder numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from generators.reducer.bulk import draw_choices
from generators.reducer.case import Case
from generators.reducer.choices import CaseChoices, decode_case
from harness.engine.shrink import shortened
from harness.panel import REFERENCE, Panel
from harness.shrinking import Search, Shrinking
from harness.subjects.reducer.panel import ReducerPanel
from harness.subjects.reducer.past_waivers import state_after
from harness.subjects.reducer.ports.base import Port

DIGITS_MAX = 8
# Rounding changes larger numbers in other digits.
ROUNDED_BELOW = 1e16
# The first choices of a start repeat with these periods, so a smaller start with the same remainder is similar.
START_PERIODS = (9, 180)


class ReducerShrinking(Shrinking[Case]):
    """Shrinks the choices once, then the case itself until nothing gets smaller."""

    attempts_max = 4000

    def size(self, case: Case) -> tuple[int, str]:
        """Return the number of events."""
        return len(case.events), "events"

    def first(self, search: Search[Case]) -> None:
        """Drop events and prefix steps from the choices of a generated case, and set as many choices as possible to zero."""
        choices = _choices_of(search.best)
        if choices is not None:
            _on_choices(choices, search)

    def passes(self, panel: Panel[Case]) -> Sequence[Callable[[Search[Case]], None]]:
        """Return the passes in order: later start, fewer events, plainer data."""
        assert isinstance(panel, ReducerPanel), "a case of the reducer is shrunk on the reducer's ports"
        return (partial(later_start, panel.ports[REFERENCE]), fewer_events, plainer)


def _choices_of(case: Case) -> CaseChoices | None:
    """Return the choices that a generated case was decoded from, or None for any other case."""
    origin = case.metadata
    if origin.get("source") != "generated":
        return None
    choices = draw_choices(origin["seed"], origin["index"], events_max=origin["events_max"])
    return choices if decode_case(choices, name=case.name, metadata=origin).line == case.line else None


def _on_choices(choices: CaseChoices, search: Search[Case]) -> None:
    smallest, name, metadata = choices, search.best.name, search.best.metadata

    def accept(attempt: CaseChoices) -> bool:
        nonlocal smallest
        if not search.accept(decode_case(attempt, name=name, metadata=metadata)):
            return False
        smallest = attempt
        return True

    def accept_items(field: str, items: Sequence[Any]) -> bool:
        changed: dict[str, Any] = {field: tuple(items)}
        return accept(replace(smallest, **changed))

    for field in ("events", "prefix", "distortions"):
        shortened(list(getattr(smallest, field)), partial(accept_items, field))
    accept(replace(smallest, config=()))
    for position, choice in enumerate(smallest.config):
        if choice:
            accept(replace(smallest, config=(*smallest.config[:position], 0, *smallest.config[position + 1 :])))
    for start in (0, *(smallest.start % period for period in START_PERIODS)):
        if start < smallest.start and accept(replace(smallest, start=start)):
            break


def later_start(reference: Port, search: Search[Case]) -> None:
    """Start from the reference's state shortly before the divergence, with as few last events as possible."""
    case = search.best
    for kept in range(1, len(case.events)):
        state = state_after(case, len(case.events) - kept, reference)
        if state is not None and search.accept(replace(case, state=state, events=case.events[-kept:])):
            return


def fewer_events(search: Search[Case]) -> None:
    """End with the step that diverges, then leave out events."""

    def accept(events: Sequence[Any]) -> bool:
        return bool(events) and search.accept(replace(search.best, events=tuple(events)))

    case = search.best
    for length in range(1, len(case.events)):
        # Events after the divergent step are not needed.
        if accept(case.events[:length]):
            break
    shortened(list(search.best.events), accept)


def plainer(search: Search[Case]) -> None:
    """Leave out settings and fields that do not matter, shorten lists, round numbers."""
    if search.best.order_sizes is not None:
        search.accept(replace(search.best, order_sizes=None))
    for part in ("config", "state"):
        data = getattr(search.best, part)
        for name in list(data) if isinstance(data, dict) else ():
            without = {key: value for key, value in getattr(search.best, part).items() if key != name}
            _accept_part(search, part, without)
    for part in ("config", "state", "order_size_usd", "events"):
        for smaller in rounder(getattr(search.best, part)):
            _accept_part(search, part, tuple(smaller) if part == "events" else smaller)


def _accept_part(search: Search[Case], part: str, value: Any) -> None:
    change: dict[str, Any] = {part: value}
    attempt = replace(search.best, **change)
    if attempt != search.best:
        search.accept(attempt)


def rounder(data: Any) -> Iterator[Any]:
    """Yield copies of plain data in which one list lacks an item, or one number has fewer digits, the simplest first."""
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
        if shorter != value and abs(shorter) < ROUNDED_BELOW:
            yield shorter
