"""What the bot makes of the detector's bias: an idle target, and a lopsided grid.

`min` and `max` are Python's: the first argument stays unless a later one is strictly smaller or larger, which decides what
becomes of NaN.
"""

from __future__ import annotations

from typing import Any, Protocol

from detector.checks import read_number


class HasBias(Protocol):
    """Whatever tells a confidence and a bias, as `RegimeState` does."""

    @property
    def confidence(self) -> float:
        """How sure it is, from 0 to 1."""

    @property
    def bias_signal(self) -> float:
        """Which way it leans, from -1 to 1."""


def compute_blended_idle_target(
    trend_score: float,
    hmm_bias: float,
    blend_factor: float,
    base_target: float,
    sensitivity: float,
    floor: float,
    ceiling: float,
) -> float:
    """The share of idle money to aim for, lower the more bullish trend and detector are together.

    `blend_factor` 1 listens to the trend alone, 0 to the detector alone. The result is within floor and ceiling (the floor, if
    that is the higher of the two). Raises `ValueError` that names an argument that is no number.
    """
    trend_score, hmm_bias = read_number("trend_score", trend_score), read_number("hmm_bias", hmm_bias)
    blend_factor, base_target = read_number("blend_factor", blend_factor), read_number("base_target", base_target)
    sensitivity = read_number("sensitivity", sensitivity)
    floor, ceiling = read_number("floor", floor), read_number("ceiling", ceiling)
    blended = blend_factor * trend_score + (1.0 - blend_factor) * hmm_bias
    return max(floor, min(ceiling, base_target - sensitivity * blended))


def compute_grid_bias(regime_state: HasBias, confidence_threshold: float = 0.15) -> dict[str, Any]:
    """How the grid leans: `mode`, the spacing of entries on side a and b as multiples, and the skew of sizes or None.

    Takes anything with `confidence` and `bias_signal`. Below the threshold of confidence it leans nowhere; from there on a
    bias that is not above 0 counts as short. Raises `ValueError` that names what is no number.
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
