"""The detector tells the regime of the last candle, and keeps the last state where it cannot."""

from __future__ import annotations

import copy
import math
import pickle
import time
from typing import Any

import pytest

from tests.detector_candles import CANDLES_A_PHASE, market

CLOSES, VOLUMES = market(1, 900)
UNSURE = 130  # a candle at which the model leans to one side, not quite sure
FAILED = "inference failed, the previous state stays: "


@pytest.fixture
def detector(trained: Any) -> Any:
    return copy.deepcopy(trained)


@pytest.mark.parametrize("phase", range(3, 15))
def test_it_tells_falling_drifting_and_rising_apart(detector: Any, phase: int) -> None:
    end = (phase + 1) * CANDLES_A_PHASE
    assert detector.update(CLOSES[:end], VOLUMES[:end]).regime == phase % 3


def test_the_posterior_is_the_models_over_the_last_window(hmm: Any, detector: Any) -> None:
    state = detector.update(CLOSES, VOLUMES)
    rows = hmm.FeatureExtractor().extract(CLOSES, VOLUMES)[-50:]
    posterior = detector._model.predict_proba((rows - detector._obs_mean) / detector._obs_std)[-1]
    by_label = [posterior[of] for of, _ in sorted(detector._label_map.items(), key=lambda item: item[1])]
    assert state.probabilities == pytest.approx(by_label, rel=1e-9, abs=1e-12)
    assert state.observation_count == 50


def test_a_short_series_is_judged_by_the_rows_that_it_has(detector: Any) -> None:
    assert detector.update(CLOSES[:20], VOLUMES[:20]).observation_count == 6


def test_the_window_is_a_setting(hmm: Any) -> None:
    detector = hmm.RegimeDetector({"HMM_INFERENCE_WINDOW": 1})
    detector.train(CLOSES, VOLUMES)
    assert detector.update(CLOSES, VOLUMES).observation_count == 1


def test_an_update_is_stamped_with_the_clock_and_leaves_the_old_state_alone(hmm: Any, detector: Any) -> None:
    before = detector.state
    early = time.time()
    state = detector.update(CLOSES, VOLUMES)
    assert early <= state.last_update_ts <= time.time()
    assert state is detector.state
    assert state is not before
    assert before == hmm.RegimeState()


def test_a_state_holds_plain_numbers(hmm: Any, detector: Any) -> None:
    state = detector.update(CLOSES, VOLUMES)
    assert type(state.regime) is hmm.Regime
    numbers = [*state.probabilities, state.confidence, state.bias_signal, state.last_update_ts]
    assert {type(value) for value in numbers} == {float}
    assert sum(state.probabilities) == pytest.approx(1.0)


def test_the_last_row_is_remembered_even_untrained(hmm: Any) -> None:
    detector = hmm.RegimeDetector()
    before = detector.state
    assert detector.update(CLOSES[:60], VOLUMES[:60]) is before
    last = hmm.FeatureExtractor().extract(CLOSES[:60], VOLUMES[:60])[-1].tolist()
    assert detector.last_observation == hmm.IndicatorSnapshot(*last)


def test_without_a_row_state_and_observation_stay(detector: Any) -> None:
    state = detector.update(CLOSES, VOLUMES)
    observation = detector.last_observation
    assert detector.update(CLOSES[:14], VOLUMES[:14]) is state
    assert detector.update([float("nan")] * 60, [1.0] * 60) is state
    assert detector.last_observation is observation


def test_inference_that_fails_keeps_the_state_and_says_why(hmm: Any, detector: Any, caplog: pytest.LogCaptureFixture) -> None:
    state = detector.update(CLOSES, VOLUMES)
    # So far away that no state has a density.
    assert detector.update([close * 1e200 for close in CLOSES[-60:]], VOLUMES[-60:]) is state
    assert detector.last_observation.macd_hist_slope > 1e150 or detector.last_observation.macd_hist_slope < -1e150
    # The slow average is zero at every second candle: a spread of -1e298 / 1e-10, divided by a deviation below 1.
    detector._extractor = hmm.FeatureExtractor(fast_ema_periods=1, slow_ema_periods=3)
    assert detector.update([1e298, *([-1e298, 2e298] * 20)], [1.0] * 41) is state
    assert [record.getMessage() for record in caplog.records if record.name == "hmm_regime_detector"] == [
        f"{FAILED}the probabilities are not finite",
        f"{FAILED}the standardised observations are not finite",
    ]


@pytest.mark.parametrize("end", range(100, 900, 50))
def test_regime_confidence_and_bias_follow_from_the_probabilities(hmm: Any, detector: Any, end: int) -> None:
    state = detector.update(CLOSES[:end], VOLUMES[:end])
    highest, second, _ = sorted(state.probabilities, reverse=True)
    assert state.regime is hmm.Regime(state.probabilities.index(highest))
    assert state.confidence == round(highest - second, 4)
    lean = state.probabilities[2] - state.probabilities[0]
    assert state.bias_signal == (round(lean, 4) if highest - second >= 0.15 else 0.0)


def with_settings(hmm: Any, **settings: Any) -> Any:
    detector = hmm.RegimeDetector(settings)
    assert detector.train(CLOSES, VOLUMES) is True
    return detector.update(CLOSES[:UNSURE], VOLUMES[:UNSURE])


def test_it_is_the_unrounded_confidence_that_meets_the_threshold_and_there_it_has_a_bias(hmm: Any) -> None:
    state = with_settings(hmm)
    highest, second, _ = sorted(state.probabilities, reverse=True)
    assert 0.0 < highest - second < 0.999
    assert with_settings(hmm, HMM_CONFIDENCE_THRESHOLD=highest - second).bias_signal != 0.0
    above = math.nextafter(highest - second, 1.0)
    assert with_settings(hmm, HMM_CONFIDENCE_THRESHOLD=above).bias_signal == 0.0


@pytest.mark.parametrize("gain", [0.5, 3.0, -3.0, 1e308, -1e308, 1e-9])
def test_the_gain_scales_the_bias_within_its_limits(hmm: Any, gain: float) -> None:
    state = with_settings(hmm, HMM_BIAS_GAIN=gain, HMM_CONFIDENCE_THRESHOLD=0.0)
    lean = state.probabilities[2] - state.probabilities[0]
    assert state.bias_signal == round(max(-1.0, min(1.0, lean * gain)), 4)


@pytest.mark.parametrize("gain", [0.0, -0.0, 1e-9, -1e-9])
@pytest.mark.parametrize("end", [240, 360])
def test_a_bias_of_zero_has_no_sign(hmm: Any, gain: float, end: int) -> None:
    detector = hmm.RegimeDetector({"HMM_BIAS_GAIN": gain})
    detector.train(CLOSES, VOLUMES)
    assert str(detector.update(CLOSES[:end], VOLUMES[:end]).bias_signal) == "0.0"


def test_retraining_is_due_untrained_and_after_the_interval(hmm: Any) -> None:
    class Clocked(hmm.RegimeDetector):  # type: ignore[misc]
        now = 1000.0

        def _now(self) -> float:
            return self.now

    detector = Clocked({"HMM_RETRAIN_INTERVAL_SEC": 60})
    assert detector.needs_retrain() is True
    assert detector.train(CLOSES, VOLUMES) is True
    assert detector._last_train_ts == 1000.0
    detector.now = 1059.9
    assert detector.needs_retrain() is False
    assert detector.update(CLOSES, VOLUMES).last_update_ts == 1059.9
    detector.now = 1060.0
    assert detector.needs_retrain() is True


def test_the_clock_can_be_replaced_from_outside(hmm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hmm.RegimeDetector, "_now", lambda self: 7.0)
    detector = hmm.RegimeDetector()
    assert detector.train(CLOSES, VOLUMES) is True
    assert (detector._last_train_ts, detector.update(CLOSES, VOLUMES).last_update_ts) == (7.0, 7.0)


def test_a_detector_can_be_copied_and_pickled(detector: Any) -> None:
    detector.update(CLOSES[:300], VOLUMES[:300])
    for again in (copy.copy(detector), copy.deepcopy(detector), pickle.loads(pickle.dumps(detector))):
        assert type(again) is type(detector)
        assert (again.cfg, again.state, again.last_observation) == (detector.cfg, detector.state, detector.last_observation)
        assert (again._last_train_ts, again.transmat) == (detector._last_train_ts, detector.transmat)
        expected = copy.deepcopy(detector).update(CLOSES, VOLUMES).probabilities
        assert again.update(CLOSES, VOLUMES).probabilities == expected


@pytest.mark.parametrize(("factor", "regime", "bias"), [(0.5, 2, 1.0), (1.5, 0, -1.0), (2.0, 0, -1.0), (3.0, 0, -1.0)])
def test_a_regime_that_is_certain_meets_a_threshold_of_one(hmm: Any, factor: float, regime: int, bias: float) -> None:
    detector = hmm.RegimeDetector({"HMM_CONFIDENCE_THRESHOLD": 1.0, "HMM_MIN_TRAIN_SAMPLES": 1, "HMM_N_ITER": 2})
    closes, volumes = [1.0 + 0.1 * (number % 7) + 0.01 * (number % 11) for number in range(90)], [1.0] * 90
    assert detector.train(closes, volumes) is True
    state = detector.update([*closes[:60], *(factor**step for step in range(30))], volumes)
    # The other two are less likely than the last bit of 1.
    assert sorted(state.probabilities)[1] < 2.0**-54
    assert max(state.probabilities) == 1.0
    assert (state.regime, state.bias_signal) == (regime, bias)
