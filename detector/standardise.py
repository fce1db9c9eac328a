"""Features on one scale: minus their mean, divided by their standard deviation."""

from __future__ import annotations

import math

import numpy as np

from detector.series import Matrix, Vector


def mean_and_deviation(observations: Matrix) -> tuple[Vector, Vector]:
    """The mean and the population standard deviation of each column of an array of shape (n, d), n at least 1.

    Both have shape (d,). Rows are added up one after the other. A deviation of exactly zero becomes 1.0, so that a constant
    feature is standardised to zero rather than divided by it.
    """
    means, deviations = [], []
    for column in observations.T.tolist():
        mean = _added_up(column) / len(column)
        # A product, not a power: Python raises where a power overflows, a product becomes infinite.
        squares = [(value - mean) * (value - mean) for value in column]
        deviation = math.sqrt(_added_up(squares) / len(column))
        means.append(mean)
        deviations.append(1.0 if deviation == 0.0 else deviation)
    return np.array(means), np.array(deviations)


def standardise(observations: Matrix, mean: Vector, deviation: Vector) -> Matrix:
    """The observations, shape (n, d), on the scale of the given mean and deviation. What overflows is not finite."""
    with np.errstate(all="ignore"):
        return (observations - mean) / deviation


def _added_up(values: list[float]) -> float:
    total = 0.0
    for value in values:
        total += value
    return total
