"""Calls as cases of the detector, which a repro holds and the full comparison judges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from detector.series import Vector, read_series
from doge_detector.notes import Before, Call
from doge_detector.settings import Kind
from doge_shadow.repro import spelled

PERIODS = (
    "fast_ema_periods", "slow_ema_periods", "macd_fast", "macd_slow", "macd_signal", "rsi_period", "volume_avg_period",
)  # fmt: skip
_PLAIN = (str, int, float, type(None))
_METHODS = {Kind.TRAIN: "d.train", Kind.UPDATE: "d.update", Kind.NEEDS_RETRAIN: "d.needs_retrain"}
# How a case calls the form in which a caller passed numbers; any other form stands for an array of float64.
_FORMS = {"float32": "float32", "int64": "int64", "list": "list", "tuple": "tuple"}


class _UnspeakableError(Exception):
    """An argument that no case can hold."""


def case_of(call: Call, name: str) -> dict[str, Any] | None:
    """Return a case that asks the same, as plain data; None where an argument is of a kind that no case can hold."""
    try:
        kind, inputs = _life_of(call) or _features_of(call) or ("functions", {"steps": _steps_of(call)})
    except _UnspeakableError:
        return None
    # Candles that a bot was given are real ones, which are never excused.
    metadata = {"source": "shadow", "real": True}
    return {"subject": "detector", "name": name, "kind": kind, "inputs": inputs, "metadata": metadata}


def _life_of(call: Call) -> tuple[str, dict[str, Any]] | None:
    """The life of one detector: trained as the reference's was, then asked the same. None for what is no such call."""
    before = call.before
    if call.kind not in _METHODS or before is None or call.ours.refusal is not None:
        return None
    parts: list[tuple[Vector, Vector]] = []
    actions: list[list[Any]] = []
    if call.kind != Kind.TRAIN and before.training is not None:
        parts.append((before.training.closes, before.training.volumes))
        actions.append(["train", 0, len(before.training.closes)])
    if call.kind == Kind.NEEDS_RETRAIN:
        # A training is followed by questions at several ages; without one there is a script.
        return None if before.training is None else _life(before, parts, actions)
    start = len(parts[0][0]) if parts else 0
    given = [_numbers(each) for each in call.arguments]
    if call.kind == Kind.UPDATE and parts and not call.ours.value["new"]:
        # So that there is a state that can stay.
        actions.append(["update", 0, start])
    actions.append(["train" if call.kind == Kind.TRAIN else "update", start, start + len(given[0])])
    return _life(before, [*parts, (given[0], given[1])], actions)


def _life(before: Before, parts: list[tuple[Vector, Vector]], actions: list[list[Any]]) -> tuple[str, dict[str, Any]]:
    closes, volumes = (np.concatenate([part[place] for part in parts]) for place in (0, 1))
    inputs = {"closes": _series(closes), "volumes": _series(volumes), "config": dict(before.config), "actions": actions}
    return "detector", inputs


def _features_of(call: Call) -> tuple[str, dict[str, Any]] | None:
    if call.kind != Kind.EXTRACT or call.ours.refusal is not None:
        return None
    periods, closes, volumes = call.arguments
    return "features", {
        "closes": _of_candles(closes),
        "volumes": _of_candles(volumes),
        "periods": dict(zip(PERIODS, periods, strict=True)),
    }


def _steps_of(call: Call) -> list[dict[str, Any]]:
    """A script of single calls."""
    given = [_spoken(each) for each in call.arguments]
    match call.kind:
        case Kind.GRID_BIAS:
            state = {"like": {"confidence": given[0], "bias_signal": given[1]}}
            return [{"call": "compute_grid_bias", "args": [state, given[2]]}]
        case Kind.IDLE_TARGET:
            return [{"call": "compute_blended_idle_target", "args": given}]
        case Kind.CONSTRUCTOR:
            return [{"new": "RegimeDetector", "kwargs": {"config": given[0]}, "as": "d"}, {"get": "d.cfg"}]
        case Kind.EXTRACT:
            periods = dict(zip(PERIODS, call.arguments[0], strict=True))
            return [{"new": "FeatureExtractor", "kwargs": periods, "as": "e"}, {"call": "e.extract", "args": given[1:]}]
    return [*_placed(call), *_asked(call, given)]


def _placed(call: Call) -> list[dict[str, Any]]:
    """Steps that bring a detector to where it was before the call."""
    before = call.before
    assert before is not None, "a call of a detector"
    steps: list[dict[str, Any]] = [{"new": "RegimeDetector", "kwargs": {"config": spelled(before.config)}, "as": "d"}]
    if before.training is not None and call.kind != Kind.TRAIN:
        steps.append({"call": "d.train", "args": [_series(before.training.closes), _series(before.training.volumes)]})
    stored = {"_hmm_regime_state": spelled(before.state), "_hmm_last_train_ts": spelled(before.last_train_ts)}
    return [*steps, {"call": "restore_from_snapshot", "args": [{"ref": "d"}, stored]}]


def _asked(call: Call, given: list[Any]) -> list[dict[str, Any]]:
    if call.kind == Kind.RESTORE:
        serialize = {"call": "serialize_for_snapshot", "args": [{"ref": "d"}]}
        return [{"call": "restore_from_snapshot", "args": [{"ref": "d"}, *given]}, serialize]
    if call.kind == Kind.SERIALIZE:
        return [{"call": "serialize_for_snapshot", "args": [{"ref": "d"}]}]
    return [{"call": _METHODS[call.kind], "args": given}]


def _numbers(value: Any) -> Vector:
    try:
        return read_series("series", value)
    except ValueError as error:
        raise _UnspeakableError from error


def _series(values: Vector, form: str = "float64") -> dict[str, Any]:
    return {"series": {"form": form, "shape": list(values.shape), "values": spelled(values.ravel().tolist())}}


def _of_candles(value: Any) -> dict[str, Any]:
    """Closes or volumes that were not refused."""
    form = _FORMS.get(str(getattr(value, "dtype", type(value).__name__)), "float64")
    return _series(_numbers(value), form)


def _spoken(value: Any) -> Any:
    """An argument as a case holds it."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "iuf":
            raise _UnspeakableError
        return _series(value.astype(np.float64), _FORMS.get(str(value.dtype), "float64"))
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _spoken(item) for key, item in value.items()}
    if type(value) is list:
        return [_spoken(item) for item in value]
    if type(value) in (*_PLAIN, bool):
        return spelled(value)
    raise _UnspeakableError
