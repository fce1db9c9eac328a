"""Candle series: closes and volumes of realistic markets, and distorted ones."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from generators.detector.case import Floats
from generators.detector.noise import exp, regimes, shocks, stream
from generators.dial import Dial

PRICE_USD = 0.2
DRIFTS = (0.0, 6e-4, -6e-4, 1.5e-3, -1.5e-3)
VOLATILITIES = (1.5e-3, 8e-4, 4e-3, 2e-3, 6e-3)
TICK_USD = 1e-5
SCALES = {"tiny scale": 1e-9, "huge scale": 1e9}


@dataclass
class Candles:
    """Closes and volumes, names of their special properties, and a flag for data on which training is not well defined."""

    closes: Floats
    volumes: Floats
    properties: list[str] = field(default_factory=list)
    degenerate: bool = False


def market(dial: Dial, seed: int, length: int) -> Candles:
    """Make a realistic series: regimes of drift and volatility, and volumes that follow them."""
    rng = stream(1, seed)
    heavy, ticks, stay = dial.flag(3), dial.flag(3), dial.of((0.98, 0.95, 0.99, 0.9))
    count = 2 + dial.pick(4)
    regime = regimes(rng, length, count, stay=stay)
    drift, volatility = np.array(DRIFTS)[regime], np.array(VOLATILITIES)[regime]
    returns = drift + volatility * shocks(rng, (length,), heavy=heavy)
    closes = PRICE_USD * exp(np.cumsum(np.clip(returns, -0.2, 0.2)))
    volumes = 2e6 * exp(0.6 * rng.standard_normal(length) + 150.0 * volatility)
    found = ["regime switches"]
    if heavy:
        found.append("heavy tails")
    if ticks:
        closes = np.maximum(np.round(closes / TICK_USD), 1.0) * TICK_USD
        volumes = np.round(volumes)
        found.append("tick-quantised")
    return Candles(closes, volumes, found)


def _place(rng: np.random.Generator, length: int) -> int:
    return int(rng.integers(0, max(1, length)))


def with_outliers(candles: Candles, rng: np.random.Generator) -> None:
    """Move a few closes and volumes far off the market."""
    for _ in range(3):
        if len(candles.closes):
            candles.closes[_place(rng, len(candles.closes))] *= float(rng.choice((0.5, 2.0, 10.0)))
            candles.volumes[_place(rng, len(candles.volumes))] *= 1e3


def with_flat_stretch(candles: Candles, rng: np.random.Generator) -> None:
    """Hold the price constant for a while: no gains, no losses."""
    start = _place(rng, len(candles.closes))
    candles.closes[start : start + max(20, len(candles.closes) // 5)] = candles.closes[start] if len(candles.closes) else 0.0


def with_constant_volume(candles: Candles, _rng: np.random.Generator) -> None:
    """Set every volume to the same value, which makes a feature without deviation."""
    candles.volumes[:] = 1e6


def with_zero_volume(candles: Candles, rng: np.random.Generator) -> None:
    """Set volumes to zero for a stretch that begins at the start or at random."""
    start = 0 if rng.random() < 0.5 else _place(rng, len(candles.volumes))
    candles.volumes[start : start + max(30, len(candles.volumes) // 4)] = 0.0


def with_nan(candles: Candles, rng: np.random.Generator) -> None:
    """Set one close or one volume to NaN."""
    target = candles.closes if rng.random() < 0.5 else candles.volumes
    if len(target):
        target[_place(rng, len(target))] = np.nan


def with_infinity(candles: Candles, rng: np.random.Generator) -> None:
    """Set one close or one volume to infinity of either sign."""
    target = candles.closes if rng.random() < 0.5 else candles.volumes
    if len(target):
        target[_place(rng, len(target))] = rng.choice((np.inf, -np.inf))


def with_negative_prices(candles: Candles, rng: np.random.Generator) -> None:
    """Shift prices to both sides of zero, which no spot market has, with one negative zero."""
    candles.closes -= candles.closes.mean() if len(candles.closes) else 0.0
    if len(candles.closes):
        candles.closes[_place(rng, len(candles.closes))] = -0.0


def all_flat(candles: Candles, _rng: np.random.Generator) -> None:
    """Set every close to the same price."""
    candles.closes[:] = PRICE_USD


TWISTS = {
    "outliers": with_outliers,
    "flat stretch": with_flat_stretch,
    "constant volume": with_constant_volume,
    "zero volume": with_zero_volume,
    "nan": with_nan,
    "infinite": with_infinity,
    "negative prices": with_negative_prices,
    "all flat": all_flat,
}
# On these, training is not well defined or depends on the last bit, so only the well-defined part is compared.
DEGENERATE_TWISTS = ("nan", "infinite", "negative prices", "all flat")


def twisted(candles: Candles, name: str, seed: int) -> Candles:
    """Distort the candles in place by the twist of that name, and return them."""
    if name in SCALES:
        candles.closes *= SCALES[name]
        candles.volumes *= SCALES[name]
    else:
        TWISTS[name](candles, stream(2, seed))
    candles.properties.append(name)
    candles.degenerate |= name in DEGENERATE_TWISTS
    return candles
