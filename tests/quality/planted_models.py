"""Models with one bug each: what a port might get wrong in a training or an inference."""

from __future__ import annotations

from typing import Any

import numpy as np
from hmmlearn.base import ConvergenceMonitor
from hmmlearn.hmm import GaussianHMM
from sklearn.cluster import KMeans

from tests.quality.planting import Parts, with_model


def wrong_prior() -> Parts:
    """The prior of the variances is a tenth."""

    class Model(GaussianHMM):
        def _do_mstep(self, stats: Any) -> None:
            before, self.covars_prior = self.covars_prior, 1e-3
            super()._do_mstep(stats)
            self.covars_prior = before

    return with_model(Model)


def _with_kmeans(**settings: Any) -> Parts:
    class Model(GaussianHMM):
        def _init(self, X: Any, lengths: Any = None) -> None:
            super()._init(X, lengths)
            if "m" in self.init_params:
                kmeans = KMeans(n_clusters=self.n_components, random_state=self.random_state, **{"n_init": 10, **settings})
                self.means_ = kmeans.fit(X).cluster_centers_

    return with_model(Model)


def loose_kmeans() -> Parts:
    """k-means stops too early."""
    return _with_kmeans(tol=0.3)


def one_kmeans_run() -> Parts:
    """One run of k-means where there are ten."""
    return _with_kmeans(n_init=1)


def _with_monitor(monitor: type[ConvergenceMonitor]) -> Parts:
    class Model(GaussianHMM):
        def __init__(self, *given: Any, **settings: Any) -> None:
            super().__init__(*given, **settings)
            self.monitor_ = monitor(self.tol, self.n_iter, self.verbose)

        def get_params(self, deep: bool = True) -> Any:
            return {}

    return with_model(Model)


def late_stop() -> Parts:
    """EM stops one round late."""

    class Late(ConvergenceMonitor):
        @property
        def converged(self) -> bool:
            return self.iter == self.n_iter or (len(self.history) > 2 and self.history[-2] - self.history[-3] < self.tol)

    return _with_monitor(Late)


def other_tolerance() -> Parts:
    """The tolerance is one for each row, not for all of them."""

    class Other(ConvergenceMonitor):
        @property
        def converged(self) -> bool:
            gains = len(self.history) > 1 and self.history[-1] - self.history[-2] < self.tol * 0.5
            return bool(self.iter == self.n_iter or gains)

    return _with_monitor(Other)


def other_tie() -> Parts:
    """Viterbi takes the first of equal paths everywhere."""

    class Model(GaussianHMM):
        def _decode_viterbi(self, X: Any) -> Any:
            log_prob, _ = super()._decode_viterbi(X)
            with np.errstate(divide="ignore"):
                frames, moves = self._compute_log_likelihood(X), np.log(self.transmat_)
                lattice = [np.log(self.startprob_) + frames[0]]
            back = []
            for frame in frames[1:]:
                reached = lattice[-1][:, None] + moves
                back.append(reached.argmax(axis=0))
                lattice.append(reached.max(axis=0) + frame)
            path = [int(lattice[-1].argmax())]
            for step in reversed(back):
                path.append(int(step[path[-1]]))
            return log_prob, np.array(path[::-1])

    return with_model(Model)


def other_seed() -> Parts:
    """Another seed."""

    class Model(GaussianHMM):
        def _init(self, X: Any, lengths: Any = None) -> None:
            before, self.random_state = self.random_state, 43
            super()._init(X, lengths)
            self.random_state = before

    return with_model(Model)


def no_floor() -> Parts:
    """The first variances have no floor."""

    class Model(GaussianHMM):
        def _init(self, X: Any, lengths: Any = None) -> None:
            before, self.min_covar = self.min_covar, 1e-9
            super()._init(X, lengths)
            self.min_covar = before

    return with_model(Model)


def single_precision() -> Parts:
    """Densities in float32."""

    class Model(GaussianHMM):
        def _compute_log_likelihood(self, X: Any) -> Any:
            return super()._compute_log_likelihood(X).astype(np.float32).astype(np.float64)

    return with_model(Model)


def one_sequence() -> Parts:
    """The lengths of the sequences are ignored."""

    class Model(GaussianHMM):
        def _do_estep(self, X: Any, lengths: Any) -> Any:
            return super()._do_estep(X, None)

    return with_model(Model)


BUGS = {
    name: value
    for name, value in list(globals().items())
    if callable(value) and getattr(value, "__module__", "") == __name__ and not name.startswith("_")
}
