"""The four features of a candle, computed from the closes and volumes up to that candle.

The code is plain loops over plain floats, because the order of the operations is part of the contract. No division is by zero;
other operations may give infinities and NaN, as IEEE 754 says, and rows that contain one are dropped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from detector.checks import read_integer
from detector.series import Matrix, read_candles

N_FEATURES = 4
EMA_SPREAD = 1  # the column of the feature that decides the regime of a state

# Replaces a denominator that is exactly zero.
ZERO_STAND_IN = 1e-10


@dataclass(frozen=True, slots=True)
class FeatureExtractor:
    """Computes features from closes and volumes.

    Every period is a number of candles. Raises `ValueError` for a period that is not an integer of at least 1.
    """

    fast_ema_periods: int = 9
    slow_ema_periods: int = 21
    macd_fast: int = 12
    macd_slow: int = 26
    macd_signal: int = 9
    rsi_period: int = 14
    volume_avg_period: int = 20

    def __post_init__(self) -> None:
        """Check the periods and convert them to plain ints."""
        for field in fields(self):
            period = read_integer(field.name, getattr(self, field.name), at_least=1)
            object.__setattr__(self, field.name, period)

    def extract(self, closes: npt.ArrayLike, volumes: npt.ArrayLike) -> Matrix:
        """Return the features of each candle that has all four, oldest first: an array of shape (rows, 4).

        Columns: `macd_hist_slope`, `ema_spread_pct`, `rsi_zone`, `volume_ratio`. The first `rsi_period` candles have no row,
        nor does a candle with a feature that is not finite. Too few candles give shape (0, 4).
        Raises `ValueError` unless both are one-dimensional series of numbers and of equal length.
        """
        close_vector, volume_vector = read_candles(closes, volumes)
        prices, amounts = close_vector.tolist(), volume_vector.tolist()
        if len(prices) < self.rsi_period + 1:
            return np.empty((0, N_FEATURES))
        slopes = self._macd_hist_slopes(prices)
        spreads = self._ema_spreads(prices)
        zones = self._rsi_zones(prices)
        ratios = _ratios(amounts, ema(amounts, self.volume_avg_period))
        rows = []
        for candle in range(self.rsi_period, len(prices)):
            row = (slopes[candle], spreads[candle], zones[candle - self.rsi_period], ratios[candle])
            if all(math.isfinite(feature) for feature in row):
                rows.append(row)
        return np.array(rows, dtype=np.float64).reshape(len(rows), N_FEATURES)

    def _macd_hist_slopes(self, prices: list[float]) -> list[float]:
        """Return the change of the MACD histogram since the candle before, in the price's unit; 0.0 for the first."""
        fast, slow = ema(prices, self.macd_fast), ema(prices, self.macd_slow)
        macd = [fast_now - slow_now for fast_now, slow_now in zip(fast, slow, strict=True)]
        signal = ema(macd, self.macd_signal)
        histogram = [macd_now - signal_now for macd_now, signal_now in zip(macd, signal, strict=True)]
        slopes = [0.0]
        for candle in range(1, len(histogram)):
            slopes.append(histogram[candle] - histogram[candle - 1])
        return slopes

    def _ema_spreads(self, prices: list[float]) -> list[float]:
        """Return the fast average's distance above the slow one, as a fraction of the slow one."""
        fast, slow = ema(prices, self.fast_ema_periods), ema(prices, self.slow_ema_periods)
        return _ratios([fast_now - slow_now for fast_now, slow_now in zip(fast, slow, strict=True)], slow)

    def _rsi_zones(self, prices: list[float]) -> list[float]:
        """Return the result of `wilder_rsi` scaled to -1 to 1; the first one belongs to candle number `rsi_period`."""
        return [(rsi - 50.0) / 50.0 for rsi in wilder_rsi(prices, self.rsi_period)]


def ema(values: list[float], span: int) -> list[float]:
    """Return the exponential moving average, which starts at the first value. Needs at least one value."""
    alpha = 2.0 / (span + 1.0)
    averages = [values[0]]
    for value in values[1:]:
        averages.append(alpha * value + (1.0 - alpha) * averages[-1])
    return averages


def wilder_rsi(prices: list[float], period: int) -> list[float]:
    """Return the relative strength index (0 to 100, Wilder's smoothing) of every candle from number `period` on.

    Needs at least `period + 1` prices.
    """
    gains, losses = _gains_and_losses(prices)
    average_gain, average_loss = _plain_mean(gains[:period]), _plain_mean(losses[:period])
    indices = [_strength_index(average_gain, average_loss)]
    for gain, loss in zip(gains[period:], losses[period:], strict=True):
        average_gain = (average_gain * (period - 1.0) + gain) / period
        average_loss = (average_loss * (period - 1.0) + loss) / period
        indices.append(_strength_index(average_gain, average_loss))
    return indices


def _gains_and_losses(prices: list[float]) -> tuple[list[float], list[float]]:
    """Return the rise and the fall of each price from the one before: lists with one entry less than prices."""
    gains, losses = [], []
    for before, now in pairwise(prices):
        change = now - before
        gains.append(change if change > 0.0 else 0.0)
        losses.append(-change if change < 0.0 else 0.0)
    return gains, losses


def _plain_mean(values: list[float]) -> float:
    total = 0.0
    for value in values:
        total += value
    return total / len(values)


def _strength_index(average_gain: float, average_loss: float) -> float:
    relative_strength = average_gain / _nonzero(average_loss)
    return 100.0 - 100.0 / (1.0 + relative_strength)


def _ratios(numerators: list[float], denominators: list[float]) -> list[float]:
    return [above / _nonzero(below) for above, below in zip(numerators, denominators, strict=True)]


def _nonzero(denominator: float) -> float:
    return ZERO_STAND_IN if denominator == 0.0 else denominator
