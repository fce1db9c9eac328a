"""The detector's part of a snapshot: the last state and the time of training, but not the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from detector.checks import read_duration, read_mapping, refusal
from detector.regime_detector import RegimeDetector
from detector.types import RegimeState


def serialize_for_snapshot(detector: RegimeDetector) -> dict[str, Any]:
    """Return the detector's part of the bot's snapshot as plain data, ready for JSON."""
    return {
        "_hmm_regime_state": detector.state.to_dict(),
        "_hmm_last_train_ts": detector._last_train_ts,
        "_hmm_trained": detector._trained,
    }


def restore_from_snapshot(detector: RegimeDetector, snapshot: Mapping[str, Any]) -> None:
    """Set the detector's state and time of training from a snapshot.

    A snapshot does not contain the model, so an untrained detector stays untrained until `train` succeeds, whatever
    `_hmm_trained` says. Other keys are ignored; a missing key changes nothing. Raises `ValueError` that names the key of a
    malformed value, and changes nothing then.
    """
    given = read_mapping("snapshot", snapshot)
    state, last_train_ts = detector.state, detector._last_train_ts
    if "_hmm_regime_state" in given:
        state = _read_state(given["_hmm_regime_state"])
    if "_hmm_last_train_ts" in given:
        last_train_ts = read_duration("_hmm_last_train_ts", given["_hmm_last_train_ts"])
    if "_hmm_trained" in given and not isinstance(given["_hmm_trained"], bool):
        raise refusal("_hmm_trained", "True or False", given["_hmm_trained"])
    detector.state, detector._last_train_ts = state, last_train_ts


def _read_state(data: Any) -> RegimeState:
    try:
        return RegimeState.from_dict(data)
    except ValueError as error:
        # The message begins with `regime_state`; in a snapshot the key is `_hmm_regime_state`.
        raise ValueError(f"_hmm_{error}") from None
