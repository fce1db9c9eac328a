"""Features are what the contract's formulas give, and bad input is refused in one sentence."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import hmm_regime_detector as hmm
from detector.features import ema, wilder_rsi
from detector.series import read_series
from detector.standardise import mean_and_deviation, standardise
from tests.unit.detector_candles import market

EXTRACTOR = hmm.FeatureExtractor()


def exact_ema(values: list[Fraction], span: int) -> list[Fraction]:
    """The average as a weighted sum, which is not how the reference computes it."""
    keep = 1 - Fraction(2, span + 1)
    return [
        sum((values[at - age] * (1 - keep) * keep**age for age in range(at)), Fraction(0)) + values[0] * keep**at
        for at in range(len(values))
    ]


def exact_rsi(prices: list[Fraction], period: int) -> list[Fraction]:
    """RSI as the share of gains in all movement: the textbook's other form."""
    indices = []
    for last in range(period, len(prices)):
        gain = loss = Fraction(0)
        for at in range(1, last + 1):
            weight = Fraction(1, period) * Fraction(period - 1, period) ** min(last - at, last - period)
            change = (prices[at] - prices[at - 1]) * weight
            gain, loss = gain + max(change, Fraction(0)), loss + max(-change, Fraction(0))
        indices.append(100 * gain / (gain + loss))
    return indices


def test_features_are_the_contracts_formulas() -> None:
    closes, volumes = market(3, 60)
    exact, amounts = [Fraction(close) for close in closes], [Fraction(volume) for volume in volumes]
    fast, slow = exact_ema(exact, 9), exact_ema(exact, 21)
    macd = [one - other for one, other in zip(exact_ema(exact, 12), exact_ema(exact, 26), strict=True)]
    histogram = [one - other for one, other in zip(macd, exact_ema(macd, 9), strict=True)]
    rsi, average_volumes = exact_rsi(exact, 14), exact_ema(amounts, 20)
    rows = EXTRACTOR.extract(closes, volumes)
    assert rows.shape == (46, 4)
    for row, at in zip(rows, range(14, 60), strict=True):
        expected = [
            histogram[at] - histogram[at - 1],
            (fast[at] - slow[at]) / slow[at],
            (rsi[at - 14] - 50) / 50,
            amounts[at] / average_volumes[at],
        ]
        assert row == pytest.approx([float(value) for value in expected], rel=1e-9, abs=1e-13)


def test_an_average_starts_at_the_first_value() -> None:
    assert ema([8.0, 4.0, 4.0], 3) == [8.0, 6.0, 5.0]
    assert ema([8.0, 4.0], 1) == [8.0, 4.0]


def test_wilders_averages_start_as_plain_means() -> None:
    # Gains 1 0 2, losses 0 1 0; first averages 1/2 and 1/2, then (1/2 + 2) / 2 and (1/2 + 0) / 2: a ratio of 5.
    assert wilder_rsi([1.0, 2.0, 1.0, 3.0], 2) == [50.0, 100.0 - 100.0 / 6.0]


def test_the_first_rsi_period_candles_have_no_row() -> None:
    closes, volumes = market(1, 40)
    assert EXTRACTOR.extract(closes, volumes).shape == (26, 4)
    assert hmm.FeatureExtractor(rsi_period=3).extract(closes, volumes).shape == (37, 4)


@pytest.mark.parametrize("candles", [0, 1, 14])
def test_too_few_candles_give_no_rows_rather_than_an_error(candles: int) -> None:
    closes, volumes = market(1, candles)
    rows = EXTRACTOR.extract(closes, volumes)
    assert (rows.shape, rows.dtype) == ((0, 4), np.float64)


def test_one_candle_more_than_the_rsi_period_gives_one_row() -> None:
    assert EXTRACTOR.extract(*market(1, 15)).shape == (1, 4)


def test_a_row_depends_on_no_later_candle() -> None:
    closes, volumes = market(2, 80)
    whole = EXTRACTOR.extract(closes, volumes)
    assert (EXTRACTOR.extract(closes[:50], volumes[:50]) == whole[:36]).all()


def test_zero_denominators_stand_at_1e_10() -> None:
    [row] = EXTRACTOR.extract([0.0] * 15, [0.0] * 15)
    assert row.tolist() == [0.0, 0.0, -1.0, 0.0]
    [row] = hmm.FeatureExtractor(rsi_period=2).extract([0.0, 0.0, 3.0], [0.0, 0.0, 0.0])
    assert row[2] == (100.0 - 100.0 / (1.0 + 1.5 / 1e-10) - 50.0) / 50.0
    # Spans of 1 make the volume's average the volume, and 1 and 3 the slow average of 2 and -2 zero.
    extractor = hmm.FeatureExtractor(fast_ema_periods=1, slow_ema_periods=3, rsi_period=1)
    [row] = extractor.extract([2.0, -2.0], [5.0, 5.0])
    assert row[1] == -2.0 / 1e-10


def test_a_denominator_that_is_only_tiny_stays() -> None:
    [row] = hmm.FeatureExtractor(rsi_period=1, volume_avg_period=1).extract([1.0, 2.0], [5e-324, 5e-324])
    assert row[3] == 1.0
    [row] = hmm.FeatureExtractor(rsi_period=1).extract([5e-324, 0.0], [1.0, 1.0])
    assert row[2] == -1.0


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_a_close_that_is_not_finite_drops_the_rows_from_there_on(broken: float) -> None:
    closes, volumes = market(1, 60)
    whole = EXTRACTOR.extract(closes, volumes)
    closes[40] = broken
    assert (EXTRACTOR.extract(closes, volumes) == whole[: 40 - 14]).all()


def test_a_volume_that_is_no_number_drops_the_rows_from_there_on() -> None:
    closes, volumes = market(1, 60)
    whole = EXTRACTOR.extract(closes, volumes)
    volumes[40] = math.nan
    assert (EXTRACTOR.extract(closes, volumes) == whole[: 40 - 14]).all()


def test_an_infinite_volume_drops_its_row_and_dwarfs_the_later_ones() -> None:
    closes, volumes = market(1, 60)
    whole = EXTRACTOR.extract(closes, volumes)
    volumes[40] = math.inf
    rows = EXTRACTOR.extract(closes, volumes)
    assert (rows[:26] == whole[:26]).all()
    assert (rows[26:, :3] == whole[27:, :3]).all()
    assert rows[26:, 3].tolist() == [0.0] * 19


def test_overflow_is_infinite_and_warns_of_nothing() -> None:
    assert EXTRACTOR.extract([1.7e308, -1.7e308] * 20, [1.0] * 40).shape == (0, 4)
    assert EXTRACTOR.extract([1e-320] * 20, [5e-324] * 20).shape == (6, 4)


@pytest.mark.parametrize(
    "convert",
    [
        list,
        tuple,
        np.array,
        lambda values: np.array([[value, 0.0] for value in values])[:, 0],
        lambda values: np.array(values[::-1])[::-1],
        lambda values: np.array(values, dtype=">f8"),
        lambda values: np.array(values, dtype=np.longdouble),
        lambda values: np.array(values, dtype=object),
        lambda values: [Fraction(value) for value in values],
    ],
)
def test_series_are_taken_however_they_lie_in_memory(convert: Any) -> None:
    closes, volumes = market(1, 60)
    given = convert(closes), convert(volumes)
    assert (EXTRACTOR.extract(*given) == EXTRACTOR.extract(closes, volumes)).all()


def test_read_only_arrays_are_taken_and_left_alone() -> None:
    closes, volumes = (np.array(series) for series in market(1, 60))
    before = closes.copy()
    closes.flags.writeable = volumes.flags.writeable = False
    assert EXTRACTOR.extract(closes, volumes).shape == (46, 4)
    assert (closes == before).all()


def test_contiguous_float64_is_not_copied_and_the_rest_becomes_it() -> None:
    array = np.arange(5.0)
    assert read_series("closes", array) is array
    for given in ([1, 2], np.array([1.5], dtype=np.float32), np.arange(6.0)[::2], np.array([2**63], dtype=np.uint64), [10**30]):
        series = read_series("closes", given)
        assert series.dtype == np.float64
        assert series.flags.c_contiguous
        assert series.tolist() == [float(value) for value in given]
    assert read_series("closes", np.array([np.longdouble("1e4000")])).tolist() == [math.inf]


def test_integers_are_not_cut_off_in_the_averages() -> None:
    closes = [100 + (at * 7) % 11 for at in range(40)]
    rows = EXTRACTOR.extract(closes, closes)
    assert (rows == EXTRACTOR.extract([float(close) for close in closes], np.array(closes, dtype=float))).all()


class Stubborn:
    """Has no numbers to give."""

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("closes", "sentence"),
    [
        ("abc", "closes: expected numbers, got str"),
        (["1.0", 2.0], "closes: expected numbers, got str"),
        (b"abc", "closes: expected numbers, got bytes"),
        (None, "closes: expected numbers, got NoneType"),
        ([1.0, None], "closes: expected numbers, got NoneType"),
        ([1j, 1.0], "closes: expected numbers, got complex128"),
        ([True, 1.0], "closes: expected numbers, got bool"),
        ([1.0, np.True_], "closes: expected numbers, got bool"),
        (np.array([True, False]), "closes: expected numbers, got bool"),
        (np.array(["2025-01-01"], dtype="M8[s]"), "closes: expected numbers, got datetime64"),
        (np.array([1.0, {}], dtype=object), "closes: expected numbers, got dict"),
        ([10**400], "closes: expected numbers, got int"),
        ([[1.0], [1.0, 2.0]], "closes: expected numbers, got list"),
        (Stubborn(), "closes: expected numbers, got Stubborn"),
        (iter([1.0]), "closes: expected numbers, got list_iterator"),
        ([[1.0, 2.0]], "closes: expected one dimension, got 2"),
        (np.ones((2, 2, 2)), "closes: expected one dimension, got 3"),
        (1.0, "closes: expected one dimension, got 0"),
        ([1.0, 2.0, 3.0], "closes and volumes: must be of equal length, got 3 and 2"),
    ],
)
def test_what_is_no_series_of_numbers_is_refused(closes: Any, sentence: str) -> None:
    detector = hmm.RegimeDetector()
    for method in (EXTRACTOR.extract, detector.train, detector.update):
        with pytest.raises(ValueError, match=r"^closes") as raised:
            method(closes, [1.0, 2.0])
        assert str(raised.value) == sentence


def test_closes_are_looked_at_before_volumes() -> None:
    with pytest.raises(ValueError, match=r"^volumes: expected numbers, got str$"):
        EXTRACTOR.extract([1.0], "x")
    with pytest.raises(ValueError, match=r"^closes: expected numbers, got str$"):
        EXTRACTOR.extract("x", "x")


@pytest.mark.parametrize("name", list(hmm.FeatureExtractor.__slots__))
def test_a_period_is_an_integer_of_at_least_1(name: str) -> None:
    for value, sentence in [
        (0, "must be an integer of at least 1; got 0"),
        (9.0, "must be an integer of at least 1; got 9.0"),
        (True, "must be an integer of at least 1; got True"),
        (None, "must be an integer of at least 1; got None"),
        (2**31, "must be an integer of at most 2147483647; got 2147483648"),
    ]:
        with pytest.raises(ValueError, match=f"^{name}: {sentence}$"):
            hmm.FeatureExtractor(**{name: value})  # type: ignore[arg-type]


def test_an_extractor_is_a_value() -> None:
    assert repr(EXTRACTOR) == (
        "FeatureExtractor(fast_ema_periods=9, slow_ema_periods=21, macd_fast=12, macd_slow=26, macd_signal=9, "
        "rsi_period=14, volume_avg_period=20)"
    )
    assert hmm.FeatureExtractor(9, 21, 12, 26, 9, np.int64(14)) == EXTRACTOR  # type: ignore[arg-type]
    assert hash(hmm.FeatureExtractor()) == hash(EXTRACTOR)
    assert hmm.FeatureExtractor(macd_fast=11) != EXTRACTOR
    with pytest.raises(AttributeError):
        EXTRACTOR.macd_fast = 11  # type: ignore[misc]


def test_the_longest_periods_overflow_nothing() -> None:
    longest = 2**31 - 1
    extractor = hmm.FeatureExtractor(longest, longest, longest, longest, longest, 14, longest)
    assert np.isfinite(extractor.extract(*market(1, 40))).all()
    assert hmm.FeatureExtractor(rsi_period=longest).extract(*market(1, 40)).shape == (0, 4)


def test_means_and_deviations_add_up_row_by_row() -> None:
    rows = EXTRACTOR.extract(*market(5, 1000))
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
