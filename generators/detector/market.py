"""Cases on real candles: the detector is trained on a window, then updated at every candle that follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from generators.candles import Candle, CandleError, CandleSeries, evenly
from generators.detector.case import DetectorCase, Series

WINDOWS = (500, 1440, 4000)
STEP, FOLLOWING = 500, 200
# The extractor needs 14 candles before its first row, so a window of 500 candles trains on 486.
MIN_TRAIN_SAMPLES = 480
TRAILING_MIN, TRAILING_SPREAD = 100, 101


def market_cases(series: CandleSeries, *, windows_max: int | None = None) -> list[DetectorCase]:
    """Make a case for every window of a series of candles.

    `windows_max` limits the number of cases; they are spread evenly over all windows. Raises `CandleError`.
    """
    candles = series.candles
    places = [(size, start) for size in WINDOWS for start in range(0, len(candles) - size - FOLLOWING + 1, STEP)]
    if not places:
        needed = WINDOWS[0] + FOLLOWING
        found = "1 candle" if len(candles) == 1 else f"{len(candles)} candles"
        raise CandleError(f"{series.source}: holds {found}; the detector needs {needed} or more")
    return [window_case(candles, size, start, source=series.source) for size, start in evenly(places, windows_max)]


def window_case(candles: Sequence[Candle], size: int, start: int, *, source: str) -> DetectorCase:
    """Make the case that trains on `size` candles from `start` on, then updates at each following one."""
    stretch = candles[start : start + size + FOLLOWING]
    actions: list[list[Any]] = [["train", 0, size]]
    for step in range(1, FOLLOWING + 1):
        # The length of the trailing window varies, because the moving averages depend on where it starts.
        trailing = TRAILING_MIN + step * 37 % TRAILING_SPREAD
        actions.append(["update", size + step - trailing, size + step])
    inputs = {
        "closes": Series(np.array([candle.close for candle in stretch])),
        "volumes": Series(np.array([candle.volume for candle in stretch])),
        "config": {"HMM_MIN_TRAIN_SAMPLES": MIN_TRAIN_SAMPLES},
        "actions": actions,
    }
    metadata = {"source": source, "start": start, "candles": size, "real": True}
    return DetectorCase(
        name=f"market-{size}-{start}", kind="detector", inputs=inputs, properties=(f"window of {size}",), metadata=metadata
    )
