"""Detectors with one bug each that takes more than one call to show: over a life, beside another, at an edge of the clock."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

import hmm_regime_detector as reference
from detector.inference import judge, regime_probabilities
from detector.types import RegimeState
from tests.quality.planting import Parts, with_detector


def late_clock() -> Parts:
    """The time of an update is cut to whole seconds."""
    return {"RegimeDetector": _detector(_now=lambda self: float(int(time.time())))}


def young_for_ever() -> Parts:
    """A training as old as the interval is not too old yet."""

    def needs_retrain(self: Any) -> bool:
        return bool(not self._trained or self._now() - self._last_train_ts > self._cfg["HMM_RETRAIN_INTERVAL_SEC"])

    return {"RegimeDetector": _detector(needs_retrain=needs_retrain)}


def short_of_one() -> Parts:
    """Probabilities that add up to a little less than one."""

    def probabilities(model: Any, label_map: Any, observations: Any) -> list[float]:
        return [share * (1.0 - 1e-7) for share in regime_probabilities(model, label_map, observations)]

    return with_detector(regime_probabilities=probabilities)


def rounded_threshold() -> Parts:
    """The rounded confidence is held against the threshold."""

    def judged(probabilities: list[float], cfg: Any, **given: Any) -> RegimeState:
        rounded = judge(probabilities, {**cfg, "HMM_CONFIDENCE_THRESHOLD": 0.0}, **given)
        state = judge(probabilities, cfg, **given)
        state.bias_signal = rounded.bias_signal if state.confidence >= cfg["HMM_CONFIDENCE_THRESHOLD"] else 0.0
        return state

    return with_detector(judge=judged)


def third_time_lucky() -> Parts:
    """Only the third training is wrong."""

    class RegimeDetector(reference.RegimeDetector):
        trainings = 0

        def train(self, closes: Any, volumes: Any) -> bool:
            trained = super().train(closes, volumes)
            self.trainings += trained
            if self.trainings > 2 and self._obs_mean is not None:
                self._obs_mean = self._obs_mean + 1.0
            return trained

    return {"RegimeDetector": RegimeDetector}


def one_model_for_all() -> Parts:
    """The model of whichever detector was trained last."""
    last: dict[str, Any] = {}

    class RegimeDetector(reference.RegimeDetector):
        def train(self, closes: Any, volumes: Any) -> bool:
            trained = super().train(closes, volumes)
            if trained:
                last.update({name: getattr(self, name) for name in ("_model", "_label_map", "_obs_mean", "_obs_std")})
            return trained

        def update(self, closes: Any, volumes: Any) -> RegimeState:
            if self._trained:
                vars(self).update(last)
            return super().update(closes, volumes)

    return {"RegimeDetector": RegimeDetector}


def flat_is_bullish() -> Parts:
    """Where trainings have nothing to agree on, it says what it likes."""

    class RegimeDetector(reference.RegimeDetector):
        def train(self, closes: Any, volumes: Any) -> bool:
            trained = super().train(closes, volumes)
            if self._model is not None and np.ptp(np.asarray(closes, dtype=float)) == 0.0:
                self._model.means_ = self._model.means_ + 1e-3
            return trained

        def update(self, closes: Any, volumes: Any) -> RegimeState:
            state = super().update(closes, volumes)
            if self._trained and np.ptp(np.asarray(closes, dtype=float)) == 0.0:
                state = RegimeState.from_dict({**state.to_dict(), "regime": 2, "probabilities": [0.0, 0.0, 1.0],
                                               "confidence": 1.0, "bias_signal": 1.0})  # fmt: skip
                self.state = state
            return state

    return {"RegimeDetector": RegimeDetector}


def settings_for_all() -> Parts:
    """Whoever reads the settings may change them."""
    return {"RegimeDetector": _detector(cfg=property(lambda self: self._cfg))}


def stored_by_reference() -> Parts:
    """What is stored is the state's own list."""

    def serialize_for_snapshot(detector: Any) -> dict[str, Any]:
        stored = reference.serialize_for_snapshot(detector)
        stored["_hmm_regime_state"]["probabilities"] = detector.state.probabilities
        return stored

    return {"serialize_for_snapshot": serialize_for_snapshot}


def no_new_state() -> Parts:
    """A state that did not change comes back as a copy."""

    class RegimeDetector(reference.RegimeDetector):
        def update(self, closes: Any, volumes: Any) -> RegimeState:
            before = self.state
            self.state = super().update(closes, volumes)
            if self.state is before:
                self.state = RegimeState.from_dict(before.to_dict())
            return self.state

    return {"RegimeDetector": RegimeDetector}


def takes_true_for_one() -> Parts:
    """A boolean is taken for an integer."""

    class RegimeDetector(reference.RegimeDetector):
        def __init__(self, config: Any = None) -> None:
            super().__init__({name: int(value) if value is True else value for name, value in (config or {}).items()})

    return {"RegimeDetector": RegimeDetector}


def many_rows() -> Parts:
    """Wrong beyond 4,100 rows only."""

    class FeatureExtractor(reference.FeatureExtractor):
        def extract(self, closes: Any, volumes: Any) -> Any:
            rows = super().extract(closes, volumes)
            return rows * 2.0 if len(rows) > 4100 else rows

    return {"FeatureExtractor": FeatureExtractor}


def _detector(**parts: Any) -> type:
    return type("RegimeDetector", (reference.RegimeDetector,), parts)


BUGS = {
    "late_clock": late_clock,
    "young_for_ever": young_for_ever,
    "short_of_one": short_of_one,
    "rounded_threshold": rounded_threshold,
    "third_time_lucky": third_time_lucky,
    "one_model_for_all": one_model_for_all,
    "flat_is_bullish": flat_is_bullish,
    "settings_for_all": settings_for_all,
    "stored_by_reference": stored_by_reference,
    "no_new_state": no_new_state,
    "takes_true_for_one": takes_true_for_one,
    "many_rows": many_rows,
}
