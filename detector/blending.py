"""The uses of the detector's bias in the bot: a target for idle money, and a grid that leans to one side.

`min` and `max` are Python's: they return their first argument unless a later one is strictly smaller or larger, which decides
the result for NaN.
"""

from __future__ import annotations

from typing import Any, Protocol

from detector.checks import read_number


class HasBias(Protocol):
    """Any object with a confidence and a bias, such as `RegimeState`."""

    @property
    def confidence(self) -> float:
        """The confidence, from 0 to 1."""

    @property
    def bias_signal(self) -> float:
        """The bias, from -1 (bearish) to 1 (bullish)."""


def compute_blended_idle_target(
    trend_score: float,
    hmm_bias: float,
    blend_factor: float,
    base_target: float,
    sensitivity: float,
    floor: float,
    ceiling: float,
) -> float:
    """Return the share of idle money to aim for; the more bullish trend and detector are together, the lower it is.

    `blend_factor` 1 uses the trend alone, 0 the detector alone. The result is between floor and ceiling, or the floor if that
    is the higher of the two. Raises `ValueError` that names an argument that is not a number.
    """
    trend_score, hmm_bias = read_number("trend_score", trend_score), read_number("hmm_bias", hmm_bias)
    blend_factor, base_target = read_number("blend_factor", blend_factor), read_number("base_target", base_target)
    sensitivity = read_number("sensitivity", sensitivity)
    floor, ceiling = read_number("floor", floor), read_number("ceiling", ceiling)
    blended = blend_factor * trend_score + (1.0 - blend_factor) * hmm_bias
    return max(floor, min(ceiling, base_target - sensitivity * blended))


def compute_grid_bias(regime_state: HasBias, confidence_threshold: float = 0.15) -> dict[str, Any]:
    """Return the lean of the grid: `mode`, the factors on the entry spacing of sides a and b, and the skew of sizes or None.

    Accepts any object with `confidence` and `bias_signal`. With a confidence below the threshold the grid is symmetric; from
    the threshold on, a bias that is not above 0 counts as short. Raises `ValueError` that names a value that is not a number.
    """
    confidence = read_number("regime_state.confidence", regime_state.confidence)
    bias = read_number("regime_state.bias_signal", regime_state.bias_signal)
    if confidence < read_number("confidence_threshold", confidence_threshold):
        return _grid("symmetric", 1.0, 1.0, None)
    strength = abs(bias)
    wider = 1.0 + strength * 0.5
    tighter = max(0.6, 1.0 - strength * 0.3)
    if bias > 0.0:
        return _grid("long_bias", wider, tighter, min(0.30, strength * 0.3))
    return _grid("short_bias", tighter, wider, max(-0.30, -strength * 0.3))


def _grid(mode: str, spacing_a: float, spacing_b: float, skew: float | None) -> dict[str, Any]:
    return {
        "mode": mode,
        "entry_spacing_mult_a": spacing_a,
        "entry_spacing_mult_b": spacing_b,
        "size_skew_override": skew,
    }
