"""Averages, series and standardising inside the reference; what its features are, `tests/conformance` asks of every port."""

from __future__ import annotations

import math

import numpy as np

from detector.features import FeatureExtractor, ema, wilder_rsi
from detector.series import read_series
from detector.standardise import mean_and_deviation, standardise
from tests.detector_candles import market


def test_an_average_starts_at_the_first_value() -> None:
    assert ema([8.0, 4.0, 4.0], 3) == [8.0, 6.0, 5.0]
    assert ema([8.0, 4.0], 1) == [8.0, 4.0]


def test_wilders_averages_start_as_plain_means() -> None:
    # Gains 1 0 2, losses 0 1 0; first averages 1/2 and 1/2, then (1/2 + 2) / 2 and (1/2 + 0) / 2: a ratio of 5.
    assert wilder_rsi([1.0, 2.0, 1.0, 3.0], 2) == [50.0, 100.0 - 100.0 / 6.0]


def test_contiguous_float64_is_not_copied_and_the_rest_becomes_it() -> None:
    array = np.arange(5.0)
    assert read_series("closes", array) is array
    for given in ([1, 2], np.array([1.5], dtype=np.float32), np.arange(6.0)[::2], np.array([2**63], dtype=np.uint64), [10**30]):
        series = read_series("closes", given)
        assert series.dtype == np.float64
        assert series.flags.c_contiguous
        assert series.tolist() == [float(value) for value in given]
    assert read_series("closes", np.array([np.longdouble("1e4000")])).tolist() == [math.inf]


def test_means_and_deviations_add_up_row_by_row() -> None:
    rows = FeatureExtractor().extract(*market(5, 1000))
    mean, deviation = mean_and_deviation(rows)
    # Over the first axis of a contiguous array numpy adds row by row, without its pairwise sums.
    expected = rows.sum(axis=0) / len(rows)
    squares = (rows - expected) * (rows - expected)
    assert (mean == expected).all()
    assert (deviation == np.sqrt(squares.sum(axis=0) / len(rows))).all()


def test_a_constant_feature_is_standardised_to_zero() -> None:
    rows = np.array([[1.0, 5.0], [3.0, 5.0]])
    mean, deviation = mean_and_deviation(rows)
    assert (mean.tolist(), deviation.tolist()) == ([2.0, 5.0], [1.0, 1.0])
    assert standardise(rows, mean, deviation).tolist() == [[-1.0, 0.0], [1.0, 0.0]]


def test_a_deviation_that_is_only_tiny_stays() -> None:
    rows = np.array([[2.0**-500], [3.0 * 2.0**-500]])
    assert mean_and_deviation(rows)[1].tolist() == [2.0**-500]


def test_deviations_that_overflow_are_infinite_and_warn_of_nothing() -> None:
    rows = np.array([[1e300], [-1e300], [1.7e308]])
    mean, deviation = mean_and_deviation(rows)
    assert deviation.tolist() == [math.inf]
    assert standardise(rows, mean, deviation).tolist() == [[0.0], [-0.0], [0.0]]
    assert not np.isfinite(standardise(np.array([[math.inf]]), mean, deviation)).any()
