"""Training is hmmlearn's, and a fit that fails changes nothing and says why."""

from __future__ import annotations

import logging
import warnings
from typing import Any

import numpy as np
import pytest
from hmmlearn.hmm import GaussianHMM
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_info, threadpool_limits

import hmm_regime_detector as hmm
from detector.training import TrainingError, fit_model, label_states
from tests.unit.detector_candles import market

LOGGER = "hmm_regime_detector"


def private(detector: hmm.RegimeDetector) -> list[Any]:
    return [
        detector._model, detector._label_map, detector._obs_mean, detector._obs_std, detector._trained, detector._last_train_ts,
    ]  # fmt: skip


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == LOGGER]


@pytest.fixture(scope="module")
def trained() -> hmm.RegimeDetector:
    detector = hmm.RegimeDetector()
    assert detector.train(*market(1, 900)) is True
    return detector


def test_a_new_detector_is_untrained() -> None:
    detector = hmm.RegimeDetector()
    assert private(detector) == [None, None, None, None, False, 0.0]
    assert (detector.transmat, detector.last_observation, detector.state) == (None, None, hmm.RegimeState())
    assert detector._extractor == hmm.FeatureExtractor()


def test_the_model_is_what_hmmlearn_fits_to_the_standardised_observations(trained: hmm.RegimeDetector) -> None:
    rows = hmm.FeatureExtractor().extract(*market(1, 900))
    model = GaussianHMM(n_components=3, covariance_type="diag", n_iter=100, random_state=42)
    model.fit((rows - rows.mean(axis=0)) / rows.std(axis=0))
    ours = trained._model
    assert ours.monitor_.iter == model.monitor_.iter
    for name in ("startprob_", "transmat_", "means_", "_covars_"):
        assert getattr(ours, name) == pytest.approx(getattr(model, name), rel=1e-6, abs=1e-9)


def test_what_was_learnt_is_kept(trained: hmm.RegimeDetector) -> None:
    rows = hmm.FeatureExtractor().extract(*market(1, 900))
    assert trained._trained is True
    for kept, expected in [(trained._obs_mean, rows.mean(axis=0)), (trained._obs_std, rows.std(axis=0))]:
        assert kept is not None
        assert (kept.shape, kept.dtype) == ((4,), np.float64)
        assert kept == pytest.approx(expected)


def test_states_are_labelled_by_their_spread(trained: hmm.RegimeDetector) -> None:
    spreads = trained._model.means_[:, 1]
    assert trained._label_map is not None
    assert sorted(trained._label_map) == [0, 1, 2]
    by_label = sorted(trained._label_map, key=lambda state: trained._label_map[state])  # type: ignore[index]
    assert spreads[by_label[0]] < spreads[by_label[1]] < spreads[by_label[2]]
    assert all(type(state) is int and type(label) is hmm.Regime for state, label in trained._label_map.items())


def test_equal_spreads_are_labelled_in_the_order_of_the_states() -> None:
    model = GaussianHMM(3)
    model.means_ = np.array([[9.0, 0.0], [1.0, 0.0], [0.0, -1.0]])
    assert label_states(model) == {2: hmm.Regime.BEARISH, 0: hmm.Regime.RANGING, 1: hmm.Regime.BULLISH}


def test_transitions_are_shown_in_the_order_of_the_regimes(trained: hmm.RegimeDetector) -> None:
    trained._label_map, kept = {0: hmm.Regime.BULLISH, 1: hmm.Regime.BEARISH, 2: hmm.Regime.RANGING}, trained._label_map
    try:
        matrix = trained._model.transmat_.tolist()
        assert trained.transmat == [[matrix[state][after] for after in (1, 2, 0)] for state in (1, 2, 0)]
    finally:
        trained._label_map = kept
    shown = trained.transmat
    assert shown is not None
    assert [sum(row) for row in shown] == pytest.approx([1.0, 1.0, 1.0])
    shown[0][0] = 7.0
    assert trained.transmat != shown


def test_the_same_history_gives_the_same_model(trained: hmm.RegimeDetector) -> None:
    again = hmm.RegimeDetector()
    again.train(*market(1, 900))
    assert again._model.means_.tolist() == trained._model.means_.tolist()
    assert again.transmat == trained.transmat


def test_the_iteration_limit_holds() -> None:
    detector = hmm.RegimeDetector({"HMM_N_ITER": 3})
    assert detector.train(*market(1, 900)) is True
    assert detector._model.monitor_.iter == 3


def test_too_little_history_is_said_and_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    detector = hmm.RegimeDetector()
    assert detector.train(*market(1, 513)) is False
    assert said(caplog) == ["training needs at least 500 observations, got 499; nothing changed"]
    assert caplog.records[0].levelno == logging.WARNING
    assert private(detector) == [None, None, None, None, False, 0.0]
    assert detector.train(*market(1, 514)) is True
    assert len(said(caplog)) == 1


@pytest.mark.parametrize(
    ("candles", "why"),
    [
        (16, "3 states need at least 3 observations, got 2"),
        (17, "transmat of the fitted model does not add up to 1"),
    ],
)
def test_a_fit_that_fails_leaves_the_previous_model(candles: int, why: str, caplog: pytest.LogCaptureFixture) -> None:
    detector = hmm.RegimeDetector({"HMM_MIN_TRAIN_SAMPLES": 1})
    assert detector.train(*market(0, 600)) is True
    before = private(detector)
    assert detector.train(*market(0, candles)) is False
    assert said(caplog) == [f"training failed, the previous model stays: {why}"]
    assert all(now is then for now, then in zip(private(detector), before, strict=True))


def test_features_whose_sum_overflows_are_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    detector = hmm.RegimeDetector({"HMM_MIN_TRAIN_SAMPLES": 1})
    # The slow average is zero at every second candle, so the spread there is -1e298 / 1e-10: finite, but two of them are not.
    detector._extractor = hmm.FeatureExtractor(fast_ema_periods=1, slow_ema_periods=3)
    assert detector.train([1e298, *([-1e298, 2e298] * 20)], [1.0] * 41) is False
    assert said(caplog) == ["training failed, the previous model stays: the standardised observations are not finite"]


def test_parameters_that_are_not_finite_are_a_failure() -> None:
    with pytest.raises(TrainingError, match=r"^(startprob|transmat|means|covars) of the fitted model is not finite$"):
        fit_model(np.random.default_rng(1).normal(size=(50, 4)) * 1e200, 100)


def test_an_error_of_hmmlearn_is_a_failure() -> None:
    with pytest.raises(TrainingError, match=r"^ValueError: Expected 2D array, got 1D array instead"):
        fit_model(np.arange(5.0), 100)


def test_a_market_that_stands_still_is_said_and_trained_on_as_hmmlearn_does(caplog: pytest.LogCaptureFixture) -> None:
    detector = hmm.RegimeDetector()
    assert detector.train([0.2] * 600, [1000.0] * 600) is True
    assert said(caplog) == ["training found fewer clusters in the observations than the 3 states"]
    assert detector._label_map == {0: hmm.Regime.BEARISH, 1: hmm.Regime.RANGING, 2: hmm.Regime.BULLISH}
    assert detector._obs_std is not None
    assert detector._obs_std.tolist() == [1.0, 1.0, 1.0, 1.0]


def test_any_other_warning_becomes_a_line_too(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    real_fit = GaussianHMM.fit

    def fit_with_warnings(self: GaussianHMM, observations: Any) -> Any:
        warnings.warn("memory leaks here", UserWarning, stacklevel=2)
        warnings.warn("two clusters", ConvergenceWarning, stacklevel=2)
        return real_fit(self, observations)

    monkeypatch.setattr(GaussianHMM, "fit", fit_with_warnings)
    assert hmm.RegimeDetector().train(*market(1, 600)) is True
    assert said(caplog) == [
        "training warned: memory leaks here",
        "training found fewer clusters in the observations than the 3 states",
    ]


def test_a_fit_runs_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    real_fit, threads = GaussianHMM.fit, []

    def fit_and_look(self: GaussianHMM, observations: Any) -> Any:
        threads.extend(pool["num_threads"] for pool in threadpool_info())
        return real_fit(self, observations)

    monkeypatch.setattr(GaussianHMM, "fit", fit_and_look)
    with threadpool_limits(limits=2):
        hmm.RegimeDetector().train(*market(1, 600))
        assert {pool["num_threads"] for pool in threadpool_info()} == {2}
    assert set(threads) == {1}


def test_what_hmmlearn_logs_is_left_to_it(caplog: pytest.LogCaptureFixture) -> None:
    hmm.RegimeDetector({"HMM_MIN_TRAIN_SAMPLES": 1}).train(*market(0, 17))
    assert any(record.name == "hmmlearn.base" and "degenerate solution" in record.getMessage() for record in caplog.records)
