"""A small market for the tests of the detector: falls, drifts and rises in turn."""

from __future__ import annotations

import random

DRIFTS = (-0.004, 0.0, 0.004)  # a candle, while the market falls, drifts, rises
CANDLES_A_PHASE = 60


def market(seed: int, candles: int) -> tuple[list[float], list[float]]:
    """Closes and volumes, oldest first."""
    rng = random.Random(seed)
    close, closes, volumes = 0.2, [], []
    for candle in range(candles):
        drift = DRIFTS[(candle // CANDLES_A_PHASE) % len(DRIFTS)]
        close *= 1.0 + drift + rng.gauss(0.0, 0.002)
        closes.append(round(close, 5))
        volumes.append(round(rng.lognormvariate(13.0, 0.6), 1))
    return closes, volumes
