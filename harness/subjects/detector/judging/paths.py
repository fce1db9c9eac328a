"""Ties between paths: rows of equal values can be labelled in two ways that are equally likely, and rounding decides.

On rows x, x with states 0 and 1, the paths 0 0 1 0 and 0 1 0 0 have the same transitions and the same densities in another
order. Which of them Viterbi's algorithm returns depends on the last bits of the parameters, which two trainings need not share.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from generators.detector.case import DetectorCase, Series
from generators.plain import Json
from harness.comparators.divergence import Divergence
from harness.subjects.detector.contract import DetectorContract

HALF_ULP = 2.0**-53
# Where an outcome has a path of Viterbi's algorithm.
PLACES: tuple[tuple[str | int, ...], ...] = (("same_seed", "path", "value"), ("same_seed", "decoded", "value", 1))
PARAMETERS = ("startprob", "transmat", "means", "covars")
Vector = npt.NDArray[np.float64]


def without_tied_paths(
    divergences: Sequence[Divergence], *, reference: Json, candidate: Json, case: DetectorCase, contract: DetectorContract
) -> tuple[list[Divergence], int]:
    """Return the divergences that are no ties between paths, and the number of paths that tie.

    A path ties if the reference's own model finds it as likely as the reference's, to within the rounding of the sums. Where
    both models are the same to the last bit, nothing may differ, and no path ties.
    """
    kept, ties = list(divergences), 0
    for where in PLACES:
        found = [each for each in kept if each.path.steps[:-1] == where]
        if found and all(each.kind == "value" for each in found) and _ties(where, reference, candidate, case, contract):
            kept = [each for each in kept if each not in found]
            ties += 1
    return kept, ties


def _ties(
    where: tuple[str | int, ...], reference: Json, candidate: Json, case: DetectorCase, contract: DetectorContract
) -> bool:
    try:
        sides = (reference, candidate)
        models = [
            {name: np.asarray(side["same_seed"]["trained"]["value"][name], dtype=np.float64) for name in PARAMETERS}
            for side in sides
        ]
        paths = [np.asarray(_value(side, where)) for side in sides]
        rows = case.inputs["rows"]
        if not isinstance(rows, Series) or all(np.array_equal(models[0][name], models[1][name]) for name in PARAMETERS):
            return False
        ours, theirs = (_terms(models[0], rows.values, case.inputs["lengths"], path) for path in paths)
    except (KeyError, IndexError, TypeError, ValueError):
        return False  # not a path through the model's states
    largest = float(max(np.abs(np.cumsum(ours)).max(), np.abs(np.cumsum(theirs)).max()))
    apart = abs(math.fsum([*ours, *(-theirs)]))
    return math.isfinite(apart) and apart <= contract.roundings_per_row * len(paths[0]) * HALF_ULP * largest


def _value(outcome: Json, where: tuple[str | int, ...]) -> Any:
    value: Any = outcome
    for step in where:
        value = value[step]
    return value


def _terms(model: dict[str, Any], rows: Vector, lengths: Any, path: npt.NDArray[np.int64]) -> Vector:
    """Return the logarithms whose sum is that of the joint probability of rows and path, in nats."""
    if path.dtype.kind != "i" or path.min() < 0:
        raise ValueError("not a path")
    variances = np.stack([np.diag(each) for each in model["covars"]]) if model["covars"].ndim == 3 else model["covars"]
    means, spread = model["means"][path], variances[path]
    densities = -0.5 * (np.log(2.0 * np.pi * spread) + (rows - means) ** 2 / spread)
    starts = {0, *np.cumsum([len(rows)] if lengths is None else lengths).tolist()}
    with np.errstate(divide="ignore"):
        moves = [
            np.log(model["startprob"][state] if row in starts else model["transmat"][path[row - 1], state])
            for row, state in enumerate(path)
        ]
    return np.concatenate([densities.ravel(), np.asarray(moves, dtype=np.float64)])
