"""The detector: it trains on history and then infers the regime at the latest candle."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy.typing as npt
from hmmlearn.hmm import GaussianHMM

from detector.config import DEFAULTS, read_config
from detector.features import FeatureExtractor
from detector.inference import judge, regime_probabilities
from detector.series import Matrix, Vector
from detector.standardise import mean_and_deviation, standardise
from detector.training import TrainingError, fit_model, label_states
from detector.types import IndicatorSnapshot, Regime, RegimeState

log = logging.getLogger("hmm_regime_detector")


class RegimeDetector:
    """Infers the regime of a market from closes and volumes, oldest first.

    `state` is the result of the last inference, `last_observation` the features of the last candle passed to `update` (None
    before the first). The settings cannot be changed after construction; `cfg` and `DEFAULT_CONFIG` are dicts to read.
    Raises `ValueError` that names the setting if one is unknown or out of range.
    """

    DEFAULT_CONFIG: ClassVar[dict[str, Any]] = dict(DEFAULTS)

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        self._cfg = read_config(config)
        self.state = RegimeState()
        self.last_observation: IndicatorSnapshot | None = None
        self._extractor = FeatureExtractor()
        self._model: GaussianHMM | None = None
        self._label_map: dict[int, Regime] | None = None
        self._obs_mean: Vector | None = None
        self._obs_std: Vector | None = None
        self._trained = False
        self._last_train_ts = 0.0

    @property
    def cfg(self) -> dict[str, Any]:
        """A copy of the settings, in the order of `DEFAULT_CONFIG`."""
        return dict(self._cfg)

    @property
    def transmat(self) -> list[list[float]] | None:
        """The transition probabilities from the row's regime to the column's, both in the order of `Regime`, not of the model.

        None until training succeeds. Every read returns a new list.
        """
        if self._model is None or self._label_map is None:
            return None
        state_of = {regime: state for state, regime in self._label_map.items()}
        transmat = self._model.transmat_
        return [[float(transmat[state_of[before], state_of[after]]) for after in Regime] for before in Regime]

    def train(self, closes: npt.ArrayLike, volumes: npt.ArrayLike) -> bool:
        """Fit a new model to history, and return True if that succeeds.

        Too few observations and a fit that fails are logged, and the previous model stays. Raises `ValueError` for closes and
        volumes that `FeatureExtractor.extract` refuses.
        """
        observations = self._extractor.extract(closes, volumes)
        needed = self._cfg["HMM_MIN_TRAIN_SAMPLES"]
        if len(observations) < needed:
            log.warning("training needs at least %d observations, got %d; nothing changed", needed, len(observations))
            return False
        mean, deviation = mean_and_deviation(observations)
        try:
            model = fit_model(standardise(observations, mean, deviation), self._cfg["HMM_N_ITER"])
        except TrainingError as error:
            log.warning("training failed, the previous model stays: %s", error)
            return False
        self._model, self._label_map = model, label_states(model)
        self._obs_mean, self._obs_std = mean, deviation
        self._trained, self._last_train_ts = True, self._now()
        return True

    def update(self, closes: npt.ArrayLike, volumes: npt.ArrayLike) -> RegimeState:
        """Return the state after the last of these candles, and keep it as `state`.

        The previous state object is returned if the detector is untrained, if no candle has all features, or if inference
        fails, which is logged. Raises `ValueError` for closes and volumes that `FeatureExtractor.extract` refuses.
        """
        observations = self._extractor.extract(closes, volumes)
        if len(observations) == 0:
            return self.state
        self.last_observation = IndicatorSnapshot(*observations[-1].tolist())
        if not self._trained:
            return self.state
        try:
            self.state = self._infer(observations[-self._cfg["HMM_INFERENCE_WINDOW"] :])
        except Exception as error:
            log.warning("inference failed, the previous state stays: %s", error)
        return self.state

    def needs_retrain(self) -> bool:
        """Return True if there is no model, or if it is at least HMM_RETRAIN_INTERVAL_SEC old."""
        return not self._trained or self._now() - self._last_train_ts >= self._cfg["HMM_RETRAIN_INTERVAL_SEC"]

    def _infer(self, window: Matrix) -> RegimeState:
        # A trained detector has all three.
        assert self._label_map is not None
        assert self._obs_mean is not None
        assert self._obs_std is not None
        standardised = standardise(window, self._obs_mean, self._obs_std)
        probabilities = regime_probabilities(self._model, self._label_map, standardised)
        return judge(probabilities, self._cfg, now=self._now(), observation_count=len(window))

    def _now(self) -> float:
        """Return the seconds since 1970. A method, so that tests can replace the clock."""
        return time.time()
