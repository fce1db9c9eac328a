"""Shrinking of the detector's cases.

First the integers that a case was decoded from are shrunk, then the case itself: shorter series, fewer calls, fewer
settings, rounder numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from generators.detector.bulk import draw_choices
from generators.detector.case import DetectorCase, Series
from generators.detector.choices import decode_case
from harness.engine.shrink import shortened
from harness.panel import Panel
from harness.shrinking import Search, Shrinking

DIGITS_MAX = 6
# Inputs that are series of the same length, and inputs that are lists of calls.
ROWS, CALLS = ("rows", "closes", "volumes"), ("actions", "steps")
NUMBERS = ("settings", "process", "size", "twist", "form", "flavour", "noise")


class DetectorShrinking(Shrinking[DetectorCase]):
    """Shrinks the choices once, then the case itself until nothing gets smaller."""

    # A case of the detector may take a second or two on each port.
    attempts_max = 400

    def size(self, case: DetectorCase) -> tuple[int, str]:
        """Return the number of rows, or of calls if there are no rows."""
        rows = rows_of(case)
        return (rows, "rows") if rows else (len(case.inputs.get("steps", ())), "calls")

    def first(self, search: Search[DetectorCase]) -> None:
        """Set as many choices of a generated case as possible to zero."""
        case, origin = search.best, search.best.metadata
        if origin.get("source") != "generated":
            return
        smallest, _, _ = draw_choices(origin["seed"], origin["index"])
        if decode_case(smallest, name=case.name, metadata=origin).to_json() != case.to_json():
            return
        for name in NUMBERS:
            zeroed: dict[str, Any] = {name: 0}
            attempt = replace(smallest, **zeroed)
            if getattr(smallest, name) and search.accept(decode_case(attempt, name=case.name, metadata=origin)):
                smallest = attempt

    def passes(self, panel: Panel[DetectorCase]) -> Sequence[Callable[[Search[DetectorCase]], None]]:
        """Return the passes in order: fewer calls, fewer rows, fewer distinct values, plainer data."""
        del panel
        return fewer_calls, fewer_rows, fewer_values, rows_anywhere, plainer


def _with(case: DetectorCase, **inputs: Any) -> DetectorCase:
    return replace(case, inputs={**case.inputs, **inputs})


def fewer_calls(search: Search[DetectorCase]) -> None:
    """Leave out actions and steps."""

    def accept(name: str, calls: list[Any]) -> bool:
        return bool(calls) and search.accept(_with(search.best, **{name: calls}))

    for name in CALLS:
        calls = search.best.inputs.get(name)
        if calls:
            shortened(list(calls), partial(accept, name))


def fewer_rows(search: Search[DetectorCase]) -> None:
    """Cut all series together, at either end, by ever smaller lengths."""
    if search.best.inputs.get("lengths") is not None and not search.accept(_with(search.best, lengths=None)):
        return
    stretch = rows_of(search.best) // 2
    while stretch >= 1:
        rows = rows_of(search.best)
        if rows > stretch and (_cut(search, 0, rows - stretch) or _cut(search, stretch, rows)):
            continue
        stretch //= 2


def fewer_values(search: Search[DetectorCase]) -> None:
    """Leave out every row of some distinct values at a time: a tie takes few values, and any number of rows of each."""
    if search.best.inputs.get("lengths") is not None or not rows_of(search.best):
        return
    _, value_of_row = np.unique(_table(search.best), axis=0, return_inverse=True)
    rows_of_value = [np.flatnonzero(value_of_row.ravel() == value) for value in range(int(value_of_row.max()) + 1)]
    if len(rows_of_value) < len(value_of_row):
        case = search.best
        shortened(rows_of_value, lambda kept: _keep(search, case, np.concatenate(kept) if kept else np.array([], dtype=int)))


def rows_anywhere(search: Search[DetectorCase]) -> None:
    """Leave out rows wherever they are, by ever smaller runs."""
    if search.best.inputs.get("lengths") is None and rows_of(search.best):
        case = search.best
        shortened(list(range(rows_of(case))), lambda kept: _keep(search, case, np.array(kept, dtype=int)))


def _keep(search: Search[DetectorCase], case: DetectorCase, rows: npt.NDArray[np.int64]) -> bool:
    """Try a case with some rows of its series only, in their order."""
    if not len(rows):
        return False
    series = {name: case.inputs[name] for name in ROWS if name in case.inputs}
    kept = {name: Series(each.values[np.sort(rows)], each.form) for name, each in series.items()}
    return search.accept(_with(search.best, **kept))


def _table(case: DetectorCase) -> npt.NDArray[np.float64]:
    """Return the series of a case side by side, a row of numbers for each row."""
    columns = [case.inputs[name].values for name in ROWS if name in case.inputs]
    return np.column_stack([values.reshape(len(values), -1) for values in columns])


def _cut(search: Search[DetectorCase], start: int, stop: int) -> bool:
    series = {name: search.best.inputs[name] for name in ROWS if name in search.best.inputs}
    return search.accept(_with(search.best, **{name: each.cut(start, stop) for name, each in series.items()}))


def plainer(search: Search[DetectorCase]) -> None:
    """Leave out settings, run one round of EM, round numbers."""
    for name in ("config", "periods"):
        for key in list(search.best.inputs.get(name) or ()):
            given = search.best.inputs[name]
            search.accept(_with(search.best, **{name: {other: value for other, value in given.items() if other != key}}))
    if search.best.inputs.get("rounds", 1) != 1:
        search.accept(_with(search.best, rounds=1))
    for name in ROWS:
        if name in search.best.inputs:
            any(search.accept(_with(search.best, **{name: rounded})) for rounded in _rounder(search.best.inputs[name]))


def _rounder(series: Series) -> Iterator[Series]:
    """Yield the series with fewer digits, the simplest first."""
    for digits in range(DIGITS_MAX):
        values = np.round(series.values, digits)
        if not np.array_equal(values, series.values, equal_nan=True):
            yield Series(values, series.form)


def rows_of(case: DetectorCase) -> int:
    """Return the number of rows of the longest series of a case."""
    return max((len(case.inputs[name].values) for name in ROWS if name in case.inputs), default=0)
