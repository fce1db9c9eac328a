"""Detectors with one bug each, made by subclassing the reference's own classes: what a port might get wrong.

`plant(name)` makes a module out of a bug, for `--candidate-module` or a runner; `parity` has none. Add one whenever a real
bug slips through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import detector.features as features
import detector.regime_detector as life
import detector.training as training
import hmm_regime_detector as reference
from detector.inference import judge
from detector.types import Regime, RegimeState
from tests.quality import planted_models
from tests.quality.planting import Parts, planted, with_detector, with_extractor


def swapped_labels() -> Parts:
    """Bullish and bearish change places."""

    def label_states(model: Any) -> dict[int, Regime]:
        return {state: Regime(2 - regime) for state, regime in training.label_states(model).items()}

    return with_detector(label_states=label_states)


def late_rsi() -> Parts:
    """RSI is read one candle off."""
    wilder = features.wilder_rsi

    def wilder_rsi(prices: list[float], period: int) -> list[float]:
        found = wilder(prices, period)
        return found[:1] + found[:-1]

    return with_extractor(wilder_rsi=wilder_rsi)


def quick_average() -> Parts:
    """The smoothing is 2 / span."""

    def ema(values: list[float], span: int) -> list[float]:
        alpha = min(1.0, 2.0 / span)
        averages = [values[0]]
        for value in values[1:]:
            averages.append(alpha * value + (1.0 - alpha) * averages[-1])
        return averages

    return with_extractor(ema=ema)


def fused_average() -> Parts:
    """The average is written another way: the same on paper, and bits away in numbers; this one must pass."""

    def ema(values: list[float], span: int) -> list[float]:
        alpha = 2.0 / (span + 1.0)
        averages = [values[0]]
        for value in values[1:]:
            averages.append(alpha * value + (1.0 - alpha) * averages[-1])
        return averages

    return with_extractor(ema=ema)


def sample_deviation() -> Parts:
    """The standard deviation of a sample, not of a population."""
    before = life.mean_and_deviation

    def mean_and_deviation(observations: Any) -> Any:
        mean, deviation = before(observations)
        return mean, np.where(deviation == 1.0, 1.0, deviation * np.sqrt(len(observations) / (len(observations) - 1.0)))

    return with_detector(mean_and_deviation=mean_and_deviation)


def first_posterior() -> Parts:
    """The regime of the window's first row, not of its last."""

    def regime_probabilities(model: Any, label_map: Any, observations: Any) -> list[float]:
        posterior = model.predict_proba(observations)[0]
        return [float(posterior[state]) for state, _ in sorted(label_map.items(), key=lambda item: item[1])]

    return with_detector(regime_probabilities=regime_probabilities)


def _judging(change: Callable[[RegimeState, list[float]], None]) -> Parts:
    def judged(probabilities: list[float], cfg: Any, **given: Any) -> RegimeState:
        state = judge(probabilities, cfg, **given)
        change(state, probabilities)
        return state

    return with_detector(judge=judged)


def sure_of_itself() -> Parts:
    """The confidence is the highest probability, not its lead."""
    return _judging(lambda state, probabilities: setattr(state, "confidence", round(max(probabilities), 4)))


def three_decimals() -> Parts:
    """Rounded to three decimals."""
    return _judging(lambda state, _: setattr(state, "confidence", round(state.confidence, 3)))


def rounded_down() -> Parts:
    """Cut to four decimals where it should be rounded."""

    def cut(state: RegimeState, probabilities: list[float]) -> None:
        second, first = sorted(probabilities)[1:]
        state.confidence = int((first - second) * 1e4) / 1e4

    return _judging(cut)


def contrary_bias() -> Parts:
    """The bias has the other sign."""
    return _judging(lambda state, _: setattr(state, "bias_signal", 0.0 - state.bias_signal))


def other_words() -> Parts:
    """A refusal in other words."""

    class FeatureExtractor(reference.FeatureExtractor):
        def extract(self, closes: Any, volumes: Any) -> Any:
            try:
                return super().extract(closes, volumes)
            except ValueError as error:
                raise ValueError(str(error).replace("must be of equal length", "differ in length")) from None

    return {"FeatureExtractor": FeatureExtractor}


def one_state_object() -> Parts:
    """One state that is changed in place: who keeps the last one sees it change."""

    class RegimeDetector(reference.RegimeDetector):
        def update(self, closes: Any, volumes: Any) -> RegimeState:
            kept = self.state
            found = super().update(closes, volumes)
            for name, value in found.to_dict().items():
                setattr(kept, name, value)
            self.state = kept
            return kept

    return {"RegimeDetector": RegimeDetector}


def silent() -> Parts:
    """Nothing is said of a training that was refused."""

    class RegimeDetector(reference.RegimeDetector):
        def train(self, closes: Any, volumes: Any) -> bool:
            disabled, life.log.disabled = life.log.disabled, True
            try:
                return super().train(closes, volumes)
            finally:
                life.log.disabled = disabled

    return {"RegimeDetector": RegimeDetector}


def grid_sides() -> Parts:
    """The sides of the grid change places."""

    def compute_grid_bias(regime_state: Any, confidence_threshold: float = 0.15) -> dict[str, Any]:
        grid = reference.compute_grid_bias(regime_state, confidence_threshold)
        a, b = grid["entry_spacing_mult_a"], grid["entry_spacing_mult_b"]
        return {**grid, "entry_spacing_mult_a": b, "entry_spacing_mult_b": a}

    return {"compute_grid_bias": compute_grid_bias}


def other_default() -> Parts:
    """A default that is not the contract's."""

    def compute_grid_bias(regime_state: Any, confidence_threshold: float = 0.2) -> dict[str, Any]:
        return reference.compute_grid_bias(regime_state, confidence_threshold)

    return {"compute_grid_bias": compute_grid_bias}


def parity() -> Parts:
    """No bug at all: the alarm must not ring."""
    return {}


BUGS = planted_models.BUGS | {
    name: value
    for name, value in list(globals().items())
    if callable(value) and getattr(value, "__module__", "") == __name__ and not name.startswith("_")
}


def plant(name: str, *, without: str | None = None, parts: Parts | None = None) -> str:
    """Make a module of a bug, or of other parts, and return the module's name."""
    return planted(name, BUGS[name]() if parts is None else parts, without=without)
