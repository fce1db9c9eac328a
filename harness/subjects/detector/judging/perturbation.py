"""Perturbed cases: degenerate data changed in the last bit. What the reference changes on them is not well defined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np

from generators.detector.case import DetectorCase, Floats, Series
from generators.detector.noise import Purpose, stream
from generators.plain import Json
from harness.subjects.detector.asking.calls import answer
from harness.subjects.detector.ports.modules import DetectorPort

# All values move by the same number of units in the last place, so that equal values stay equal and exact ties stay ties.
UNIFORM_ULPS = (1.0, -1.0, 2.0)
RANDOM_PERTURBATIONS = 8
EPSILON = {"float32": float(np.finfo(np.float32).eps)}
# Whole numbers cannot move by their last bit; the reference computes with the doubles of the same value, which can.
WHOLE = ("int64", "ints")


@lru_cache(maxsize=1)
def perturbed_outcomes(case: DetectorCase, port: DetectorPort) -> list[Json]:
    """Return a port's outcomes on the perturbed cases. The last ones are cached for the next candidate on the same case."""
    return [answer(port, perturbed) for perturbed in perturbed_cases(case)]


def perturbed_cases(case: DetectorCase) -> Iterator[DetectorCase]:
    """Yield the case with all data one unit in the last place larger, one smaller, two larger, and value by value at random.

    The last ones break ties.
    """
    series = {name: case.inputs[name] for name in ("rows", "closes", "volumes") if name in case.inputs}
    for ulps in UNIFORM_ULPS:
        yield replace(case, inputs={**case.inputs, **{name: _moved(each, ulps) for name, each in series.items()}})
    for number in range(RANDOM_PERTURBATIONS):
        moved = {name: _moved(each, _signs(each, number)) for name, each in series.items()}
        yield replace(case, inputs={**case.inputs, **moved})


def _signs(series: Series, number: int) -> Floats:
    return stream(Purpose.PERTURBATION, number).choice((-1.0, 1.0), size=series.values.shape)


def _moved(series: Series, ulps: float | Floats) -> Series:
    epsilon = EPSILON.get(series.form, float(np.finfo(np.float64).eps))
    with np.errstate(all="ignore"):
        moved = series.values * (1.0 + ulps * epsilon)
    return Series(moved) if series.form in WHOLE else Series(moved, series.form)
