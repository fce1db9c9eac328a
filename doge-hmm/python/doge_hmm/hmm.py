"""The diagonal-covariance part of hmmlearn's `GaussianHMM`. Source: hmmlearn 0.3.3, `base.py` and `hmm.py`.

Validation, attributes and log lines are in Python, as in hmmlearn; Rust computes, without the interpreter's lock.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from doge_hmm import _native
from doge_hmm.covered import check_inference_covered, check_training_covered
from doge_hmm.estimator import Estimator
from doge_hmm.monitor import ConvergenceMonitor
from doge_hmm.training import improve, initialise, needs_init
from doge_hmm.validation import (
    Data,
    Matrix,
    NotFittedError,
    check_array,
    check_covars,
    is_single,
    random_state_of,
    read_lengths,
)

__all__ = ["ConvergenceMonitor", "GaussianHMM", "NotFittedError"]

States = npt.NDArray[np.int64]


class GaussianHMM(Estimator):
    """A hidden Markov model whose states emit rows of independent Gaussian features.

    Parameters and attributes have hmmlearn's names, defaults and shapes, with K states and D features: `startprob_` (K,),
    `transmat_` (K, K), `means_` (K, D), `covars_` (read as (K, D, D), written as (K, D)) and `monitor_`. `NotImplementedError`
    names covariances that are not diagonal, priors that are not the defaults (in `fit` only), and methods of hmmlearn's that a
    subclass overrides, but that Rust replaces. `filter_proba` and `filter`, which use no later rows, are not in hmmlearn.
    """

    startprob_: Matrix
    transmat_: Matrix
    means_: Data
    n_features: int

    def __init__(
        self,
        n_components: int = 1,
        covariance_type: str = "diag",
        min_covar: float = 1e-3,
        startprob_prior: float = 1.0,
        transmat_prior: float = 1.0,
        means_prior: float = 0,
        means_weight: float = 0,
        covars_prior: float = 1e-2,
        covars_weight: float = 1,
        algorithm: str = "viterbi",
        random_state: Any = None,
        n_iter: int = 10,
        tol: float = 1e-2,
        verbose: bool = False,
        params: str = "stmc",
        init_params: str = "stmc",
        implementation: str = "log",
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.min_covar = min_covar
        self.startprob_prior = startprob_prior
        self.transmat_prior = transmat_prior
        self.means_prior = means_prior
        self.means_weight = means_weight
        self.covars_prior = covars_prior
        self.covars_weight = covars_weight
        self.algorithm = algorithm
        self.random_state = random_state
        self.n_iter = n_iter
        self.tol = tol
        self.verbose = verbose
        self.params = params
        self.init_params = init_params
        self.implementation = implementation
        self.monitor_ = ConvergenceMonitor(self.tol, self.n_iter, self.verbose)

    @classmethod
    def _fitted(cls, settings: dict[str, Any], arrays: tuple[Matrix, ...], history: list[float]) -> GaussianHMM:
        """Return a model with parameters and a history of log-likelihoods from Rust."""
        model = cls(**settings)
        model.startprob_, model.transmat_, model.means_, model._covars_ = arrays
        model.n_features = model.means_.shape[1]
        model.monitor_.history.extend(history)
        model.monitor_.iter = len(history)
        return model

    @property
    def covars_(self) -> Matrix:
        """The covariance matrices, shape (K, D, D)."""
        return np.array([np.diag(variances) for variances in self._covars_])

    @covars_.setter
    def covars_(self, covars: npt.ArrayLike) -> None:
        self._covars_ = check_covars(covars, self.n_components)

    def fit(self, X: npt.ArrayLike, lengths: Any = None) -> GaussianHMM:
        """Initialise the parameters that `init_params` names, train by EM, and return the model. `X` has shape (rows, D).

        Raises `ValueError` for invalid data and `NotImplementedError` for settings that are not supported.
        """
        rows = check_array(X)
        check_training_covered(self)
        self._init(rows, lengths)
        self._check()
        sequence_lengths = read_lengths(lengths, len(rows))
        self.monitor_._reset()
        improve(self, rows, sequence_lengths, single=is_single(X))
        return self

    def score(self, X: npt.ArrayLike, lengths: Any = None) -> float:
        """Return the log-likelihood of data of shape (rows, D). Raises `NotFittedError`, and `ValueError` for invalid data."""
        return float(_native.score(*self._check_input(X, lengths), self._implementation(), self._single(X)))

    def score_samples(self, X: npt.ArrayLike, lengths: Any = None) -> tuple[float, Matrix]:
        """Return the log-likelihood, and the state probabilities of each row given all rows, shape (rows, K)."""
        checked = self._check_input(X, lengths)
        log_prob, posteriors = _native.score_samples(*checked, self._implementation(), self._single(X))
        return float(log_prob), posteriors

    def predict_proba(self, X: npt.ArrayLike, lengths: Any = None) -> Matrix:
        """Return the state probabilities of each row given all rows, shape (rows, K)."""
        return self.score_samples(X, lengths)[1]

    def filter_proba(self, X: npt.ArrayLike, lengths: Any = None) -> Matrix:
        """Return the state probabilities of each row given only the rows up to it, shape (rows, K). Not in hmmlearn."""
        probabilities: Matrix = _native.filter_proba(*self._check_input(X, lengths))
        return probabilities

    def filter(self) -> _native.Filter:
        """Return a filter that takes one observation at a time: `step(row)` returns the state probabilities, in O(K²)."""
        self._check_fitted()
        return _native.Filter(self._arrays(), self.n_features)

    def decode(self, X: npt.ArrayLike, lengths: Any = None, algorithm: str | None = None) -> tuple[float, States]:
        """Return a score and the state of each row, shape (rows,).

        "viterbi" takes the most probable path, with its log-probability as the score; "map" takes the most probable state of
        each row, with the sum of their probabilities. Raises `ValueError` for another algorithm.
        """
        self._check_fitted()
        chosen = algorithm or self.algorithm
        if chosen not in ("viterbi", "map"):
            raise ValueError(f"Unknown decoder {chosen!r}")
        if chosen == "viterbi":
            log_prob, path = _native.viterbi(*self._check_input(X, lengths), self._single(X))
            return float(log_prob), path
        _, posteriors = self.score_samples(X, lengths)
        return float(np.max(posteriors, axis=1).sum()), np.argmax(posteriors, axis=1)

    def predict(self, X: npt.ArrayLike, lengths: Any = None) -> States:
        """Return the state of each row, shape (rows,), by the model's `algorithm`."""
        return self.decode(X, lengths)[1]

    def sample(self, n_samples: int = 1, random_state: Any = None, currstate: int | None = None) -> tuple[Matrix, States]:
        """Draw rows and their states, shapes (n_samples, D) and (n_samples,). `currstate` is the first state if it is given."""
        self._check_fitted()
        rng = random_state_of(self.random_state if random_state is None else random_state)
        transmat_cdf = np.cumsum(self.transmat_, axis=1)
        state = currstate
        if state is None:
            state = int((np.cumsum(self.startprob_) > rng.rand()).argmax())
        states, rows = [state], [self._generate_sample_from_state(state, random_state=rng)]
        for _ in range(n_samples - 1):
            state = int((transmat_cdf[state] > rng.rand()).argmax())
            states.append(state)
            rows.append(self._generate_sample_from_state(state, random_state=rng))
        return np.atleast_2d(rows), np.array(states, dtype=int)

    def get_stationary_distribution(self) -> Matrix:
        """Return the stationary distribution of the transition matrix, shape (K,). Raises `NotFittedError`."""
        if not hasattr(self, "transmat_"):
            raise self._not_fitted()
        values, vectors = np.linalg.eig(np.asarray_chkfinite(self.transmat_).T)
        vector = np.real_if_close(vectors[:, np.argmax(values)])
        distribution: Matrix = vector / vector.sum()
        return distribution

    def aic(self, X: npt.ArrayLike, lengths: Any = None) -> float:
        """Return Akaike's information criterion; lower is better."""
        return -2 * self.score(X, lengths) + 2 * sum(self._get_n_fit_scalars_per_param().values())

    def bic(self, X: npt.ArrayLike, lengths: Any = None) -> float:
        """Return the Bayesian information criterion; lower is better."""
        n_params = sum(self._get_n_fit_scalars_per_param().values())
        criterion: float = -2 * self.score(X, lengths) + n_params * np.log(len(np.asarray(X)))
        return criterion

    def _generate_sample_from_state(self, state: int, random_state: np.random.RandomState) -> Matrix:
        """Draw one row of a state, shape (D,)."""
        return random_state.multivariate_normal(self.means_[state], np.diag(self._covars_[state]))

    def _init(self, X: Data, lengths: Any = None) -> None:
        """Set every parameter that `init_params` names or that is missing to its value before the first round."""
        del lengths  # initialisation does not depend on the sequences
        initialise(self, X)

    def _needs_init(self, code: str, name: str) -> bool:
        return needs_init(self, code, name)

    def _check_and_set_n_features(self, X: Data) -> None:
        n_features = X.shape[1]
        if not hasattr(self, "n_features"):
            self.n_features = n_features
        elif self.n_features != n_features:
            raise ValueError(f"Unexpected number of dimensions, got {n_features} but expected {self.n_features}")

    def _get_n_fit_scalars_per_param(self) -> dict[str, int]:
        k, d = self.n_components, self.n_features
        return {"s": k - 1, "t": k * (k - 1), "m": k * d, "c": k * d}

    def _check(self) -> None:
        """Raise `ValueError` unless the parameters fit together and the probabilities sum to 1."""
        k = self.n_components
        self.startprob_ = np.asarray(self.startprob_)
        if len(self.startprob_) != k:
            raise ValueError("startprob_ must have length n_components")
        self._check_sum_1("startprob_")
        self.transmat_ = np.asarray(self.transmat_)
        if self.transmat_.shape != (k, k):
            raise ValueError("transmat_ must have shape (n_components, n_components)")
        self._check_sum_1("transmat_")
        means: Any = np.asarray(self.means_)
        self.means_ = means
        self.n_features = self.means_.shape[1]

    def _check_sum_1(self, name: str) -> None:
        sums = getattr(self, name).sum(axis=-1)
        if not np.allclose(sums, 1):
            got = f"must sum to 1 (got {sums:.4f})" if sums.ndim == 0 else f"rows must sum to 1 (got row sums of {sums})"
            raise ValueError(f"{name} {got}")

    def _check_fitted(self) -> None:
        if not hasattr(self, "startprob_"):
            raise self._not_fitted()
        check_inference_covered(self)
        self._check()

    def _not_fitted(self) -> NotFittedError:
        return NotFittedError(
            f"This {type(self).__name__} instance is not fitted yet. "
            "Call 'fit' with appropriate arguments before using this estimator."
        )

    def _implementation(self) -> str:
        if self.implementation not in ("log", "scaling"):
            raise KeyError(self.implementation)
        return self.implementation

    def _single(self, X: npt.ArrayLike) -> bool:
        """Return True if data and means are float32, whose differences numpy takes in float32."""
        return is_single(X) and is_single(self.means_)

    def _arrays(self) -> tuple[Matrix, ...]:
        parameters = (self.startprob_, self.transmat_, self.means_, self._covars_)
        return tuple(np.ascontiguousarray(values, dtype=np.float64) for values in parameters)

    def _check_input(self, X: npt.ArrayLike, lengths: Any) -> tuple[Matrix, list[int], tuple[Matrix, ...]]:
        """Check and return the rows, the lengths of the sequences, and the model's arrays."""
        self._check_fitted()
        rows = np.ascontiguousarray(check_array(X), dtype=np.float64)
        if rows.shape[1] != self.n_features:
            # numpy's message. DIFFERENCE: a single feature is refused too, which numpy would broadcast.
            shapes = f"({rows.shape[0]},1,{rows.shape[1]}) ({self.n_components},{self.n_features})"
            raise ValueError(f"operands could not be broadcast together with shapes {shapes} ")
        return rows, read_lengths(lengths, len(rows)), self._arrays()
