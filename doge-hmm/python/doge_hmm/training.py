"""The initialisation and the rounds of EM. Source: hmmlearn 0.3.3, `BaseHMM.fit`, `BaseHMM._init` and `GaussianHMM._init`."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, cast

import numpy as np

from doge_hmm import _native
from doge_hmm.monitor import ZERO_ROWS, ConvergenceMonitor
from doge_hmm.validation import Data, Matrix, is_single, random_state_of

if TYPE_CHECKING:
    from doge_hmm.hmm import GaussianHMM

log = logging.getLogger("doge_hmm")


class ConvergenceWarning(UserWarning):
    """K-means found fewer clusters than requested. Name and text are scikit-learn's."""


PARAMETERS = ("startprob_", "transmat_", "means_", "_covars_")

# The rows times squared states of one call into Rust: some seconds, after which the monitor hears of the rounds.
WORK = 20_000_000


def improve(model: GaussianHMM, data: Data, lengths: list[int], single: bool) -> None:
    """Run the rounds of EM, many per call into Rust, unless the monitor is verbose or of a subclass.

    `single` is true for float32 data, which hmmlearn squares in float32.
    """
    rows: Matrix = np.ascontiguousarray(data, dtype=np.float64)
    done, converged = 0, False
    if type(model.monitor_) is ConvergenceMonitor and not model.monitor_.verbose:
        done, converged = _improve_at_once(model, rows, lengths, single)
    for _ in range(done, model.n_iter):
        if converged:
            break
        history, zero_rows, failure = _run_em(model, rows, lengths, single, 1, 0.0)
        if failure is not None:
            raise failure
        converged = _report_round(model, history[0], zero_rows[0])


def _improve_at_once(model: GaussianHMM, rows: Matrix, lengths: list[int], single: bool) -> tuple[int, bool]:
    """Run as many rounds as one call may take. Return their number, and True if EM has converged."""
    monitor, converged = model.monitor_, False
    n_iter = min(model.n_iter, monitor.n_iter) if monitor.n_iter > 0 else model.n_iter
    n_iter = min(n_iter, max(1, WORK // (len(rows) * model.n_components**2)))
    history, zero_rows, failure = _run_em(model, rows, lengths, single, max(n_iter, 0), monitor.tol)
    for log_prob, zero in zip(history, zero_rows, strict=True):
        converged = _report_round(model, log_prob, zero)
    if failure is not None:
        raise failure
    return len(history), converged


def _report_round(model: GaussianHMM, log_prob: float, zero_row: bool) -> bool:
    """Report a round to the monitor, and return True if EM has converged."""
    model.monitor_.report(log_prob)
    converged: bool = model.monitor_.converged
    if not converged and zero_row:
        log.warning(ZERO_ROWS)
    return converged


def _run_em(
    model: GaussianHMM, rows: Matrix, lengths: list[int], single: bool, n_iter: int, tol: float
) -> tuple[list[float], list[bool], BaseException | None]:
    """Run rounds of EM and keep what they learnt, also if an error or an interruption, which is returned, ended them."""
    how, params = model._implementation(), "".join(code for code in "stmc" if code in model.params)
    arrays, history, zero_rows, failure = _native.em(
        rows, lengths, model._arrays(), n_iter, tol, how, params, single, is_single(model.means_)
    )
    if history:
        for code, name, values in zip("stmc", PARAMETERS, arrays, strict=True):
            if code in params:
                setattr(model, name, values)
    return history, zero_rows, failure


def initialise(model: GaussianHMM, rows: Data) -> None:
    """Draw and compute the parameters of a model before its first round, with hmmlearn's order of the random draws."""
    model._check_and_set_n_features(rows)
    _draw_probabilities(model)
    scalars = model._get_n_fit_scalars_per_param()
    needed = 0 if scalars is None else sum(scalars[code] for code in model.params)
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


def needs_init(model: GaussianHMM, code: str, name: str) -> bool:
    """Return True if `init_params` names a parameter or the model lacks it. An attribute to be overwritten is logged."""
    if code in model.init_params:
        if hasattr(model, name):
            log.warning(
                "Even though the %r attribute is set, it will be overwritten during initialization "
                "because 'init_params' contains %r",
                name,
                code,
            )
        return True
    return not hasattr(model, name)


def _draw_probabilities(model: GaussianHMM) -> None:
    k = model.n_components
    start, rows = model._needs_init("s", "startprob_"), model._needs_init("t", "transmat_")
    if isinstance(model.random_state, int | np.integer):
        startprob, transmat = _native.dirichlets(_seed_of(model), k, start, rows)
    else:
        rng = random_state_of(model.random_state)
        startprob = rng.dirichlet(np.full(k, 1 / k)) if start else None
        transmat = rng.dirichlet(np.full(k, 1 / k), size=k) if rows else None
    if startprob is not None:
        model.startprob_ = startprob
    if transmat is not None:
        model.transmat_ = transmat


def _seed_of(model: GaussianHMM) -> int:
    seed = int(model.random_state)
    if not 0 <= seed < 2**32:
        raise ValueError("Seed must be between 0 and 2**32 - 1")
    return seed


def _centres(model: GaussianHMM, rows: Data) -> Data:
    """Return the centres of k-means in the data's type, shape (K, D).

    An integer seed starts a new stream, a generator continues its own.
    """
    k, in_rows = model.n_components, cast(Data, np.ascontiguousarray(rows))
    centres: Data
    if isinstance(model.random_state, int | np.integer):
        centres, distinct = _native.k_means(in_rows, k, seed=_seed_of(model))
    else:
        uniforms = random_state_of(model.random_state).random_sample(_native.draws_of(k))
        centres, distinct = _native.k_means(in_rows, k, uniforms=uniforms)
    if distinct < k:
        warnings.warn(
            f"Number of distinct clusters ({distinct}) found smaller than n_clusters ({k}). "
            "Possibly due to duplicate points in X.",
            ConvergenceWarning,
            stacklevel=5,
        )
    return centres
