"""The detector tells the regime of the last candle, and keeps the last state where it cannot."""

from __future__ import annotations

import copy
import pickle
import time
from typing import Any

import numpy as np
import pytest

import hmm_regime_detector as hmm
from detector.inference import InferenceError, judge, regime_probabilities
from detector.standardise import standardise
from tests.unit.detector_candles import CANDLES_A_PHASE, market

CLOSES, VOLUMES = market(1, 900)


@pytest.fixture(scope="module")
def trained() -> hmm.RegimeDetector:
    detector = hmm.RegimeDetector()
    assert detector.train(CLOSES, VOLUMES) is True
    return detector


@pytest.fixture
def detector(trained: hmm.RegimeDetector) -> hmm.RegimeDetector:
    return copy.deepcopy(trained)


def judged(probabilities: list[float], **settings: Any) -> hmm.RegimeState:
    return judge(probabilities, {**hmm.RegimeDetector.DEFAULT_CONFIG, **settings}, now=1.0, observation_count=5)


@pytest.mark.parametrize("phase", range(3, 15))
def test_it_tells_falling_drifting_and_rising_apart(detector: hmm.RegimeDetector, phase: int) -> None:
    end = (phase + 1) * CANDLES_A_PHASE
    assert detector.update(CLOSES[:end], VOLUMES[:end]).regime == phase % 3


def test_the_posterior_is_the_models_over_the_last_window(detector: hmm.RegimeDetector) -> None:
    state = detector.update(CLOSES, VOLUMES)
    rows = hmm.FeatureExtractor().extract(CLOSES, VOLUMES)[-50:]
    assert detector._obs_mean is not None
    assert detector._obs_std is not None
    posterior = detector._model.predict_proba(standardise(rows, detector._obs_mean, detector._obs_std))[-1]
    assert detector._label_map is not None
    assert {label: state.probabilities[label] for label in hmm.Regime} == {
        label: posterior[state] for state, label in detector._label_map.items()
    }
    assert state.observation_count == 50


def test_a_short_series_is_judged_by_the_rows_that_it_has(detector: hmm.RegimeDetector) -> None:
    assert detector.update(CLOSES[:20], VOLUMES[:20]).observation_count == 6


def test_the_window_is_a_setting() -> None:
    detector = hmm.RegimeDetector({"HMM_INFERENCE_WINDOW": 1})
    detector.train(CLOSES, VOLUMES)
    assert detector.update(CLOSES, VOLUMES).observation_count == 1


def test_an_update_is_stamped_with_the_clock_and_leaves_the_old_state_alone(detector: hmm.RegimeDetector) -> None:
    before = detector.state
    early = time.time()
    state = detector.update(CLOSES, VOLUMES)
    assert early <= state.last_update_ts <= time.time()
    assert state is detector.state
    assert state is not before
    assert before == hmm.RegimeState()


def test_a_state_holds_plain_numbers(detector: hmm.RegimeDetector) -> None:
    state = detector.update(CLOSES, VOLUMES)
    assert type(state.regime) is hmm.Regime
    assert {type(value) for value in [*state.probabilities, state.confidence, state.bias_signal, state.last_update_ts]} == {
        float
    }
    assert sum(state.probabilities) == pytest.approx(1.0)


def test_the_last_row_is_remembered_even_untrained() -> None:
    detector = hmm.RegimeDetector()
    before = detector.state
    assert detector.update(CLOSES[:60], VOLUMES[:60]) is before
    last = hmm.FeatureExtractor().extract(CLOSES[:60], VOLUMES[:60])[-1].tolist()
    assert detector.last_observation == hmm.IndicatorSnapshot(*last)


def test_no_row_leaves_state_and_observation(detector: hmm.RegimeDetector) -> None:
    state = detector.update(CLOSES, VOLUMES)
    observation = detector.last_observation
    assert detector.update(CLOSES[:14], VOLUMES[:14]) is state
    assert detector.update([float("nan")] * 60, [1.0] * 60) is state
    assert detector.last_observation is observation


def test_inference_that_fails_keeps_the_state_and_says_why(
    detector: hmm.RegimeDetector, caplog: pytest.LogCaptureFixture
) -> None:
    state = detector.update(CLOSES, VOLUMES)
    assert detector._obs_std is not None
    detector._obs_std = detector._obs_std * 1e-320
    assert detector.update(CLOSES, VOLUMES) is state
    detector._obs_std = np.ones(4)
    detector._model.startprob_ = np.array([0.5, 0.5, 0.5])
    assert detector.update(CLOSES, VOLUMES) is state
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == "inference failed, the previous state stays: the standardised observations are not finite"
    assert lines[1].startswith("inference failed, the previous state stays: startprob_ must sum to 1")


def test_observations_that_no_state_explains_have_no_answer(detector: hmm.RegimeDetector) -> None:
    assert detector._label_map is not None
    with pytest.raises(InferenceError, match=r"^the probabilities are not finite$"):
        regime_probabilities(detector._model, detector._label_map, np.full((3, 4), 1e200))


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


@pytest.mark.parametrize(("gain", "bias"), [(0.5, 0.25), (3.0, 1.0), (-3.0, -1.0), (1e308, 1.0), (0.0, 0.0)])
def test_the_gain_scales_the_bias_within_its_limits(gain: float, bias: float) -> None:
    assert judged([0.125, 0.25, 0.625], HMM_BIAS_GAIN=gain).bias_signal == bias


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


def test_retraining_is_due_untrained_and_after_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(hmm.RegimeDetector, "_now", lambda self: now[0])
    detector = hmm.RegimeDetector({"HMM_RETRAIN_INTERVAL_SEC": 60})
    assert detector.needs_retrain() is True
    assert detector.train(CLOSES, VOLUMES) is True
    assert detector._last_train_ts == 1000.0
    now[0] = 1059.9
    assert detector.needs_retrain() is False
    now[0] = 1060.0
    assert detector.needs_retrain() is True


def test_a_detector_can_be_copied_and_pickled(detector: hmm.RegimeDetector) -> None:
    again = pickle.loads(pickle.dumps(detector))
    assert again.update(CLOSES, VOLUMES).probabilities == detector.update(CLOSES, VOLUMES).probabilities
    assert again.cfg == detector.cfg
