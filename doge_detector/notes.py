"""A note of one call: all that it takes to ask another implementation the same, whatever was noted before or was not."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from detector.series import Vector, read_candles
from doge_detector.settings import Kind

# These calls ask the model; the others do not depend on it.
OF_A_MODEL = frozenset({Kind.UPDATE, Kind.NEEDS_RETRAIN, Kind.SERIALIZE})

_AS_THEY_ARE = (str, bytes, int, float, type(None))


@dataclass(frozen=True)
class Training:
    """The inputs of a successful training: closes and volumes of shape (n,), oldest first. `key` is a digest of all of it."""

    key: str
    config: Mapping[str, Any]
    closes: Vector
    volumes: Vector

    def __deepcopy__(self, _memo: object) -> Training:
        """Nobody changes it, so that copies of a detector share it."""
        return self


def training_of(config: Mapping[str, Any], closes: Any, volumes: Any) -> Training:
    """Return the training by its inputs, which the reference has accepted, copied."""
    series = [np.array(each) for each in read_candles(closes, volumes)]
    whole = hashlib.blake2b(repr(sorted(config.items())).encode(), digest_size=16)
    for each in series:
        whole.update(b"\0" + each.tobytes())
    return Training(whole.hexdigest(), config, *series)


class Before(NamedTuple):
    """A detector before a call: its settings, the training that its model is of, its state, and the clock's reading.

    `at` is what the call read from the detector's clock, in seconds since 1970.
    """

    config: Mapping[str, Any]
    training: Training | None
    trained: bool
    state: Mapping[str, Any]
    last_train_ts: float
    at: float = 0.0


class Outcome(NamedTuple):
    """The result of a call as plain data, or its refusal: the exception's class and text."""

    value: Any = None
    refusal: tuple[str, str] | None = None


class Call(NamedTuple):
    """A call: its kind, what it was given, the detector before it, and the reference's outcome.

    `unclear` says why nothing can be held against the outcome, where that is so.
    """

    kind: Kind
    arguments: tuple[Any, ...]
    before: Before | None
    ours: Outcome
    unclear: str | None = None


class Asked(NamedTuple):
    """A call as the candidate's process gets it.

    `key` names the training that the detector's model is of, or that the call makes. The other fields are those of
    `Before`; `config` is None for a call of no detector.
    """

    kind: Kind
    arguments: tuple[Any, ...]
    config: Mapping[str, Any] | None = None
    key: str | None = None
    state: Mapping[str, Any] | None = None
    last_train_ts: float = 0.0
    at: float = 0.0


def spelled_array(rows: Any) -> dict[str, Any]:
    """Return an array as plain data, the same for equal bits. Raises `TypeError` for anything else."""
    if not isinstance(rows, np.ndarray):
        raise TypeError(f"an array was expected, got {type(rows).__name__}")
    return {"dtype": str(rows.dtype), "shape": list(rows.shape), "bytes": rows.tobytes()}


def listed_array(spelling: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `spelled_array` made with lists of numbers in place of bytes."""
    rows = np.frombuffer(spelling["bytes"], dtype=spelling["dtype"]).reshape(spelling["shape"])
    return {"dtype": spelling["dtype"], "shape": spelling["shape"], "rows": rows.tolist()}


def kept(value: Any) -> Any:
    """Return an argument as it is now, whatever its owner does to it afterwards."""
    if type(value) is np.ndarray and not value.dtype.hasobject:
        return value.copy()
    if type(value) in (list, tuple) and all(type(item) in _AS_THEY_ARE for item in value):
        return list(value) if type(value) is list else value
    return value if type(value) in _AS_THEY_ARE else copy.deepcopy(value)


# The keys of a bot's snapshot that are the detector's.
SNAPSHOT_KEYS = ("_hmm_regime_state", "_hmm_last_train_ts", "_hmm_trained")


def kept_snapshot(snapshot: Any) -> Any:
    """Return the detector's part of a snapshot, which may hold much else."""
    if not isinstance(snapshot, Mapping):
        return kept(snapshot)
    return {key: copy.deepcopy(snapshot[key]) for key in SNAPSHOT_KEYS if key in snapshot}
