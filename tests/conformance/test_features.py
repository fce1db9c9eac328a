"""Features are what the contract's formulas give."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from tests.detector_candles import market

PERIODS = [
    "fast_ema_periods", "slow_ema_periods", "macd_fast", "macd_slow", "macd_signal", "rsi_period", "volume_avg_period",
]  # fmt: skip


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


def test_features_are_the_contracts_formulas(hmm: Any) -> None:
    closes, volumes = market(3, 60)
    exact, amounts = [Fraction(close) for close in closes], [Fraction(volume) for volume in volumes]
    fast, slow = exact_ema(exact, 9), exact_ema(exact, 21)
    macd = [one - other for one, other in zip(exact_ema(exact, 12), exact_ema(exact, 26), strict=True)]
    histogram = [one - other for one, other in zip(macd, exact_ema(macd, 9), strict=True)]
    rsi, average_volumes = exact_rsi(exact, 14), exact_ema(amounts, 20)
    rows = hmm.FeatureExtractor().extract(closes, volumes)
    assert rows.shape == (46, 4)
    for row, at in zip(rows, range(14, 60), strict=True):
        expected = [
            histogram[at] - histogram[at - 1],
            (fast[at] - slow[at]) / slow[at],
            (rsi[at - 14] - 50) / 50,
            amounts[at] / average_volumes[at],
        ]
        assert row == pytest.approx([float(value) for value in expected], rel=1e-9, abs=1e-13)


def test_the_first_rsi_period_candles_have_no_row(hmm: Any) -> None:
    closes, volumes = market(1, 40)
    assert hmm.FeatureExtractor().extract(closes, volumes).shape == (26, 4)
    assert hmm.FeatureExtractor(rsi_period=3).extract(closes, volumes).shape == (37, 4)


@pytest.mark.parametrize("candles", [0, 1, 14])
def test_too_few_candles_give_no_rows_rather_than_an_error(hmm: Any, candles: int) -> None:
    closes, volumes = market(1, candles)
    rows = hmm.FeatureExtractor().extract(closes, volumes)
    assert (rows.shape, rows.dtype) == ((0, 4), np.float64)


def test_one_candle_more_than_the_rsi_period_gives_one_row(hmm: Any) -> None:
    assert hmm.FeatureExtractor().extract(*market(1, 15)).shape == (1, 4)


def test_a_row_depends_on_no_later_candle(hmm: Any) -> None:
    closes, volumes = market(2, 80)
    whole = hmm.FeatureExtractor().extract(closes, volumes)
    assert (hmm.FeatureExtractor().extract(closes[:50], volumes[:50]) == whole[:36]).all()


def test_zero_denominators_stand_at_1e_10(hmm: Any) -> None:
    [row] = hmm.FeatureExtractor().extract([0.0] * 15, [0.0] * 15)
    assert row.tolist() == [0.0, 0.0, -1.0, 0.0]
    [row] = hmm.FeatureExtractor(rsi_period=2).extract([0.0, 0.0, 3.0], [0.0, 0.0, 0.0])
    assert row[2] == (100.0 - 100.0 / (1.0 + 1.5 / 1e-10) - 50.0) / 50.0
    # Spans of 1 make the volume's average the volume, and 1 and 3 the slow average of 2 and -2 zero.
    extractor = hmm.FeatureExtractor(fast_ema_periods=1, slow_ema_periods=3, rsi_period=1)
    [row] = extractor.extract([2.0, -2.0], [5.0, 5.0])
    assert row[1] == -2.0 / 1e-10


def test_a_denominator_that_is_only_tiny_stays(hmm: Any) -> None:
    [row] = hmm.FeatureExtractor(rsi_period=1, volume_avg_period=1).extract([1.0, 2.0], [5e-324, 5e-324])
    assert row[3] == 1.0
    [row] = hmm.FeatureExtractor(rsi_period=1).extract([5e-324, 0.0], [1.0, 1.0])
    assert row[2] == -1.0


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_a_close_that_is_not_finite_drops_the_rows_from_there_on(hmm: Any, broken: float) -> None:
    closes, volumes = market(1, 60)
    whole = hmm.FeatureExtractor().extract(closes, volumes)
    closes[40] = broken
    assert (hmm.FeatureExtractor().extract(closes, volumes) == whole[: 40 - 14]).all()


def test_a_volume_that_is_no_number_drops_the_rows_from_there_on(hmm: Any) -> None:
    closes, volumes = market(1, 60)
    whole = hmm.FeatureExtractor().extract(closes, volumes)
    volumes[40] = math.nan
    assert (hmm.FeatureExtractor().extract(closes, volumes) == whole[: 40 - 14]).all()


def test_an_infinite_volume_drops_its_row_and_dwarfs_the_later_ones(hmm: Any) -> None:
    closes, volumes = market(1, 60)
    whole = hmm.FeatureExtractor().extract(closes, volumes)
    volumes[40] = math.inf
    rows = hmm.FeatureExtractor().extract(closes, volumes)
    assert (rows[:26] == whole[:26]).all()
    assert (rows[26:, :3] == whole[27:, :3]).all()
    assert rows[26:, 3].tolist() == [0.0] * 19


def test_overflow_is_infinite_and_warns_of_nothing(hmm: Any) -> None:
    assert hmm.FeatureExtractor().extract([1.7e308, -1.7e308] * 20, [1.0] * 40).shape == (0, 4)
    assert hmm.FeatureExtractor().extract([1e-320] * 20, [5e-324] * 20).shape == (6, 4)


@pytest.mark.parametrize("name", PERIODS)
def test_a_period_is_an_integer_of_at_least_1(hmm: Any, name: str) -> None:
    for value, sentence in [
        (0, "must be an integer of at least 1; got 0"),
        (9.0, "must be an integer of at least 1; got 9.0"),
        (True, "must be an integer of at least 1; got True"),
        (None, "must be an integer of at least 1; got None"),
        (2**31, "must be an integer of at most 2147483647; got 2147483648"),
    ]:
        with pytest.raises(ValueError, match=f"^{name}: {sentence}$"):
            hmm.FeatureExtractor(**{name: value})


def test_an_extractor_is_a_value(hmm: Any) -> None:
    assert repr(hmm.FeatureExtractor()) == (
        "FeatureExtractor(fast_ema_periods=9, slow_ema_periods=21, macd_fast=12, macd_slow=26, macd_signal=9, "
        "rsi_period=14, volume_avg_period=20)"
    )
    assert hmm.FeatureExtractor(9, 21, 12, 26, 9, np.int64(14)) == hmm.FeatureExtractor()
    assert hash(hmm.FeatureExtractor()) == hash(hmm.FeatureExtractor())
    assert hmm.FeatureExtractor(macd_fast=11) != hmm.FeatureExtractor()
    with pytest.raises(AttributeError):
        hmm.FeatureExtractor().macd_fast = 11


def test_the_longest_periods_overflow_nothing(hmm: Any) -> None:
    longest = 2**31 - 1
    extractor = hmm.FeatureExtractor(longest, longest, longest, longest, longest, 14, longest)
    assert np.isfinite(extractor.extract(*market(1, 40))).all()
    assert hmm.FeatureExtractor(rsi_period=longest).extract(*market(1, 40)).shape == (0, 4)
