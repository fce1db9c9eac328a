"""How the reference judges probabilities; what its updates promise, `tests/conformance` asks of every port."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import hmm_regime_detector as hmm
from detector.inference import InferenceError, judge, regime_probabilities
from tests.detector_candles import market


def judged(probabilities: list[float], **settings: Any) -> hmm.RegimeState:
    return judge(probabilities, {**hmm.RegimeDetector.DEFAULT_CONFIG, **settings}, now=1.0, observation_count=5)


def test_observations_that_no_state_explains_have_no_answer() -> None:
    detector = hmm.RegimeDetector()
    assert detector.train(*market(1, 600)) is True
    assert detector._label_map is not None
    with pytest.raises(InferenceError, match=r"^the probabilities are not finite$"):
        regime_probabilities(detector._model, detector._label_map, np.full((3, 4), 1e200))


def test_a_model_that_hmmlearn_refuses_keeps_the_state_and_says_why(caplog: pytest.LogCaptureFixture) -> None:
    detector = hmm.RegimeDetector()
    assert detector.train(*market(1, 600)) is True
    state = detector.state
    assert detector._model is not None
    detector._model.startprob_ = np.array([0.5, 0.5, 0.5])
    assert detector.update(*market(1, 600)) is state
    [line] = [record.getMessage() for record in caplog.records]
    assert line == "inference failed, the previous state stays: startprob_ must sum to 1 (got 1.5000)"


@pytest.mark.parametrize(
    ("probabilities", "regime"),
    [([0.4, 0.4, 0.2], 0), ([0.2, 0.4, 0.4], 1), ([0.4, 0.2, 0.4], 0), ([1 / 3, 1 / 3, 1 / 3], 0), ([0.1, 0.2, 0.7], 2)],
)
def test_the_most_probable_regime_wins_and_the_lowest_on_a_tie(probabilities: list[float], regime: int) -> None:
    assert judged(probabilities).regime is hmm.Regime(regime)


def test_confidence_is_the_lead_over_the_second() -> None:
    state = judged([0.1, 0.62345, 0.27655])
    assert (state.confidence, state.bias_signal) == (0.3469, 0.1766)
    assert state.probabilities == [0.1, 0.62345, 0.27655]


def test_below_the_threshold_there_is_no_bias_and_at_it_there_is() -> None:
    assert judged([0.25, 0.25, 0.5], HMM_CONFIDENCE_THRESHOLD=0.25).bias_signal == 0.25
    assert judged([0.25, 0.25, 0.5], HMM_CONFIDENCE_THRESHOLD=0.2500001).bias_signal == 0.0


def test_it_is_the_unrounded_confidence_that_meets_the_threshold() -> None:
    state = judged([0.0, 0.42502, 0.57498], HMM_CONFIDENCE_THRESHOLD=0.15)
    assert (state.confidence, state.bias_signal) == (0.15, 0.0)


@pytest.mark.parametrize(
    ("probabilities", "settings"),
    [
        ([0.0, 1.0, 0.0], {"HMM_BIAS_GAIN": -1.0}),
        ([0.00002, 0.99998, 0.0], {}),
        ([0.5, 0.0, 0.5], {"HMM_CONFIDENCE_THRESHOLD": 0.0}),
    ],
)
def test_a_bias_of_zero_has_no_sign(probabilities: list[float], settings: dict[str, Any]) -> None:
    assert str(judged(probabilities, **settings).bias_signal) == "0.0"
