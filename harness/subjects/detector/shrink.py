"""From a case of the detector that diverges to the smallest one found that diverges alike.

First on the integers that it was decoded from; then on the case: shorter series, fewer calls, fewer settings, rounder
numbers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from generators.detector.case import Series, SeriesCase
from generators.detector.choices import SeriesChoices, decode_case
from harness.engine.shrink import OutOfBudgetError, shortened

# A case of the detector may take a second or two on each port.
ATTEMPTS_MAX = 400
DIGITS_MAX = 6
# The series that are rows of one table, and the lists of calls.
ROWS, CALLS = ("rows", "closes", "volumes"), ("actions", "steps")
NUMBERS = ("settings", "process", "size", "twist", "form", "flavour", "noise")


@dataclass(frozen=True, kw_only=True)
class ShrunkSeries:
    """The smallest case found, and what it took."""

    case: SeriesCase
    attempts: int
    seconds: float


class SeriesShrinker:
    """Tries smaller cases on a check that says whether the divergence is still there."""

    def __init__(
        self, still_diverges: Callable[[SeriesCase], bool], *, attempts_max: int = ATTEMPTS_MAX, time_budget_sec: float = 60.0
    ) -> None:
        self._check = still_diverges
        self._attempts_max = attempts_max
        self._deadline = time.monotonic() + time_budget_sec
        self.attempts = 0

    def shrink(self, choices: SeriesChoices | None, case: SeriesCase) -> ShrunkSeries:
        """The smallest case found. `case` diverges; `choices` are what it was decoded from, if that is known."""
        started = time.monotonic()
        self._best = case
        try:
            if choices is not None:
                self._on_choices(choices)
            before = None
            while before is not self._best:
                before = self._best
                self._fewer_calls()
                self._fewer_rows()
                self._plainer()
        except OutOfBudgetError:
            pass  # what is smallest so far stands
        return ShrunkSeries(case=self._best, attempts=self.attempts, seconds=time.monotonic() - started)

    def _accept(self, attempt: SeriesCase) -> bool:
        """Whether it diverges still; then it is the smallest so far."""
        if self.attempts >= self._attempts_max or time.monotonic() > self._deadline:
            raise OutOfBudgetError
        self.attempts += 1
        if not self._check(attempt):
            return False
        self._best = attempt
        return True

    def _with(self, **inputs: Any) -> SeriesCase:
        return replace(self._best, inputs={**self._best.inputs, **inputs})

    def _on_choices(self, choices: SeriesChoices) -> None:
        """As many zeros as possible."""
        smallest = choices
        for name in NUMBERS:
            if getattr(smallest, name):
                zeroed: dict[str, Any] = {name: 0}
                attempt = replace(smallest, **zeroed)
                if self._accept(decode_case(attempt, name=self._best.name, metadata=self._best.metadata)):
                    smallest = attempt

    def _fewer_calls(self) -> None:
        for name in CALLS:
            calls = self._best.inputs.get(name)
            if calls:
                shortened(list(calls), partial(self._accept_calls, name))

    def _accept_calls(self, name: str, calls: list[Any]) -> bool:
        return bool(calls) and self._accept(self._with(**{name: calls}))

    def _fewer_rows(self) -> None:
        """The rows of all series at once, from either end, by ever smaller stretches."""
        if self._best.inputs.get("lengths") is not None:
            self._accept(self._with(lengths=None))
        if self._best.inputs.get("lengths") is not None:
            return
        stretch = rows_of(self._best) // 2
        while stretch >= 1:
            rows = rows_of(self._best)
            if rows > stretch and (self._cut(0, rows - stretch) or self._cut(stretch, rows)):
                continue
            stretch //= 2

    def _cut(self, start: int, stop: int) -> bool:
        series = {name: self._best.inputs[name] for name in ROWS if name in self._best.inputs}
        return self._accept(self._with(**{name: each.cut(start, stop) for name, each in series.items()}))

    def _plainer(self) -> None:
        for name in ("config", "periods"):
            for key in list(self._best.inputs.get(name) or ()):
                given = self._best.inputs[name]
                self._accept(self._with(**{name: {other: value for other, value in given.items() if other != key}}))
        for name, number in (("rounds", 1),):
            if self._best.inputs.get(name, number) != number:
                self._accept(self._with(**{name: number}))
        for name in ROWS:
            if name in self._best.inputs:
                any(self._accept(self._with(**{name: rounded})) for rounded in _rounder(self._best.inputs[name]))


def _rounder(series: Series) -> Iterator[Series]:
    """The series with fewer digits, the simplest first."""
    for digits in range(DIGITS_MAX):
        values = np.round(series.values, digits)
        if not np.array_equal(values, series.values, equal_nan=True):
            yield Series(values, series.form)


def rows_of(case: SeriesCase) -> int:
    """How many rows the longest series of a case has."""
    return max((len(case.inputs[name].values) for name in ROWS if name in case.inputs), default=0)


def size_of(case: SeriesCase) -> tuple[int, str]:
    """How much there is to look at in a case, and what is counted: its rows, or where it has none its calls."""
    rows = rows_of(case)
    return (rows, "rows") if rows else (len(case.inputs.get("steps", ())), "calls")
