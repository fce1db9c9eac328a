"""The candidate, in a process of its own: answers calls as `doge_detector` would if it were the implementation in use.

`doge_shadow.child` runs it. The candidate is what this process's own `doge_detector` has chosen, by the same import as in
production. Answers are plain data.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import doge_detector
from doge_detector.notes import Asked, Training, spelled_array
from doge_detector.settings import Kind

# So many trained detectors are kept; one that is gone is trained again when it is asked for.
TRAINED_MAX = 8
_OBSERVED = ("macd_hist_slope", "ema_spread_pct", "rsi_zone", "volume_ratio")


def begin() -> Callable[[Any], dict[str, Any]]:
    """Return the function that answers."""
    return Candidates(doge_detector._choice.module).answer


class Candidates:
    """Detectors of one implementation, by their trainings."""

    def __init__(self, module: ModuleType) -> None:
        self._module: Any = module
        self._trained: OrderedDict[str, Any] = OrderedDict()
        self._calls: dict[int, Callable[[Any, Asked], Any]] = {
            Kind.TRAIN: self._train,
            Kind.UPDATE: _update,
            Kind.NEEDS_RETRAIN: lambda detector, _asked: detector.needs_retrain(),
            Kind.CONSTRUCTOR: self._construct,
            Kind.EXTRACT: self._extract,
            Kind.GRID_BIAS: self._grid_bias,
            Kind.IDLE_TARGET: lambda _detector, asked: self._module.compute_blended_idle_target(*asked.arguments),
            Kind.RESTORE: self._restore,
            Kind.SERIALIZE: lambda detector, _asked: self._module.serialize_for_snapshot(detector),
        }

    def answer(self, request: Training | Asked) -> dict[str, Any]:
        """Return `value` or `error` of a call, `unknown` for a call of a training that is not here, or what `learn` returns.

        `unplaced` says why the candidate cannot be brought to where the reference was before the call.
        """
        if isinstance(request, Training):
            return self._learn(request)
        detector = None
        if request.config is not None and request.kind != Kind.CONSTRUCTOR:
            needed = request.key if request.kind != Kind.TRAIN else None
            if needed is not None and needed not in self._trained:
                return {"unknown": needed}
            try:
                detector = self._placed(request, needed)
            except Exception as error:
                return {"unplaced": repr(error)}
        try:
            result = self._calls[request.kind](detector, request)
        except (KeyboardInterrupt, SystemExit, MemoryError, _UnreadableError):
            raise
        except BaseException as error:  # a panic is no Exception
            return {"error": [type(error).__name__, str(error)]}
        return {"value": result}

    def _learn(self, training: Training) -> dict[str, Any]:
        """Train a detector on the inputs of a training that the reference has made, whatever comes of it."""
        detector = self._module.RegimeDetector(dict(training.config))
        try:
            detector.train(training.closes, training.volumes)
        finally:
            self._keep(training.key, detector)
        return {"learned": True}

    def _keep(self, key: str, detector: Any) -> None:
        self._trained[key] = detector
        while len(self._trained) > TRAINED_MAX:
            self._trained.popitem(last=False)

    def _placed(self, asked: Asked, key: str | None) -> Any:
        """Return a detector in the state that the reference's was in."""
        if key is None:
            detector = self._module.RegimeDetector(dict(asked.config or {}))
        else:
            detector = self._trained[key]
            self._trained.move_to_end(key)
        detector.state = self._module.RegimeState.from_dict(asked.state)
        detector._last_train_ts = asked.last_train_ts
        detector._now = lambda: asked.at
        return detector

    def _train(self, detector: Any, asked: Asked) -> Any:
        trained = detector.train(*asked.arguments)
        if asked.key is not None:
            self._keep(asked.key, detector)
        return _read(lambda: {"returned": trained, "transmat": detector.transmat if trained else None})

    def _construct(self, _detector: Any, asked: Asked) -> Any:
        made = self._module.RegimeDetector(*asked.arguments)
        return _read(lambda: list(made.cfg.items()))

    def _extract(self, _detector: Any, asked: Asked) -> Any:
        periods, closes, volumes = asked.arguments
        rows = self._module.FeatureExtractor(*periods).extract(closes, volumes)
        return _read(lambda: spelled_array(rows))

    def _grid_bias(self, _detector: Any, asked: Asked) -> Any:
        confidence, bias, threshold = asked.arguments
        return self._module.compute_grid_bias(SimpleNamespace(confidence=confidence, bias_signal=bias), threshold)

    def _restore(self, detector: Any, asked: Asked) -> Any:
        self._module.restore_from_snapshot(detector, *asked.arguments)
        return _read(lambda: {"state": detector.state.to_dict(), "last_train_ts": detector._last_train_ts})


class _UnreadableError(Exception):
    """A candidate's result is not of the kind that it has to be."""


def _read(look: Callable[[], Any]) -> Any:
    """Read a result. A result that cannot be read is no refusal of the call."""
    try:
        return look()
    except Exception as error:
        raise _UnreadableError(repr(error)) from error


def _update(detector: Any, asked: Asked) -> Any:
    previous, observed = detector.state, detector.last_observation
    state = detector.update(*asked.arguments)

    def value() -> Any:
        snapshot = detector.last_observation
        seen = None if snapshot is None or snapshot is observed else [getattr(snapshot, name) for name in _OBSERVED]
        return {"new": state is not previous, "state": state.to_dict(), "observation": seen}

    return _read(value)
