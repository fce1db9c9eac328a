"""The life of a detector: trained, updated candle by candle, stored and restored."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from generators.detector.case import Series
from generators.plain import Json
from harness.subjects.detector.asking.capture import captured, plain
from harness.subjects.detector.asking.readings import begin, course, parameters
from harness.subjects.detector.asking.side_effects import handed_in
from harness.subjects.detector.ports.modules import DetectorPort

# Two readings of the clock in one call may differ by this much.
CLOCK_SEC = 1e-3
# A probability may differ by this much from the one that the detector's own model gives for the same rows.
OWN_MODEL = 1e-9
# Ages of a training at which `needs_retrain` is called, in shares of the interval.
AGES = (0.0, 0.5, 1.0, 1.5)


class Life:
    """One detector of a port on one case, with its results so far."""

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
        self.log_likelihood = 0.0
        # Never used; it must be unchanged at the end.
        self.bystander = port["RegimeDetector"]()

    def candles(self, start: int, stop: int, scale: float = 1.0) -> tuple[Any, Any]:
        """Build new closes, multiplied by `scale`, and volumes, from candle `start` to `stop`."""
        closes = self.closes.cut(start, stop)
        if scale != 1.0:
            closes = Series(closes.values * scale, closes.form)
        return handed_in(closes), handed_in(self.volumes.cut(start, stop))

    def train(self, start: int, stop: int) -> None:
        """Train, and read all results of the training."""
        before = plain(self.detector.state.to_dict())
        trained = captured(lambda: self.detector.train(*self.candles(start, stop)))
        self.trainings.append({"returned": trained, **self._model(start, stop), **self._flags(before)})

    def _model(self, start: int, stop: int) -> Json:
        model = self.detector._model
        if model is None:
            return {"trained": None}
        found: Json = {}
        found["mean"] = captured(lambda: np.asarray(self.detector._obs_mean, dtype=np.float64))
        found["deviation"] = captured(lambda: np.asarray(self.detector._obs_std, dtype=np.float64))
        found["trained"] = captured(lambda: {**course(model), **parameters(model)})
        found["labels"] = captured(lambda: [int(self.detector._label_map[state]) for state in range(3)])
        found["transmat"] = captured(lambda: self.detector.transmat)
        if not self.trainings:
            rows = captured(lambda: self._standardised(start, stop))
            if "value" in rows and len(rows["value"]):
                series = Series(rows["value"])
                settings = {"n_components": 3, "random_state": 42}
                found["start"] = captured(lambda: begin(self.port, series, None, settings))
                found["path"] = captured(lambda: model.predict(rows["value"]))
                found["posteriors"] = captured(lambda: model.predict_proba(rows["value"]))
                found["score"] = captured(lambda: model.score(rows["value"]))
        return found

    def _standardised(self, start: int, stop: int) -> Any:
        rows = self.port["FeatureExtractor"]().extract(*self.candles(start, stop))
        return (rows - np.asarray(self.detector._obs_mean)) / np.asarray(self.detector._obs_std)

    def _flags(self, before: Any) -> Json:
        flags: Json = {"trained_flag": bool(self.detector._trained), "needs_retrain": captured(self.detector.needs_retrain)}
        flags["state_stays"] = plain(self.detector.state.to_dict()) == before
        flags["too_old"] = captured(self._too_old)
        return flags

    def _too_old(self) -> list[bool]:
        """Call `needs_retrain` at each of `AGES`, with a clock set to that age."""
        interval = self.detector.cfg["HMM_RETRAIN_INTERVAL_SEC"]
        trained_at, clock = self.detector._last_train_ts, self.detector._now
        found = []
        try:
            for share in AGES:
                # The sum may be rounded below the age; take the first double that is not.
                at = trained_at + share * interval
                while at - trained_at < share * interval:
                    at = math.nextafter(at, math.inf)
                self.detector._now = partial(float, at)
                found.append(bool(self.detector.needs_retrain()))
        finally:
            self.detector._now = clock
        return found

    def beside(self, start: int, stop: int) -> None:
        """Train and update another detector, which must not change the first one."""
        other = self.port["RegimeDetector"](dict(self.inputs["config"]))
        other.train(*self.candles(start, stop))
        other.update(*self.candles(start, stop))

    def update(self, start: int, stop: int, scale: float = 1.0) -> None:
        """Update, and read the state that was returned and the one that the detector keeps."""

        def call() -> Any:
            previous = self.detector.state
            before = previous.last_update_ts
            self.since = time.time()
            state = self.detector.update(*self.candles(start, stop, scale))
            read = self._state(state, before)
            read["total"] = sum(read["probabilities"])
            window = None if state is previous else self._window(*self.candles(start, stop, scale))
            if window is not None:
                self.log_likelihood = float(self.detector._model.score(window))
            # Of the window that the state's probabilities are of; the rounding of their total grows with it.
            read["log_likelihood"] = self.log_likelihood
            self.kept.append((state, plain(state.to_dict())))
            return {
                **read,
                "types": [type(state.regime).__name__, type(state.probabilities).__name__],
                "follows": None if window is None else self._follows(state, window),
                "new": state is not previous,
                "held": self.detector.state is state,
            }

        self.updates.append(captured(call))
        snapshot = self.detector.last_observation
        names = ("macd_hist_slope", "ema_spread_pct", "rsi_zone", "volume_ratio")
        self.observations.append(None if snapshot is None else [plain(getattr(snapshot, name)) for name in names])

    def _window(self, closes: Any, volumes: Any) -> Any:
        """Return the standardised rows that the detector's model was asked about."""
        rows = self.port["FeatureExtractor"]().extract(closes, volumes)[-self.detector.cfg["HMM_INFERENCE_WINDOW"] :]
        return (rows - np.asarray(self.detector._obs_mean)) / np.asarray(self.detector._obs_std)

    def _follows(self, state: Any, rows: Any) -> bool:
        """Return True if a new state follows from the detector's own model and these rows.

        This must be true of every port, even if its training legitimately differs from the reference's.
        """
        # Imported here because `parity doctor` must start without hmmlearn, which these modules need.
        from detector.inference import judge
        from detector.types import RegimeState

        detector, cfg = self.detector, self.detector.cfg
        with np.errstate(all="ignore"):
            posterior = detector._model.predict_proba(rows)[-1]
        said = list(state.probabilities)
        wanted = [posterior[model_state] for model_state, _ in sorted(detector._label_map.items(), key=lambda item: item[1])]
        verdict = judge(said, cfg, now=state.last_update_ts, observation_count=len(rows))
        return bool(np.allclose(said, wanted, rtol=0.0, atol=OWN_MODEL)) and verdict == RegimeState.from_dict(state.to_dict())

    def _state(self, state: Any, before: float | None = None) -> Json:
        read: Json = plain(state.to_dict())
        at = read.pop("last_update_ts", None)
        # Times cannot be compared between ports: the update time must be that of the call, or unchanged.
        read["updated"] = "before" if at == before else self._is_now(at)
        return read

    def _is_now(self, at: Any) -> bool:
        return isinstance(at, float) and self.since - CLOCK_SEC <= at <= time.time() + CLOCK_SEC

    def snapshot(self) -> None:
        """Store the detector, and restore another one from the stored data."""

        def call() -> Any:
            stored = self.port["serialize_for_snapshot"](self.detector)
            other = self.port["RegimeDetector"]()
            self.port["restore_from_snapshot"](other, stored)
            state = self._state(other.state, self.detector.state.last_update_ts)
            flag, kept = bool(stored["_hmm_trained"]), plain(self.detector.state.to_dict())
            # The stored data belong to the caller: changing them must not change either detector.
            stored["_hmm_regime_state"]["probabilities"][:] = [0.25, 0.25, 0.5]
            apart = [plain(each.state.to_dict()) == kept for each in (self.detector, other)]
            return {"keys": sorted(stored), "state": state, "trained": flag, "needs_retrain": bool(other.needs_retrain()),
                    "apart": apart}  # fmt: skip

        self.others.append(captured(call))

    def outcome(self) -> Json:
        """Return all results, level by level."""
        untouched = all(plain(state.to_dict()) == read for state, read in self.kept)
        cfg = self.detector.cfg
        cfg["HMM_BIAS_GAIN"] = 99.0
        settings = [captured(partial(_settings, one)) for one in (self.detector, self.bystander)]
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
    """Run all actions of a case in order; return the results, level by level."""
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
