"""The same data a last bit aside. Where the reference parts with itself on them, a port may part with it, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np

from generators.detector.case import DetectorCase, Series
from generators.detector.noise import stream
from generators.plain import Json
from harness.subjects.detector.asking.calls import answer
from harness.subjects.detector.ports.modules import DetectorPort

# So many times a double's last bit, up and down; equal values stay equal, so that exact ties stay ties.
MOVES = (1.0, -1.0, 2.0)
SHAKES = 8
EPSILON = {"float32": float(np.finfo(np.float32).eps)}
WHOLE = ("int64", "ints")


@lru_cache(maxsize=1)
def moved_outcomes(case: DetectorCase, port: DetectorPort) -> list[Json]:
    """A port's outcomes on the perturbed cases. They are kept for the next candidate that is judged on the same case."""
    return [answer(port, moved) for moved in moved_cases(case)]


def moved_cases(case: DetectorCase) -> Iterator[DetectorCase]:
    """The case with its data a last bit larger, a last bit smaller, and two larger.

    Data that were declared degenerate are shaken too, value by value, which breaks their ties.
    """
    names = [name for name in ("rows", "closes", "volumes") if name in case.inputs]
    if any(case.inputs[name].form in WHOLE for name in names):
        return
    for move in MOVES:
        yield replace(case, inputs={**case.inputs, **{name: _moved(case.inputs[name], move) for name in names}})
    for number in range(SHAKES if case.degenerate else 0):
        yield replace(case, inputs={**case.inputs, **{name: _shaken(case.inputs[name], number) for name in names}})


def _shaken(series: Series, number: int) -> Series:
    """Every value a last bit larger or smaller, as a generator of that number has it."""
    step = EPSILON.get(series.form, float(np.finfo(np.float64).eps))
    signs = stream(9, number).choice((-step, step), size=series.values.shape)
    with np.errstate(all="ignore"):
        return Series(series.values * (1.0 + signs), series.form)


def _moved(series: Series, move: float) -> Series:
    step = EPSILON.get(series.form, float(np.finfo(np.float64).eps))
    with np.errstate(all="ignore"):
        return Series(series.values * (1.0 + move * step), series.form)
