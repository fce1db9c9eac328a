"""The same data a last bit aside. Where the reference parts with itself on them, a port may part with it, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np

from generators.series.case import Json, Series, SeriesCase
from harness.detector.calls import answer
from harness.ports.detector import DetectorPort

# So many times a double's last bit, up and down; equal values stay equal, so that exact ties stay ties.
MOVES = (1.0, -1.0, 2.0)
EPSILON = {"float32": float(np.finfo(np.float32).eps)}
WHOLE = ("int64", "ints")


@lru_cache(maxsize=1)
def moved_outcomes(case: SeriesCase, port: DetectorPort) -> list[Json]:
    """What a port does with each of the moved cases. Kept for the next candidate that has to be judged on the same one."""
    return [answer(port, moved) for moved in moved_cases(case)]


def moved_cases(case: SeriesCase) -> Iterator[SeriesCase]:
    """The case with its data a last bit larger, a last bit smaller, and two larger.

    Data that were declared degenerate are moved row by row too, up and down, which breaks their ties.
    """
    names = [name for name in ("rows", "closes", "volumes") if name in case.inputs]
    if any(case.inputs[name].form in WHOLE for name in names):
        return
    for move in MOVES:
        yield replace(case, inputs={**case.inputs, **{name: _moved(case.inputs[name], move) for name in names}})
    if case.degenerate:
        yield replace(case, inputs={**case.inputs, **{name: _shaken(case.inputs[name]) for name in names}})


def _shaken(series: Series) -> Series:
    """Every other row a last bit larger, the others smaller."""
    step = EPSILON.get(series.form, float(np.finfo(np.float64).eps))
    signs = np.where(np.arange(len(series.values)) % 2, step, -step).reshape(-1, *[1] * (series.values.ndim - 1))
    with np.errstate(all="ignore"):
        return Series(series.values * (1.0 + signs), series.form)


def _moved(series: Series, move: float) -> Series:
    step = EPSILON.get(series.form, float(np.finfo(np.float64).eps))
    with np.errstate(all="ignore"):
        return Series(series.values * (1.0 + move * step), series.form)
