"""Training is hmmlearn's, and a fit that fails changes nothing and says why."""

from __future__ import annotations

import logging
import re
from typing import Any

import numpy as np
import pytest
from hmmlearn.hmm import GaussianHMM

from tests.detector_candles import market

LOGGER = "hmm_regime_detector"
PARAMETERS = ("startprob_", "transmat_", "means_", "_covars_")


def held(detector: Any) -> list[Any]:
    """All that training changes, as plain data."""
    model, arrays = detector._model, (detector._obs_mean, detector._obs_std)
    return [
        None if model is None else [getattr(model, name).tolist() for name in PARAMETERS],
        None if model is None else list(model.monitor_.history),
        [None if array is None else array.tolist() for array in arrays],
        detector._label_map,
        detector._trained,
        detector._last_train_ts,
        detector.transmat,
    ]


UNTRAINED = [None, None, [None, None], None, False, 0.0, None]


def said(caplog: pytest.LogCaptureFixture, name: str = LOGGER) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == name]


def test_a_new_detector_is_untrained(hmm: Any) -> None:
    detector = hmm.RegimeDetector()
    assert held(detector) == UNTRAINED
    assert (detector.last_observation, detector.state) == (None, hmm.RegimeState())
    assert detector._extractor == hmm.FeatureExtractor()


def test_the_model_is_what_hmmlearn_fits_to_the_standardised_observations(hmm: Any, trained: Any) -> None:
    rows = hmm.FeatureExtractor().extract(*market(1, 900))
    model = GaussianHMM(n_components=3, covariance_type="diag", n_iter=100, random_state=42)
    model.fit((rows - rows.mean(axis=0)) / rows.std(axis=0))
    ours = trained._model
    assert ours.monitor_.iter == model.monitor_.iter
    assert list(ours.monitor_.history) == pytest.approx(list(model.monitor_.history), rel=1e-9)
    for name in PARAMETERS:
        assert getattr(ours, name) == pytest.approx(getattr(model, name), rel=1e-6, abs=1e-9)
    assert ours.get_params() == model.get_params()


def test_means_and_deviations_are_kept_bit_by_bit(hmm: Any, trained: Any) -> None:
    rows = hmm.FeatureExtractor().extract(*market(1, 900))
    # Over the first axis of a contiguous array numpy adds row by row, without its pairwise sums.
    mean = rows.sum(axis=0) / len(rows)
    deviation = np.sqrt(((rows - mean) * (rows - mean)).sum(axis=0) / len(rows))
    assert trained._trained is True
    for kept, expected in [(trained._obs_mean, mean), (trained._obs_std, deviation)]:
        assert (kept.shape, kept.dtype) == ((4,), np.float64)
        assert kept.tolist() == expected.tolist()


def test_states_are_labelled_by_their_spread(hmm: Any, trained: Any) -> None:
    spreads = trained._model.means_[:, 1]
    assert sorted(trained._label_map) == [0, 1, 2]
    by_label = sorted(trained._label_map, key=lambda state: trained._label_map[state])
    assert spreads[by_label[0]] < spreads[by_label[1]] < spreads[by_label[2]]
    assert all(type(state) is int and type(label) is hmm.Regime for state, label in trained._label_map.items())


def test_transitions_are_shown_in_the_order_of_the_regimes(hmm: Any) -> None:
    orders = set()
    for seed in range(4):
        detector = hmm.RegimeDetector()
        assert detector.train(*market(seed, 600)) is True
        order = sorted(detector._label_map, key=lambda state: detector._label_map[state])
        orders.add(tuple(order))
        matrix = detector._model.transmat_.tolist()
        assert detector.transmat == [[matrix[state][after] for after in order] for state in order]
    assert orders - {(0, 1, 2)}, "a model in the order of the regimes shows nothing"


def test_the_transition_matrix_is_a_new_list_at_every_read(trained: Any) -> None:
    shown = trained.transmat
    assert [sum(row) for row in shown] == pytest.approx([1.0, 1.0, 1.0])
    shown[0][0] = 7.0
    assert trained.transmat != shown


def test_the_same_history_gives_the_same_model(hmm: Any, trained: Any) -> None:
    again = hmm.RegimeDetector()
    again.train(*market(1, 900))
    assert held(again)[:4] == held(trained)[:4]
    assert again.transmat == trained.transmat


def test_training_again_starts_anew(hmm: Any, trained: Any, caplog: pytest.LogCaptureFixture) -> None:
    detector = hmm.RegimeDetector()
    assert detector.train(*market(5, 600)) is True
    assert detector.train(*market(1, 900)) is True
    assert held(detector)[:4] == held(trained)[:4]
    assert caplog.records == []


def test_the_iteration_limit_holds(hmm: Any) -> None:
    detector = hmm.RegimeDetector({"HMM_N_ITER": 3})
    assert detector.train(*market(1, 900)) is True
    assert detector._model.monitor_.iter == 3


def test_too_little_history_is_said_and_changes_nothing(hmm: Any, caplog: pytest.LogCaptureFixture) -> None:
    detector = hmm.RegimeDetector()
    assert detector.train(*market(1, 513)) is False
    assert said(caplog) == ["training needs at least 500 observations, got 499; nothing changed"]
    assert caplog.records[0].levelno == logging.WARNING
    assert held(detector) == UNTRAINED
    assert detector.train(*market(1, 514)) is True
    assert len(said(caplog)) == 1


@pytest.mark.parametrize(
    ("candles", "why"),
    [
        (16, "3 states need at least 3 observations, got 2"),
        (17, "transmat of the fitted model does not add up to 1"),
    ],
)
def test_a_fit_that_fails_leaves_the_previous_model(hmm: Any, candles: int, why: str, caplog: pytest.LogCaptureFixture) -> None:
    detector = hmm.RegimeDetector({"HMM_MIN_TRAIN_SAMPLES": 1})
    assert detector.train(*market(0, 600)) is True
    before = held(detector)
    assert detector.train(*market(0, candles)) is False
    assert said(caplog) == [f"training failed, the previous model stays: {why}"]
    assert held(detector) == before


def test_features_whose_sum_overflows_are_a_failure(hmm: Any, caplog: pytest.LogCaptureFixture) -> None:
    detector = hmm.RegimeDetector({"HMM_MIN_TRAIN_SAMPLES": 1})
    # The slow average is zero at every second candle, so the spread there is -1e298 / 1e-10: finite, but two of them are not.
    detector._extractor = hmm.FeatureExtractor(fast_ema_periods=1, slow_ema_periods=3)
    assert detector.train([1e298, *([-1e298, 2e298] * 20)], [1.0] * 41) is False
    assert said(caplog) == ["training failed, the previous model stays: the standardised observations are not finite"]


def test_a_market_that_stands_still_is_said_and_trained_on_as_hmmlearn_does(hmm: Any, caplog: pytest.LogCaptureFixture) -> None:
    detector = hmm.RegimeDetector()
    assert detector.train([0.2] * 600, [1000.0] * 600) is True
    assert said(caplog) == ["training found fewer clusters in the observations than the 3 states"]
    assert detector._label_map == {0: hmm.Regime.BEARISH, 1: hmm.Regime.RANGING, 2: hmm.Regime.BULLISH}
    assert detector._obs_std.tolist() == [1.0, 1.0, 1.0, 1.0]


def test_hmmlearns_log_lines_are_logged(hmm: Any, model_logger: str, caplog: pytest.LogCaptureFixture) -> None:
    degenerate = "Fitting a model with 32 free scalar parameters with only {} data points will result in a degenerate solution."
    zero_rows = "Some rows of transmat_ have zero sum because no transition from the state was ever observed."
    detector = hmm.RegimeDetector({"HMM_MIN_TRAIN_SAMPLES": 1})
    detector.train(*market(0, 17))
    assert said(caplog, model_logger) == [degenerate.format(12)]
    assert caplog.records[-1].name == LOGGER
    caplog.clear()
    assert detector.train(*market(2, 43)) is False
    assert said(caplog, model_logger) == [zero_rows, zero_rows]
    caplog.clear()
    assert detector.train(*market(0, 25)) is True
    [falling] = said(caplog, model_logger)
    assert re.fullmatch(
        r"Model is not converging\.  Current: -40\.837796604\d+ is not greater than -40\.837428852\d+\. "
        r"Delta is -0\.00036775276\d+",
        falling,
    )
    assert all(record.levelno == logging.WARNING for record in caplog.records)
