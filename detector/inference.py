"""Inference: the regime, the confidence and the bias that follow from a model and recent observations."""

from __future__ import annotations

from typing import Any

import numpy as np
from hmmlearn.hmm import GaussianHMM

from detector.series import Matrix
from detector.types import Regime, RegimeState


class InferenceError(Exception):
    """The model gives no probabilities for these observations; the text says why."""


def regime_probabilities(model: GaussianHMM, label_map: dict[int, Regime], observations: Matrix) -> list[float]:
    """Return the probabilities of bearish, ranging and bullish at the last of the standardised observations, shape (n, d).

    Raises `InferenceError` if the observations or the probabilities are not finite.
    """
    if not np.isfinite(observations).all():
        raise InferenceError("the standardised observations are not finite")
    with np.errstate(all="ignore"):
        posterior = model.predict_proba(observations)[-1]
    probabilities = [0.0] * len(Regime)
    for state, regime in label_map.items():
        probabilities[regime] = float(posterior[state])
    if not np.isfinite(probabilities).all():
        raise InferenceError("the probabilities are not finite")
    return probabilities


def judge(probabilities: list[float], cfg: dict[str, Any], *, now: float, observation_count: int) -> RegimeState:
    """Return the state that follows from the probabilities (bearish, ranging, bullish).

    The confidence is rounded in the state only: the threshold is compared with the unrounded one. `now` is in seconds since
    1970, `observation_count` the number of observations behind the probabilities.
    """
    highest, second, _ = sorted(probabilities, reverse=True)
    confidence = highest - second
    bias = 0.0
    if confidence >= cfg["HMM_CONFIDENCE_THRESHOLD"]:
        lean = probabilities[Regime.BULLISH] - probabilities[Regime.BEARISH]
        bias = max(-1.0, min(1.0, lean * cfg["HMM_BIAS_GAIN"]))
    return RegimeState(
        regime=Regime(probabilities.index(highest)),  # the lowest index on a tie
        probabilities=probabilities,
        confidence=round(confidence, 4),
        bias_signal=round(bias, 4) + 0.0,  # a bias of -0.0 becomes 0.0
        last_update_ts=now,
        observation_count=observation_count,
    )
