"""What of a detector survives a restart."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from tests.detector_candles import market

SAVED = {
    "_hmm_regime_state": {"regime": 2, "probabilities": [0.1, 0.2, 0.7], "confidence": 0.5, "bias_signal": 0.6},
    "_hmm_last_train_ts": 1000,
    "_hmm_trained": True,
}


def test_a_detector_comes_back_with_its_state_but_untrained(hmm: Any) -> None:
    detector = hmm.RegimeDetector()
    detector.train(*market(1, 600))
    state = detector.update(*market(1, 600))
    snapshot = json.loads(json.dumps(hmm.serialize_for_snapshot(detector)))
    assert list(snapshot) == ["_hmm_regime_state", "_hmm_last_train_ts", "_hmm_trained"]
    assert snapshot["_hmm_trained"] is True
    again = hmm.RegimeDetector()
    hmm.restore_from_snapshot(again, {**snapshot, "orders": []})
    assert again.state == state
    assert again._last_train_ts == detector._last_train_ts
    assert again.needs_retrain() is True
    assert again._trained is False
    assert again.update(*market(2, 100)) == state
    assert hmm.serialize_for_snapshot(again) == {**snapshot, "_hmm_trained": False}


def test_a_fresh_detector_has_a_snapshot_too(hmm: Any) -> None:
    assert hmm.serialize_for_snapshot(hmm.RegimeDetector()) == {
        "_hmm_regime_state": hmm.RegimeState().to_dict(),
        "_hmm_last_train_ts": 0.0,
        "_hmm_trained": False,
    }


@pytest.mark.parametrize("key", list(SAVED))
def test_a_missing_key_leaves_the_detector_as_it_is(hmm: Any, key: str) -> None:
    detector = hmm.RegimeDetector()
    hmm.restore_from_snapshot(detector, SAVED)
    whole = hmm.serialize_for_snapshot(detector)
    hmm.restore_from_snapshot(detector, {})
    assert hmm.serialize_for_snapshot(detector) == whole
    other = hmm.RegimeDetector()
    hmm.restore_from_snapshot(other, {name: value for name, value in SAVED.items() if name != key})
    assert (other.state == detector.state) is (key != "_hmm_regime_state")
    assert (other._last_train_ts == 1000.0) is (key != "_hmm_last_train_ts")


def test_a_trained_detector_stays_trained(hmm: Any) -> None:
    detector = hmm.RegimeDetector()
    detector.train(*market(1, 600))
    hmm.restore_from_snapshot(detector, {**SAVED, "_hmm_trained": False})
    assert detector._trained is True
    assert detector.needs_retrain() is True  # the snapshot's training was long ago


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("_hmm_regime_state", [], "_hmm_regime_state: expected a mapping, got list"),
        ("_hmm_regime_state", {"regime": 7}, "_hmm_regime_state.regime: must be 0, 1 or 2; got 7"),
        ("_hmm_last_train_ts", "x", "_hmm_last_train_ts: must be a finite number of at least 0; got 'x'"),
        ("_hmm_last_train_ts", math.nan, "_hmm_last_train_ts: must be a finite number of at least 0; got nan"),
        ("_hmm_last_train_ts", None, "_hmm_last_train_ts: must be a finite number of at least 0; got None"),
        ("_hmm_trained", 1, "_hmm_trained: must be True or False; got 1"),
    ],
)
def test_a_malformed_snapshot_is_refused_and_changes_nothing(hmm: Any, key: str, value: Any, sentence: str) -> None:
    detector = hmm.RegimeDetector()
    before = hmm.serialize_for_snapshot(detector)
    with pytest.raises(ValueError, match=f"^{key}") as raised:
        hmm.restore_from_snapshot(detector, {**SAVED, key: value})
    assert str(raised.value) == sentence
    assert hmm.serialize_for_snapshot(detector) == before


def test_a_snapshot_is_a_mapping(hmm: Any) -> None:
    with pytest.raises(ValueError, match=r"^snapshot: expected a mapping, got NoneType$"):
        hmm.restore_from_snapshot(hmm.RegimeDetector(), None)
