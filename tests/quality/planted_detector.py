"""Detectors with one bug each, made by subclassing the reference's own classes: what a port might get wrong.

`plant(name)` makes a module out of a bug, for `--candidate-module` or a runner; `parity` has none. Add one whenever a real
bug slips through.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
from hmmlearn.base import ConvergenceMonitor
from hmmlearn.hmm import GaussianHMM
from sklearn.cluster import KMeans

import detector.features as features
import detector.regime_detector as life
import detector.training as training
import hmm_regime_detector as reference
from detector.inference import judge
from detector.types import Regime, RegimeState
from harness.ports.detector import NAMES

Parts = dict[str, Any]


@contextmanager
def swapped(module: ModuleType, **values: Any) -> Iterator[None]:
    """The names of a module stand for something else meanwhile."""
    before = {name: getattr(module, name) for name in values}
    for name, value in values.items():
        setattr(module, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)


def with_model(model: type[GaussianHMM]) -> Parts:
    """A detector that trains another model."""
    model.__name__ = "GaussianHMM"

    class RegimeDetector(reference.RegimeDetector):
        def train(self, closes: Any, volumes: Any) -> bool:
            with swapped(training, GaussianHMM=model):
                return super().train(closes, volumes)

    return {"GaussianHMM": model, "RegimeDetector": RegimeDetector}


def with_detector(**values: Any) -> Parts:
    """A detector whose modules hold other functions."""

    class RegimeDetector(reference.RegimeDetector):
        def train(self, closes: Any, volumes: Any) -> bool:
            with swapped(life, **values):
                return super().train(closes, volumes)

        def update(self, closes: Any, volumes: Any) -> RegimeState:
            with swapped(life, **values):
                return super().update(closes, volumes)

    return {"RegimeDetector": RegimeDetector}


def with_extractor(**values: Any) -> Parts:
    """An extractor, and a detector that uses it."""

    class FeatureExtractor(reference.FeatureExtractor):
        def extract(self, closes: Any, volumes: Any) -> Any:
            with swapped(features, **values):
                return super().extract(closes, volumes)

    return {"FeatureExtractor": FeatureExtractor, **with_detector(FeatureExtractor=FeatureExtractor)}


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


def swapped_labels() -> Parts:
    """Bullish and bearish change places."""

    def label_states(model: Any) -> dict[int, Regime]:
        return {state: Regime(2 - regime) for state, regime in training.label_states(model).items()}

    return with_detector(label_states=label_states)


def late_rsi() -> Parts:
    """RSI is read one candle off."""
    wilder = features.wilder_rsi

    def wilder_rsi(prices: list[float], period: int) -> list[float]:
        found = wilder(prices, period)
        return found[:1] + found[:-1]

    return with_extractor(wilder_rsi=wilder_rsi)


def quick_average() -> Parts:
    """The smoothing is 2 / span."""

    def ema(values: list[float], span: int) -> list[float]:
        alpha = min(1.0, 2.0 / span)
        averages = [values[0]]
        for value in values[1:]:
            averages.append(alpha * value + (1.0 - alpha) * averages[-1])
        return averages

    return with_extractor(ema=ema)


def fused_average() -> Parts:
    """The average is written another way: the same on paper, and bits away in numbers; this one must pass."""

    def ema(values: list[float], span: int) -> list[float]:
        alpha = 2.0 / (span + 1.0)
        averages = [values[0]]
        for value in values[1:]:
            averages.append(alpha * value + (1.0 - alpha) * averages[-1])
        return averages

    return with_extractor(ema=ema)


def sample_deviation() -> Parts:
    """The standard deviation of a sample, not of a population."""
    before = life.mean_and_deviation

    def mean_and_deviation(observations: Any) -> Any:
        mean, deviation = before(observations)
        return mean, np.where(deviation == 1.0, 1.0, deviation * np.sqrt(len(observations) / (len(observations) - 1.0)))

    return with_detector(mean_and_deviation=mean_and_deviation)


def first_posterior() -> Parts:
    """The regime of the window's first row, not of its last."""

    def regime_probabilities(model: Any, label_map: Any, observations: Any) -> list[float]:
        posterior = model.predict_proba(observations)[0]
        return [float(posterior[state]) for state, _ in sorted(label_map.items(), key=lambda item: item[1])]

    return with_detector(regime_probabilities=regime_probabilities)


def _judging(change: Callable[[RegimeState, list[float]], None]) -> Parts:
    def judged(probabilities: list[float], cfg: Any, **given: Any) -> RegimeState:
        state = judge(probabilities, cfg, **given)
        change(state, probabilities)
        return state

    return with_detector(judge=judged)


def sure_of_itself() -> Parts:
    """The confidence is the highest probability, not its lead."""
    return _judging(lambda state, probabilities: setattr(state, "confidence", round(max(probabilities), 4)))


def three_decimals() -> Parts:
    """Rounded to three decimals."""
    return _judging(lambda state, _: setattr(state, "confidence", round(state.confidence, 3)))


def rounded_down() -> Parts:
    """Cut to four decimals where it should be rounded."""

    def cut(state: RegimeState, probabilities: list[float]) -> None:
        second, first = sorted(probabilities)[1:]
        state.confidence = int((first - second) * 1e4) / 1e4

    return _judging(cut)


def contrary_bias() -> Parts:
    """The bias has the other sign."""
    return _judging(lambda state, _: setattr(state, "bias_signal", 0.0 - state.bias_signal))


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


def other_words() -> Parts:
    """A refusal in other words."""

    class FeatureExtractor(reference.FeatureExtractor):
        def extract(self, closes: Any, volumes: Any) -> Any:
            try:
                return super().extract(closes, volumes)
            except ValueError as error:
                raise ValueError(str(error).replace("must be of equal length", "differ in length")) from None

    return {"FeatureExtractor": FeatureExtractor}


def one_state_object() -> Parts:
    """One state that is changed in place: who keeps the last one sees it change."""

    class RegimeDetector(reference.RegimeDetector):
        def update(self, closes: Any, volumes: Any) -> RegimeState:
            kept = self.state
            found = super().update(closes, volumes)
            for name, value in found.to_dict().items():
                setattr(kept, name, value)
            self.state = kept
            return kept

    return {"RegimeDetector": RegimeDetector}


def silent() -> Parts:
    """Nothing is said of a training that was refused."""

    class RegimeDetector(reference.RegimeDetector):
        def train(self, closes: Any, volumes: Any) -> bool:
            disabled, life.log.disabled = life.log.disabled, True
            try:
                return super().train(closes, volumes)
            finally:
                life.log.disabled = disabled

    return {"RegimeDetector": RegimeDetector}


def grid_sides() -> Parts:
    """The sides of the grid change places."""

    def compute_grid_bias(regime_state: Any, confidence_threshold: float = 0.15) -> dict[str, Any]:
        grid = reference.compute_grid_bias(regime_state, confidence_threshold)
        a, b = grid["entry_spacing_mult_a"], grid["entry_spacing_mult_b"]
        return {**grid, "entry_spacing_mult_a": b, "entry_spacing_mult_b": a}

    return {"compute_grid_bias": compute_grid_bias}


def other_default() -> Parts:
    """A default that is not the contract's."""

    def compute_grid_bias(regime_state: Any, confidence_threshold: float = 0.2) -> dict[str, Any]:
        return reference.compute_grid_bias(regime_state, confidence_threshold)

    return {"compute_grid_bias": compute_grid_bias}


def parity() -> Parts:
    """No bug at all: the alarm must not ring."""
    return {}


HELPERS = ("with_model", "with_detector", "with_extractor", "swapped", "plant", "contextmanager", "judge")
BUGS = {
    name: value
    for name, value in list(globals().items())
    if callable(value) and getattr(value, "__module__", "") == __name__ and not name.startswith("_") and name not in HELPERS
}


def plant(name: str, *, without: str | None = None, parts: Parts | None = None) -> str:
    """Make a module of a bug, leave out a name on demand, and return the module's name."""
    module = ModuleType(f"planted_{name}" + ("" if without is None else "_without"))
    for known in NAMES:
        if known != without:
            setattr(module, known, GaussianHMM if known == "GaussianHMM" else getattr(reference, known))
    for known, value in (BUGS[name]() if parts is None else parts).items():
        setattr(module, known, value)
    sys.modules[module.__name__] = module
    return module.__name__
