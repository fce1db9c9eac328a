"""What EM starts from. Source: hmmlearn 0.3.3, `BaseHMM._init` and `GaussianHMM._init`."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

import numpy as np

from doge_hmm import _native
from doge_hmm.validation import Matrix, random_state_of

if TYPE_CHECKING:
    from doge_hmm.hmm import GaussianHMM

log = logging.getLogger("doge_hmm")


class ConvergenceWarning(UserWarning):
    """K-means found fewer clusters than it was asked for; the name and the text are scikit-learn's."""


def initialise(model: GaussianHMM, rows: Matrix) -> None:
    """Draw and compute the parameters of a model before its first round, in hmmlearn's order."""
    _set_n_features(model, rows)
    _draw_probabilities(model)
    needed = model._n_free_scalars(model.params)
    if rows.size < needed:
        log.warning(
            "Fitting a model with %d free scalar parameters with only %d data points will result in a degenerate solution.",
            needed,
            rows.size,
        )
    if model._needs_init("m", "means_"):
        model.means_ = _centres(model, rows)
    if model._needs_init("c", "covars_"):
        covariance = np.atleast_2d(np.cov(rows.T)) + model.min_covar * np.eye(rows.shape[1])
        model.covars_ = np.tile(np.diag(covariance), (model.n_components, 1))


def _set_n_features(model: GaussianHMM, rows: Matrix) -> None:
    n_features = rows.shape[1]
    if not hasattr(model, "n_features"):
        model.n_features = n_features
    elif model.n_features != n_features:
        raise ValueError(f"Unexpected number of dimensions, got {n_features} but expected {model.n_features}")


def _draw_probabilities(model: GaussianHMM) -> None:
    k = model.n_components
    start, rows = model._needs_init("s", "startprob_"), model._needs_init("t", "transmat_")
    if isinstance(model.random_state, int | np.integer):
        startprob, transmat = _native.dirichlets(int(model.random_state), k, start, rows)
    else:
        rng = random_state_of(model.random_state)
        startprob = rng.dirichlet(np.full(k, 1 / k)) if start else None
        transmat = rng.dirichlet(np.full(k, 1 / k), size=k) if rows else None
    if startprob is not None:
        model.startprob_ = startprob
    if transmat is not None:
        model.transmat_ = transmat


def _centres(model: GaussianHMM, rows: Matrix) -> Matrix:
    """The centres of k-means; an integer seed starts its stream again, a generator goes on with its own."""
    k = model.n_components
    centres: Matrix
    if isinstance(model.random_state, int | np.integer):
        centres, distinct = _native.k_means(rows, k, seed=int(model.random_state))
    else:
        uniforms = random_state_of(model.random_state).random_sample(_native.draws_of(k))
        centres, distinct = _native.k_means(rows, k, uniforms=uniforms)
    if distinct < k:
        warnings.warn(
            f"Number of distinct clusters ({distinct}) found smaller than n_clusters ({k}). "
            "Possibly due to duplicate points in X.",
            ConvergenceWarning,
            stacklevel=5,
        )
    return centres
