"""Fitting of the hidden Markov model, and the assignment of regimes to its states."""

from __future__ import annotations

import logging
import warnings

import numpy as np
from hmmlearn.hmm import GaussianHMM
from joblib import cpu_count
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from detector.features import EMA_SPREAD
from detector.series import Matrix
from detector.types import Regime

log = logging.getLogger("hmm_regime_detector")

N_STATES = len(Regime)
SEED = 42
_SUM_TOLERANCE = 1e-9


class TrainingError(Exception):
    """No usable model could be fitted; the text says why."""


def _count_cores() -> None:
    """Count the physical cores, so that the result is cached before the first training.

    scikit-learn asks for them and warns once if it cannot find out; that warning concerns the machine, not a training.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cpu_count(only_physical_cores=True)


_count_cores()


def fit_model(observations: Matrix, n_iter: int) -> GaussianHMM:
    """Fit a Gaussian model with three states and diagonal covariances to standardised observations of shape (n, d).

    Raises `TrainingError` for fewer than three observations, for values that are not finite, and for a fit that fails or gives
    an unusable model.
    """
    if len(observations) < N_STATES:
        raise TrainingError(f"{N_STATES} states need at least {N_STATES} observations, got {len(observations)}")
    if not np.isfinite(observations).all():
        raise TrainingError("the standardised observations are not finite")
    model = GaussianHMM(n_components=N_STATES, covariance_type="diag", n_iter=n_iter, random_state=SEED)
    _fit_quietly(model, observations)
    _check_model(model)
    return model


def label_states(model: GaussianHMM) -> dict[int, Regime]:
    """Return the regime of each state: the lower its mean EMA spread, the more bearish. Equal means keep the states' order."""
    spreads = [float(mean[EMA_SPREAD]) for mean in model.means_]
    by_spread = sorted(range(N_STATES), key=lambda state: spreads[state])
    return {state: Regime(rank) for rank, state in enumerate(by_spread)}


def _fit_quietly(model: GaussianHMM, observations: Matrix) -> None:
    """Fit the model, with Python's warnings turned into log lines. Log lines of hmmlearn's own are not touched."""
    # One thread, because several would add up the k-means centres in an order that differs between runs.
    with threadpool_limits(limits=1), np.errstate(all="ignore"), warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        try:
            model.fit(observations)
        except Exception as error:
            raise TrainingError(f"{type(error).__name__}: {error}") from error
    for warning in raised:
        if issubclass(warning.category, ConvergenceWarning):
            log.warning("training found fewer clusters in the observations than the %d states", N_STATES)
        else:
            log.warning("training warned: %s", warning.message)


def _check_model(model: GaussianHMM) -> None:
    """Raise `TrainingError` unless every parameter is finite and the probabilities of each kind add up to 1."""
    # `_covars_` has the diagonals, shape (3, 4); the public `covars_` would expand them to matrices.
    parameters = {"startprob": model.startprob_, "transmat": model.transmat_, "means": model.means_, "covars": model._covars_}
    for name, values in parameters.items():
        if not np.isfinite(values).all():
            raise TrainingError(f"{name} of the fitted model is not finite")
    for name, row in [("startprob", model.startprob_), *(("transmat", row) for row in model.transmat_)]:
        if abs(float(row.sum()) - 1.0) > _SUM_TOLERANCE:
            raise TrainingError(f"{name} of the fitted model does not add up to 1")
