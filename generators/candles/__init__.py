"""Candles: readers of the files that people have, and the daily series shipped with `arch`."""

from generators.candles.read import read_candles, sample_candles
from generators.candles.series import COLUMNS, Candle, CandleError, CandleSeries, evenly, spacing_sec

__all__ = ["COLUMNS", "Candle", "CandleError", "CandleSeries", "evenly", "read_candles", "sample_candles", "spacing_sec"]
