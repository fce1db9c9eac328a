"""Fitting inside the reference, with hmmlearn; what training promises, `tests/conformance` asks of every port."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hmmlearn.hmm import GaussianHMM
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_info, threadpool_limits

import hmm_regime_detector as hmm
from detector.training import TrainingError, fit_model, label_states
from tests.detector_candles import market


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "hmm_regime_detector"]


def test_equal_spreads_are_labelled_in_the_order_of_the_states() -> None:
    model = GaussianHMM(3)
    model.means_ = np.array([[9.0, 0.0], [1.0, 0.0], [0.0, -1.0]])
    assert label_states(model) == {2: hmm.Regime.BEARISH, 0: hmm.Regime.RANGING, 1: hmm.Regime.BULLISH}


def test_parameters_that_are_not_finite_are_a_failure() -> None:
    with pytest.raises(TrainingError, match=r"^(startprob|transmat|means|covars) of the fitted model is not finite$"):
        fit_model(np.random.default_rng(1).normal(size=(50, 4)) * 1e200, 100)


def test_an_error_of_hmmlearn_is_a_failure() -> None:
    with pytest.raises(TrainingError, match=r"^ValueError: Expected 2D array, got 1D array instead"):
        fit_model(np.arange(5.0), 100)


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
