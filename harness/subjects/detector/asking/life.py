"""A detector's life: trained, updated candle by candle, stored and restored."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from generators.detector.case import Series
from generators.plain import Json
from harness.subjects.detector.asking.capture import observed, plain
from harness.subjects.detector.asking.readings import begin, course, parameters
from harness.subjects.detector.asking.side_effects import handed_in
from harness.subjects.detector.ports.modules import DetectorPort

# How far two readings of one clock may be apart that were taken at once: doubles of 1.7e9 have steps of 2e-7.
CLOCK_SEC = 1e-3
# How far a probability may be from what the detector's own model says of the same rows.
OWN_MODEL = 1e-9
# Seconds after a training at which to ask whether it is too old, in shares of the interval.
AGES = (0.0, 0.5, 1.0, 1.5)


class Life:
    """One detector of a port on one case, and what has come of it so far."""

    def __init__(self, port: DetectorPort, inputs: Mapping[str, Any]) -> None:
        self.port, self.inputs = port, inputs
        self.closes: Series = inputs["closes"]
        self.volumes: Series = inputs["volumes"]
        self.detector = port["RegimeDetector"](dict(inputs["config"]))
        self.observations: list[Any] = []
        self.trainings: list[Json] = []
        self.updates: list[Json] = []
        self.others: list[Json] = []
        self.kept: list[tuple[Any, Any]] = []
        self.since = time.time()
        # One that is left alone, and is to be as it was at the end.
        self.bystander = port["RegimeDetector"]()

    def candles(self, start: int, stop: int, scale: float = 1.0) -> tuple[Any, Any]:
        """A stretch of closes, at so many times their price, and volumes, built anew."""
        closes = self.closes.cut(start, stop)
        if scale != 1.0:
            closes = Series(closes.values * scale, closes.form)
        return handed_in(closes), handed_in(self.volumes.cut(start, stop))

    def train(self, start: int, stop: int) -> None:
        """Train, and read all that the training left."""
        before = plain(self.detector.state.to_dict())
        trained = observed(lambda: self.detector.train(*self.candles(start, stop)))
        self.trainings.append({"returned": trained, **self._model(start, stop), **self._flags(before)})

    def _model(self, start: int, stop: int) -> Json:
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

    def _flags(self, before: Any) -> Json:
        flags: Json = {"trained_flag": bool(self.detector._trained), "needs_retrain": observed(self.detector.needs_retrain)}
        flags["state_stays"] = plain(self.detector.state.to_dict()) == before
        flags["too_old"] = observed(self._too_old)
        return flags

    def _too_old(self) -> list[bool]:
        """`needs_retrain` by a clock that shows a share of the interval since the training."""
        interval = self.detector.cfg["HMM_RETRAIN_INTERVAL_SEC"]
        trained_at, clock = self.detector._last_train_ts, self.detector._now
        found = []
        try:
            for share in AGES:
                # A sum of doubles may lie a bit below the interval: the one that counts is asked for.
                at = trained_at + share * interval
                while at - trained_at < share * interval:
                    at = math.nextafter(at, math.inf)
                self.detector._now = partial(float, at)
                found.append(bool(self.detector.needs_retrain()))
        finally:
            self.detector._now = clock
        return found

    def beside(self, start: int, stop: int) -> None:
        """Train another detector on other candles; the first one has nothing to do with it."""
        other = self.port["RegimeDetector"](dict(self.inputs["config"]))
        other.train(*self.candles(start, stop))
        other.update(*self.candles(start, stop))

    def update(self, start: int, stop: int, scale: float = 1.0) -> None:
        """Update, and read the state twice: as it was returned, and as the detector holds it."""

        def call() -> Any:
            held = self.detector.state
            before = held.last_update_ts
            self.since = time.time()
            state = self.detector.update(*self.candles(start, stop, scale))
            read = self._state(state, before)
            read["total"] = sum(read["probabilities"])
            self.kept.append((state, plain(state.to_dict())))
            return {
                **read,
                "types": [type(state.regime).__name__, type(state.probabilities).__name__],
                "follows": None if state is held else self._follows(state, *self.candles(start, stop, scale)),
                "new": state is not held,
                "held": self.detector.state is state,
            }

        self.updates.append(observed(call))
        snapshot = self.detector.last_observation
        names = ("macd_hist_slope", "ema_spread_pct", "rsi_zone", "volume_ratio")
        self.observations.append(None if snapshot is None else [plain(getattr(snapshot, name)) for name in names])

    def _follows(self, state: Any, closes: Any, volumes: Any) -> bool:
        """True if a new state is what the detector's own model says of these candles.

        Asked of every port about itself, it holds even where two trainings have nothing to agree on.
        """
        # Where hmmlearn is missing there is no reference, and this is not asked; `parity doctor` must still start.
        from detector.inference import judge
        from detector.types import RegimeState

        detector, cfg = self.detector, self.detector.cfg
        rows = self.port["FeatureExtractor"]().extract(closes, volumes)[-cfg["HMM_INFERENCE_WINDOW"] :]
        rows = (rows - np.asarray(detector._obs_mean)) / np.asarray(detector._obs_std)
        with np.errstate(all="ignore"):
            posterior = detector._model.predict_proba(rows)[-1]
        said = list(state.probabilities)
        wanted = [posterior[model_state] for model_state, _ in sorted(detector._label_map.items(), key=lambda item: item[1])]
        verdict = judge(said, cfg, now=state.last_update_ts, observation_count=len(rows))
        return bool(np.allclose(said, wanted, rtol=0.0, atol=OWN_MODEL)) and verdict == RegimeState.from_dict(state.to_dict())

    def _state(self, state: Any, before: float | None = None) -> Json:
        read: Json = plain(state.to_dict())
        at = read.pop("last_update_ts", None)
        # The time itself is the clock's: it is that of the call, or it is what it was before.
        read["updated"] = "before" if at == before else self._is_now(at)
        return read

    def _is_now(self, at: Any) -> bool:
        return isinstance(at, float) and self.since - CLOCK_SEC <= at <= time.time() + CLOCK_SEC

    def snapshot(self) -> None:
        """Store the detector, and restore another one from it."""

        def call() -> Any:
            stored = self.port["serialize_for_snapshot"](self.detector)
            other = self.port["RegimeDetector"]()
            self.port["restore_from_snapshot"](other, stored)
            state = self._state(other.state, self.detector.state.last_update_ts)
            flag, kept = bool(stored["_hmm_trained"]), plain(self.detector.state.to_dict())
            # What was stored is the caller's: neither detector sees what is done to it.
            stored["_hmm_regime_state"]["probabilities"][:] = [0.25, 0.25, 0.5]
            apart = [plain(each.state.to_dict()) == kept for each in (self.detector, other)]
            return {"keys": sorted(stored), "state": state, "trained": flag, "needs_retrain": bool(other.needs_retrain()),
                    "apart": apart}  # fmt: skip

        self.others.append(observed(call))

    def outcome(self) -> Json:
        """The whole life, level by level."""
        untouched = all(plain(state.to_dict()) == read for state, read in self.kept)
        cfg = self.detector.cfg
        cfg["HMM_BIAS_GAIN"] = 99.0
        settings = [observed(partial(_settings, one)) for one in (self.detector, self.bystander)]
        alone = [plain(self.bystander.state.to_dict()), bool(self.bystander.needs_retrain()), plain(self.bystander.transmat)]
        return {
            "features": {"last_observation": self.observations},
            "same_seed": {"trainings": self.trainings},
            "inference": {
                "updates": self.updates,
                "snapshots": self.others,
                "returned_states_stay": untouched,
                "settings": settings,
                "bystander": alone,
            },
        }


def _settings(detector: Any) -> list[Any]:
    return list(detector.cfg.items())


def live(port: DetectorPort, inputs: Mapping[str, Any]) -> Json:
    """All actions of a case, one after the other."""
    life = Life(port, inputs)
    actions: dict[str, Callable[..., None]] = {
        "train": life.train,
        "update": life.update,
        "snapshot": life.snapshot,
        "beside": life.beside,
    }
    for name, *arguments in inputs["actions"]:
        actions[name](*arguments)
    return life.outcome()
