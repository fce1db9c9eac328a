"""Ties of a training: paths that are equally likely, and states whose means are equal. The last bits decide between them.

On rows x, x with states 0 and 1, the paths 0 0 1 0 and 0 1 0 0 have the same transitions and the same densities in another
order. Where a feature is constant, all states have the same mean of it, and their order by it is that of rounding errors. Which
of several such answers comes out depends on the last bits of the parameters, which two trainings need not share.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from generators.detector.case import DetectorCase, Series
from generators.plain import Json
from harness.comparators.divergence import Divergence
from harness.subjects.detector.contract import DetectorContract, Ties

HALF_ULP = 2.0**-53
PARAMETERS = ("startprob", "transmat", "means", "covars")
Vector = npt.NDArray[np.float64]
Where = tuple[str | int, ...]
Model = Mapping[str, Vector]


def without_training_ties(
    divergences: Sequence[Divergence], *, reference: Json, candidate: Json, case: DetectorCase, contract: DetectorContract
) -> tuple[list[Divergence], int]:
    """Return the divergences that are no ties of a training, and the number of answers that tie.

    An answer ties if the reference's own model finds it as good as the reference's, to within the rounding of the sums. Where
    both models are the same to the last bit, nothing may differ, and nothing ties.
    """
    kept, ties = list(divergences), 0
    for where, tie in PLACES.items():
        found = [each for each in kept if each.path.steps[:-1] == where]
        if found and all(each.kind == "value" for each in found) and _ties(where, tie, reference, candidate, case, contract):
            kept = [each for each in kept if each not in found]
            ties += 1
    return kept, ties


def _ties(
    where: Where, tie: Callable[..., bool], reference: Json, candidate: Json, case: DetectorCase, contract: DetectorContract
) -> bool:
    try:
        sides = (reference, candidate)
        ours, theirs = (
            {name: np.asarray(side["same_seed"]["trained"]["value"][name], dtype=np.float64) for name in PARAMETERS}
            for side in sides
        )
        answers = [np.asarray(_value(side, where)) for side in sides]
        rows = case.inputs["rows"]
        if not isinstance(rows, Series) or all(np.array_equal(ours[name], theirs[name]) for name in PARAMETERS):
            return False
        if any(answer.dtype.kind != "i" or answer.min() < 0 for answer in answers):
            return False
        return tie(ours, rows.values, case.inputs["lengths"], *answers, contract.ties)
    except (KeyError, IndexError, TypeError, ValueError):
        return False  # no answer that names the model's states


def _value(outcome: Json, where: Where) -> Any:
    value: Any = outcome
    for step in where:
        value = value[step]
    return value


def _paths_tie(
    model: Model, rows: Vector, lengths: Any, path: npt.NDArray[np.int64], other: npt.NDArray[np.int64], ties: Ties
) -> bool:
    ours, theirs = (joint_terms(model, rows, lengths, each) for each in (path, other))
    largest = float(max(np.abs(np.cumsum(ours)).max(), np.abs(np.cumsum(theirs)).max()))
    apart = abs(math.fsum([*ours, *(-theirs)]))
    return math.isfinite(apart) and apart <= ties.path_roundings_per_row * len(path) * HALF_ULP * largest


def joint_terms(model: Model, rows: Vector, lengths: Any, path: npt.NDArray[np.int64]) -> Vector:
    """Return the logarithms whose sum is that of the joint probability of rows and path, in nats."""
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


def _labels_tie(
    model: Model, rows: Vector, _lengths: Any, order: npt.NDArray[np.int64], other: npt.NDArray[np.int64], ties: Ties
) -> bool:
    """Return True if the other order of states is also one of rising means, to within rounding."""
    feature = min(1, rows.shape[1] - 1)
    means = model["means"][other, feature]
    allowed = ties.label_roundings_per_row * len(rows) * HALF_ULP * float(np.abs(rows[:, feature]).max())
    return sorted(order) == sorted(other) == list(range(len(means))) and bool((np.diff(means) >= -allowed).all())


# Where an outcome has an answer that may tie.
PLACES: Mapping[Where, Callable[..., bool]] = {
    ("same_seed", "labels", "value"): _labels_tie,
    ("same_seed", "path", "value"): _paths_tie,
    ("same_seed", "decoded", "value", 1): _paths_tie,
}
