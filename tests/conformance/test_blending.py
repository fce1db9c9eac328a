"""What the bot makes of a bias: the idle target and the grid."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

TARGET = {
    "trend_score": 0.5,
    "hmm_bias": -0.25,
    "blend_factor": 0.5,
    "base_target": 0.4,
    "sensitivity": 0.8,
    "floor": 0.1,
    "ceiling": 0.6,
}


def test_the_target_blends_trend_and_bias(hmm: Any) -> None:
    assert hmm.compute_blended_idle_target(**TARGET) == 0.4 - 0.8 * 0.125
    assert hmm.compute_blended_idle_target(**{**TARGET, "blend_factor": 1}) == 0.1
    assert hmm.compute_blended_idle_target(**{**TARGET, "blend_factor": 0, "ceiling": 0.9}) == 0.4 - 0.8 * -0.25


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ({"trend_score": 10}, 0.1),
        ({"trend_score": -10}, 0.6),
        ({"floor": 0.7}, 0.7),
        ({"trend_score": math.nan}, 0.6),
        ({"trend_score": math.inf}, 0.1),
    ],
)
def test_the_target_stays_within_floor_and_ceiling(hmm: Any, changes: dict[str, float], target: float) -> None:
    given = hmm.compute_blended_idle_target(**{**TARGET, **changes})
    assert type(given) is float
    assert given == target


@pytest.mark.parametrize("name", list(TARGET))
@pytest.mark.parametrize(("value", "shown"), [("0.5", "'0.5'"), (None, "None"), (True, "True")])
def test_an_argument_that_is_no_number_is_named(hmm: Any, name: str, value: Any, shown: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: must be a number; got {shown}$"):
        hmm.compute_blended_idle_target(**{**TARGET, name: value})


@pytest.mark.parametrize(
    ("confidence", "bias", "expected"),
    [
        (0.1499, 0.9, ("symmetric", 1.0, 1.0, None)),
        (0.15, 0.5, ("long_bias", 1.25, 0.85, 0.15)),
        (0.9, -0.5, ("short_bias", 0.85, 1.25, -0.15)),
        (0.9, 2.0, ("long_bias", 2.0, 0.6, 0.3)),
        (0.9, -2.0, ("short_bias", 0.6, 2.0, -0.3)),
        (0.9, 0.0, ("short_bias", 1.0, 1.0, -0.0)),
        (1, 1, ("long_bias", 1.5, 0.7, 0.3)),
        (math.nan, math.nan, ("short_bias", 0.6, math.nan, -0.3)),
    ],
)
def test_the_grid_leans_with_the_bias(hmm: Any, confidence: float, bias: float, expected: tuple[Any, ...]) -> None:
    grid = hmm.compute_grid_bias(SimpleNamespace(confidence=confidence, bias_signal=bias))
    assert list(grid) == ["mode", "entry_spacing_mult_a", "entry_spacing_mult_b", "size_skew_override"]
    assert repr(tuple(grid.values())) == repr(expected)


def test_a_state_tells_its_own_grid_and_the_threshold_is_free(hmm: Any) -> None:
    state = hmm.RegimeState(confidence=0.5, bias_signal=0.5)
    assert hmm.compute_grid_bias(state)["mode"] == "long_bias"
    assert hmm.compute_grid_bias(state, 0.6)["mode"] == "symmetric"
    assert hmm.compute_grid_bias(state, confidence_threshold=0.5)["mode"] == "long_bias"


@pytest.mark.parametrize(
    ("state", "threshold", "sentence"),
    [
        (SimpleNamespace(confidence="x", bias_signal=0.0), 0.1, "regime_state.confidence: must be a number; got 'x'"),
        (SimpleNamespace(confidence=0.0, bias_signal=None), 0.1, "regime_state.bias_signal: must be a number; got None"),
        (SimpleNamespace(confidence=0.0, bias_signal=0.0), "x", "confidence_threshold: must be a number; got 'x'"),
    ],
)
def test_a_value_that_is_not_a_number_is_named(hmm: Any, state: Any, threshold: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match="must be a number") as raised:
        hmm.compute_grid_bias(state, threshold)
    assert str(raised.value) == sentence


def test_a_state_without_a_bias_is_refused(hmm: Any) -> None:
    with pytest.raises(AttributeError, match="confidence"):
        hmm.compute_grid_bias({"confidence": 1.0})
