"""A detector's life: trained, updated candle by candle, stored and restored."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from generators.series.case import Json, Series
from harness.detector.observe import observed, plain
from harness.detector.touched import handed_in
from harness.ports.detector import DetectorPort

# A clock reading this long before now is not the time of the call.
FRESH_SEC = 60.0


class Life:
    """One detector of a port on one case, and what has come of it so far."""

    def __init__(self, port: DetectorPort, inputs: Mapping[str, Any]) -> None:
        self.port = port
        self.closes: Series = inputs["closes"]
        self.volumes: Series = inputs["volumes"]
        self.detector = port["RegimeDetector"](dict(inputs["config"]))
        self.observations: list[Any] = []
        self.trainings: list[Json] = []
        self.updates: list[Json] = []
        self.others: list[Json] = []
        self.kept: list[tuple[Any, Any]] = []

    def candles(self, start: int, stop: int) -> tuple[Any, Any]:
        """A stretch of closes and volumes, built anew."""
        return handed_in(self.closes.cut(start, stop)), handed_in(self.volumes.cut(start, stop))

    def train(self, start: int, stop: int) -> None:
        """Train, and read all that the training left."""
        trained = observed(lambda: self.detector.train(*self.candles(start, stop)))
        self.trainings.append({"returned": trained, **self._model(start, stop), **self._flags()})

    def _model(self, start: int, stop: int) -> Json:
        from harness.detector.calls import begin, course, parameters

        model = self.detector._model
        if model is None:
            return {"trained": None}
        found: Json = {}
        found["mean"] = observed(lambda: np.asarray(self.detector._obs_mean, dtype=np.float64))
        found["deviation"] = observed(lambda: np.asarray(self.detector._obs_std, dtype=np.float64))
        found["trained"] = observed(lambda: {**course(model), **parameters(model)})
        found["labels"] = observed(lambda: [int(self.detector._label_map[state]) for state in range(3)])
        found["transmat"] = observed(lambda: self.detector.transmat)
        if not self.trainings:
            rows = observed(lambda: self._standardised(start, stop))
            if "value" in rows and len(rows["value"]):
                series = Series(rows["value"])
                settings = {"n_components": 3, "random_state": 42}
                found["start"] = observed(lambda: begin(self.port, series, None, settings))
                found["path"] = observed(lambda: model.predict(rows["value"]))
                found["posteriors"] = observed(lambda: model.predict_proba(rows["value"]))
                found["score"] = observed(lambda: model.score(rows["value"]))
        return found

    def _standardised(self, start: int, stop: int) -> Any:
        rows = self.port["FeatureExtractor"]().extract(*self.candles(start, stop))
        return (rows - np.asarray(self.detector._obs_mean)) / np.asarray(self.detector._obs_std)

    def _flags(self) -> Json:
        return {"trained_flag": bool(self.detector._trained), "needs_retrain": observed(self.detector.needs_retrain)}

    def update(self, start: int, stop: int) -> None:
        """Update, and read the state twice: as it was returned, and as the detector holds it."""

        def call() -> Any:
            state = self.detector.update(*self.candles(start, stop))
            read = self._state(state)
            self.kept.append((state, read))
            return {**read, "held": self.detector.state is state}

        self.updates.append(observed(call))
        snapshot = self.detector.last_observation
        names = ("macd_hist_slope", "ema_spread_pct", "rsi_zone", "volume_ratio")
        self.observations.append(None if snapshot is None else [plain(getattr(snapshot, name)) for name in names])

    def _state(self, state: Any) -> Json:
        read: Json = plain(state.to_dict())
        at = read.pop("last_update_ts", None)
        # The time itself is the clock's: it is now, or it is what it was before.
        read["updated"] = at if at in (None, 0.0) else bool(0.0 <= time.time() - at < FRESH_SEC)
        return read

    def snapshot(self) -> None:
        """Store the detector, and restore another one from it."""

        def call() -> Any:
            stored = self.port["serialize_for_snapshot"](self.detector)
            other = self.port["RegimeDetector"]()
            self.port["restore_from_snapshot"](other, stored)
            state = self._state(other.state)
            flag = bool(stored["_hmm_trained"])
            return {"keys": sorted(stored), "state": state, "trained": flag, "needs_retrain": bool(other.needs_retrain())}

        self.others.append(observed(call))

    def outcome(self) -> Json:
        """The whole life, level by level."""
        untouched = all(self._state(state) == read for state, read in self.kept)
        return {
            "features": {"last_observation": self.observations},
            "same_seed": {"trainings": self.trainings},
            "inference": {"updates": self.updates, "snapshots": self.others, "returned_states_stay": untouched},
        }


def live(port: DetectorPort, inputs: Mapping[str, Any]) -> Json:
    """All actions of a case, one after the other."""
    life = Life(port, inputs)
    actions: dict[str, Callable[..., None]] = {"train": life.train, "update": life.update, "snapshot": life.snapshot}
    for name, *arguments in inputs["actions"]:
        actions[name](*arguments)
    return life.outcome()
