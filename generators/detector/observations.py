"""Observation series to train hidden Markov models on: two to six states, one to eight features."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from generators.detector.case import Floats
from generators.detector.noise import exp, regimes, shocks, stream
from generators.dial import Dial

STATES_MAX, FEATURES_MAX = 6, 8


@dataclass
class Observations:
    """Rows of features, the lengths of their sequences, special properties, and a flag for data that are degenerate."""

    rows: Floats
    lengths: list[int] | None = None
    properties: list[str] = field(default_factory=list)
    degenerate: bool = False


def realistic(dial: Dial, seed: int, *, length: int, states: int, features: int) -> Observations:
    """Make rows of a sticky chain whose regimes differ in mean and spread, standardised as the detector does it."""
    rng = stream(3, seed)
    heavy, ticks = dial.flag(3), dial.flag(5)
    apart = dial.of((2.0, 1.0, 4.0))
    regime = regimes(rng, length, states, stay=dial.of((0.97, 0.9, 0.99)))
    means = apart * rng.standard_normal((states, features))
    spreads = exp(0.5 * rng.standard_normal((states, features)))
    rows = means[regime] + spreads[regime] * shocks(rng, (length, features), heavy=heavy)
    if ticks:
        rows = np.round(rows, 1)
    found = ["regime switches", *(["heavy tails"] if heavy else []), *(["tick-quantised"] if ticks else [])]
    return Observations(standardised(rows), None, found)


def standardised(rows: Floats) -> Floats:
    """Scale every feature to mean zero and deviation one; constant features are only centred."""
    if not len(rows):
        return rows
    deviation = rows.std(axis=0)
    scaled: Floats = (rows - rows.mean(axis=0)) / np.where(deviation == 0.0, 1.0, deviation)
    return scaled


def in_sequences(observations: Observations, seed: int) -> None:
    """Split the rows into several sequences, the first of a single row."""
    rng = stream(4, seed)
    length = len(observations.rows)
    if length < 4:
        return
    cuts = sorted({1, *(int(cut) for cut in rng.integers(2, length, int(rng.integers(1, 4))))})
    edges = [0, *cuts, length]
    observations.lengths = [after - before for before, after in pairwise(edges)]
    observations.properties.append("lengths")


def with_outliers(observations: Observations, rng: np.random.Generator) -> None:
    """Multiply a few values to make outliers."""
    rows = observations.rows
    for _ in range(3):
        rows[rng.integers(len(rows)), rng.integers(rows.shape[1])] *= float(rng.choice((10.0, -30.0)))


def with_duplicates(observations: Observations, rng: np.random.Generator) -> None:
    """Overwrite half of the rows, chosen at random, with copies of others."""
    rows = observations.rows
    chosen = rng.integers(len(rows), size=len(rows) // 2)
    rows[rng.integers(len(rows), size=len(chosen))] = rows[chosen]


def with_constant_feature(observations: Observations, rng: np.random.Generator) -> None:
    """Make a feature constant, so that the prior alone decides its variance."""
    observations.rows[:, rng.integers(observations.rows.shape[1])] = float(rng.choice((0.0, 1.0, -0.5)))


def offset(observations: Observations, rng: np.random.Generator) -> None:
    """Give each feature another unit and another origin."""
    features = observations.rows.shape[1]
    observations.rows *= np.array((0.1, 1.0, 10.0, 100.0))[rng.integers(0, 4, features)]
    observations.rows += 10.0 * rng.standard_normal(features)


def tiny_scale(observations: Observations, _rng: np.random.Generator) -> None:
    """Scale variances far below the floor that the prior sets."""
    observations.rows *= 1e-6


def huge_scale(observations: Observations, _rng: np.random.Generator) -> None:
    """Scale variances until the prior is negligible."""
    observations.rows *= 1e4


def few_distinct(observations: Observations, _rng: np.random.Generator) -> None:
    """Repeat two distinct rows, so that there may be fewer points than clusters."""
    observations.rows[:] = observations.rows[np.arange(len(observations.rows)) % min(2, len(observations.rows))]


def all_equal(observations: Observations, _rng: np.random.Generator) -> None:
    """Repeat one row."""
    observations.rows[:] = observations.rows[0]


def with_nan(observations: Observations, rng: np.random.Generator) -> None:
    """Set one value to NaN, which is refused."""
    observations.rows[rng.integers(len(observations.rows)), 0] = np.nan


def with_infinity(observations: Observations, rng: np.random.Generator) -> None:
    """Set one value to infinity of either sign, which is refused."""
    observations.rows[rng.integers(len(observations.rows)), 0] = rng.choice((np.inf, -np.inf))


def far_offset(observations: Observations, _rng: np.random.Generator) -> None:
    """Move the origin so far away that a variance is a difference of almost equal numbers."""
    observations.rows += 1e5


ODD = {
    "outliers": with_outliers,
    "duplicates": with_duplicates,
    "constant feature": with_constant_feature,
    "offset": offset,
    "tiny scale": tiny_scale,
    "huge scale": huge_scale,
}
DEGENERATE = {
    "few distinct rows": few_distinct,
    "all rows equal": all_equal,
    "nan": with_nan,
    "infinite": with_infinity,
    "far offset": far_offset,
}


def twisted(observations: Observations, name: str, seed: int) -> Observations:
    """Distort the observations in place by the twist of that name, and return them."""
    if len(observations.rows):
        (ODD | DEGENERATE)[name](observations, stream(5, seed))
    observations.properties.append(name)
    # If the only feature is constant, nothing distinguishes the states.
    observations.degenerate |= name in DEGENERATE or (name == "constant feature" and observations.rows.shape[1] == 1)
    return observations
