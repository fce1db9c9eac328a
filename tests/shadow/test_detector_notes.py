"""A note of a call is all that it takes to ask again: what was dropped, left out or changed since makes no comparison false."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

import hmm_regime_detector as reference
from doge_detector import watching
from doge_detector.notes import Before, Call, Outcome, training_of
from doge_detector.settings import Kind, Settings
from doge_detector.shadowing import DetectorComparer
from doge_detector.worker import TRAINED_MAX, Candidates
from doge_shadow import shadow as shadow_module
from doge_shadow.settings import ShadowSettings
from tests.shadow.watched import ROOT
from tests.shadow.watched_detector import (
    CALLS,
    CONFIG,
    ROWS,
    candles,
    drained,
    lived,
    plant,
    planted,
    settled,
    watching_detector,
)


@pytest.mark.usefixtures("right")
def test_what_was_dropped_makes_no_later_comparison_false(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As if the caller never paused.
    monkeypatch.setattr(shadow_module.Shadow, "_work_while_idle", lambda _shadow, _seen: None)
    closes, volumes = candles()
    with watching_detector(tmp_path, queue=2) as watched:
        detector = watching.RegimeDetector(CONFIG)
        detector.needs_retrain()
        assert detector.train(closes, volumes)
        detector.update(closes[:400], volumes[:400])
        status = watched.shadow.status()
        assert (status["calls"], status["queue_depth"], status["dropped"]) == (4, 2, 2)
        watched.shadow._queue.clear()
        watched.shadow._taken += 2
        monkeypatch.undo()
        monkeypatch.syspath_prepend(ROOT / "doge-hmm" / "python")
        # Neither the training nor the update before it was ever seen by the candidate; the bot has gone on with its arrays.
        closes[:], volumes[:] = 1.0, 1.0
        closes, volumes = candles()
        regimes = set()
        for row in (430, 500, 560, 600, 640, 3):
            regimes.add(detector.update(closes[:row], volumes[:row]).regime)
            assert watched.shadow.drain(30.0)
        assert len(regimes) > 1
        time.sleep(0.3)
        found = drained(watched)
    assert (found["update_checks"], found["total_divergences"], found["shadow_failures"]) == (6, 0, 0)


@pytest.mark.usefixtures("right")
def test_a_sample_is_the_same_in_every_process(tmp_path: Path) -> None:
    compared = []
    for turn in range(2):
        folder = tmp_path / str(turn)
        folder.mkdir()
        with watching_detector(folder, sample=0.4) as watched:
            lived(watching)
            found = settled(watched)
        compared.append((found["update_checks"], found["grid_bias_checks"], found["extract_checks"]))
        assert found["compared"] + found["unsampled"] == found["calls"] == CALLS
        assert 0.1 < found["coverage"] < 0.7
        assert (found["total_divergences"], found["shadow_failures"]) == (0, 0)
    assert compared[0] == compared[1]


@pytest.mark.usefixtures("right")
def test_more_trainings_than_the_candidate_keeps_are_made_again(tmp_path: Path) -> None:
    with watching_detector(tmp_path) as watched:
        closes, volumes = candles()
        detectors = [watching.RegimeDetector(CONFIG) for _ in range(10)]
        for number, detector in enumerate(detectors):
            assert detector.train(closes[number:], volumes[number:])
        for _ in range(2):
            for detector in detectors:
                detector.update(closes, volumes)
        found = settled(watched)
    assert (found["train_checks"], found["update_checks"]) == (10, 20)
    assert (found["total_divergences"], found["shadow_failures"]) == (0, 0)


def test_the_hash_of_a_call_is_of_what_it_was_given() -> None:
    comparer = DetectorComparer(Settings(), ShadowSettings())
    closes, volumes = candles()
    other = closes.copy()
    other[-1] += 1.0
    before = Before({}, None, True, {}, 0.0, 5.0)
    calls = [
        Call(Kind.NEEDS_RETRAIN, (), before, Outcome(True)),
        Call(Kind.NEEDS_RETRAIN, (), before._replace(at=6.0), Outcome(True)),
        Call(Kind.UPDATE, (closes, volumes), before, Outcome()),
        Call(Kind.UPDATE, (other, volumes), before, Outcome()),
        Call(Kind.UPDATE, (closes.tolist(), volumes.tolist()), before, Outcome()),
        Call(Kind.IDLE_TARGET, (0.1, 0.2), None, Outcome()),
    ]
    keys = [comparer.key_of(call) for call in calls]
    assert len(set(keys)) == len(calls)
    assert keys == [comparer.key_of(call._replace(ours=Outcome(1))) for call in calls]


def test_a_training_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, monkeypatch, planted("import os\nif _calls > 1: os.abort()\nreturn answer()", "train"))
    with watching_detector(tmp_path) as watched:
        closes, volumes = candles()
        detector = watching.RegimeDetector(CONFIG)
        assert detector.train(closes, volumes)
        for row in range(100, 110):
            detector.update(closes[:row], volumes[:row])
        found = settled(watched)
    assert (found["compared"], found["total_divergences"], found["shadow_failures"]) == (12, 0, 0)


def test_the_candidate_keeps_so_many_trainings_and_no_more() -> None:
    closes, volumes = candles()
    kept = Candidates(reference)
    for number in range(TRAINED_MAX + 2):
        kept.answer(training_of(reference.RegimeDetector(CONFIG).cfg, closes[number:], volumes[number:]))
    assert len(kept._trained) == TRAINED_MAX


@pytest.mark.usefixtures("right")
def test_a_training_that_fails_leaves_the_model_before_it(tmp_path: Path) -> None:
    with watching_detector(tmp_path) as watched:
        closes, volumes = candles()
        detector = watching.RegimeDetector(CONFIG)
        assert detector.train(closes, volumes)
        assert not detector.train(closes[:50], volumes[:50])
        detector.update(closes, volumes)
        # Caught up with the clock that the bot sets, and by a state that the bot replaces.
        detector._now = lambda: detector._last_train_ts + 1e6
        assert detector.needs_retrain()
        detector.state = watching.RegimeState(regime=0, probabilities=[0.5, 0.25, 0.25], confidence=0.25)
        detector.update(closes[:5], volumes[:5])
        watching.serialize_for_snapshot(detector)
        watching.restore_from_snapshot(detector, {"_hmm_last_train_ts": 5.0})
        watching.serialize_for_snapshot(detector)
        found = settled(watched)
    assert (found["compared"], found["total_divergences"], found["shadow_failures"]) == (9, 0, 0)


@pytest.mark.usefixtures("right")
def test_data_that_the_caller_changes_afterwards_are_compared_as_they_were(tmp_path: Path) -> None:
    with watching_detector(tmp_path) as watched:
        closes, volumes = candles()
        listed = closes.tolist(), volumes.tolist()
        detector = watching.RegimeDetector(CONFIG)
        assert detector.train(closes, volumes)
        for given in ((closes, volumes), listed):
            state = detector.update(*given)
            state.probabilities[:] = [0.1, 0.8, 0.1]
            rows = watching.FeatureExtractor().extract(*given)
            rows[:] = 0.0
            given[0][:] = given[0][::-1]
        found = settled(watched)
    assert (found["compared"], found["total_divergences"], found["shadow_failures"]) == (6, 0, 0)


@pytest.mark.usefixtures("right")
def test_a_model_that_was_not_trained_in_sight_is_a_failure_and_no_parity(tmp_path: Path) -> None:
    closes, volumes = candles()
    other = watching._reference.RegimeDetector(CONFIG)
    assert other.train(closes, volumes)
    with watching_detector(tmp_path) as watched:
        detector = watching.RegimeDetector(CONFIG)
        vars(detector).update(vars(other))
        detector.update(closes, volumes)
        found = settled(watched)
    assert (found["update_checks"], found["failures"]) == (0, {"unclear": 1})
    assert "not seen" in found["last_shadow_error"]
    assert np.array(closes).shape == (ROWS,)
