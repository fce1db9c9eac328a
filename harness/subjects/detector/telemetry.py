"""The detector in a bot's loop: an inference for each candle that closes, and trainings, by the loader `doge_detector`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np

from generators.candles import CandleSeries
from harness.telemetry.loop import REFERENCE, ROUNDS_PER_CANDLE, Metric, Share

BACKENDS = {REFERENCE: "python"}
# A bot trains once a day, on months. Every 96 candles it is seldom enough to leave the loop's p99 alone, and often enough to be
# compared after a quarter of an hour.
TRAIN_EVERY, HISTORY, TRAILING = 96, 500, 150
# As `doge_detector.measuring` names them, whose import would choose an implementation.
TRAINING, FAILED_TRAININGS, INFERENCE = "training", "failed_trainings", "inference"
GROUP = "training and inference"


class DetectorShare(Share):
    """One detector of the pair's market."""

    metrics = (
        Metric(name=TRAINING, group=GROUP, quantiles=(0.5,)),
        Metric(name=INFERENCE, group=GROUP),
        Metric(name=TRAINING, group=GROUP, kind="rate", per=INFERENCE, either_way=True),
        Metric(name=FAILED_TRAININGS, group=GROUP, kind="rate", per=INFERENCE),
    )
    warm_up = HISTORY

    @staticmethod
    def environment(side: str, recording: str) -> Mapping[str, str]:
        """Return the variables of `doge_detector`."""
        return {"DOGE_HMM_BACKEND": BACKENDS.get(side, "rust"), "DOGE_HMM_TELEMETRY": recording}

    @staticmethod
    def missing(side: str) -> str | None:
        """Return how to get the compiled module, where it is needed and not here."""
        return None if side in BACKENDS or find_spec("doge_hmm") is not None else "build it with doge-hmm/build"

    def begin(self, series: CandleSeries) -> None:
        """Load the implementation that the environment names."""
        # Imported here because the choice is made at the import, and belongs to the bot's process.
        import doge_detector as hmm

        self._closes = np.array([candle.close for candle in series.candles])
        self._volumes = np.array([candle.volume for candle in series.candles])
        # The extractor needs 14 candles before its first row.
        self._detector: Any = hmm.RegimeDetector({"HMM_MIN_TRAIN_SAMPLES": HISTORY - 20})
        self._candles = 0

    def round(self, candle: int, corner: int) -> None:
        """Infer where the candle closes; train where it is time to."""
        if corner != ROUNDS_PER_CANDLE - 1:
            return
        end = candle + 1
        if self._candles % TRAIN_EVERY == 0:
            self._detector.train(self._closes[end - HISTORY : end].copy(), self._volumes[end - HISTORY : end].copy())
        self._candles += 1
        self._detector.update(self._closes[end - TRAILING : end].copy(), self._volumes[end - TRAILING : end].copy())

    def problem(self) -> str | None:
        """Return why a model is not there, without which an inference is none."""
        return None if self._candles == 0 or self._detector.transmat is not None else "the detector could not be trained"
