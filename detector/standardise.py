"""Standardisation of features: subtract the mean, divide by the standard deviation."""

from __future__ import annotations

import math

import numpy as np

from detector.series import Matrix, Vector


def mean_and_deviation(observations: Matrix) -> tuple[Vector, Vector]:
    """Return the mean and the population standard deviation of each column of an array of shape (n, d), n at least 1.

    Both have shape (d,). Rows are added one after the other. A deviation of exactly zero is replaced by 1.0, so that a constant
    feature is standardised to zero and no division is by zero.
    """
    means, deviations = [], []
    for column in observations.T.tolist():
        mean = _added_up(column) / len(column)
        # A product, because a power that overflows raises in Python, while a product becomes infinite.
        squares = [(value - mean) * (value - mean) for value in column]
        deviation = math.sqrt(_added_up(squares) / len(column))
        means.append(mean)
        deviations.append(1.0 if deviation == 0.0 else deviation)
    return np.array(means), np.array(deviations)


def standardise(observations: Matrix, mean: Vector, deviation: Vector) -> Matrix:
    """Return observations, shape (n, d), standardised by mean and deviation, shape (d,). An overflow gives no finite value."""
    with np.errstate(all="ignore"):
        return (observations - mean) / deviation


def _added_up(values: list[float]) -> float:
    total = 0.0
    for value in values:
        total += value
    return total
