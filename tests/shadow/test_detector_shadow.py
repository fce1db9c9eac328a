"""The detector's shadow sees every call, judges it rightly, and leaves the caller's results as they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import hmm_regime_detector as reference
from doge_detector import watching
from doge_detector.notes import IDLE_TARGET, NEEDS_RETRAIN, UPDATE, Before, Call, Outcome, training_of
from doge_detector.settings import Settings
from doge_detector.shadowing import DetectorComparer
from doge_detector.worker import TRAINED_MAX, Candidates
from doge_shadow import shadow as shadow_module
from doge_shadow.settings import ShadowSettings
from tests.shadow.watched import ROOT, finds, journal_lines
from tests.shadow.watched_detector import (
    CALLS,
    CONFIG,
    OFF_BY_ONE,
    ROWS,
    SWAPPED,
    bot_environment,
    candles,
    drained,
    expected,
    lived,
    plant,
    planted,
    right,
    settled,
    watching_detector,
)

__all__ = ["right"]
KINDS_MET = ("train", "update", "needs_retrain", "constructor", "extract", "grid_bias", "idle_target", "restore", "serialize")


@pytest.mark.usefixtures("right")
def test_every_call_is_compared_and_nothing_differs(tmp_path: Path) -> None:
    with watching_detector(tmp_path) as watched:
        assert lived(watching) == expected()
        found = settled(watched)
        drained(watched)
    assert (found["calls"], found["compared"], found["coverage"]) == (CALLS, CALLS, 1.0)
    assert (found["total_divergences"], found["shadow_failures"], found["dropped"]) == (0, 0, 0)
    assert (found["enabled"], found["executable_available"], found["queue_depth"]) == (True, True, 0)
    assert all(found[f"{kind}_checks"] > 0 for kind in KINDS_MET)
    assert sum(line["compared"] for line in journal_lines(tmp_path)) == CALLS
    assert finds(tmp_path) == []


def test_control_holds_the_reference_against_itself(tmp_path: Path) -> None:
    with watching_detector(tmp_path, mode="control") as watched:
        lived(watching)
        found = settled(watched)
    assert (found["mode"], found["coverage"], found["total_divergences"], found["shadow_failures"]) == ("control", 1.0, 0, 0)


def replayed(path: Path, folder: Path, place: Path) -> str:
    """What `parity replay` says of a find, with the candidate that made it in the place of the port."""
    words = [sys.executable, "-m", "harness", "replay", str(path)]
    environment = bot_environment(folder, place, DOGE_HMM_SHADOW="0")
    ended = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    return ended.stdout


def test_labels_that_are_swapped_are_of_high_severity_and_replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = plant(tmp_path, monkeypatch, SWAPPED)
    with watching_detector(tmp_path) as watched:
        assert lived(watching) == expected()
        found = settled(watched)
        drained(watched)
    assert found["severities"]["high"] == found["update_divergences"] > 0
    assert found["last_divergence_kind"].endswith("(high)")
    kept = finds(tmp_path)
    assert len(kept) == len(found["fingerprints"])
    assert "still diverges" in replayed(kept[0], tmp_path, place)


def test_a_count_that_is_off_by_one_is_of_low_severity_and_replays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = plant(tmp_path, monkeypatch, OFF_BY_ONE)
    with watching_detector(tmp_path) as watched:
        lived(watching)
        found = settled(watched)
        drained(watched)
    assert found["severities"] == {"high": 0, "low": found["update_divergences"]}
    [path] = finds(tmp_path)
    assert path.name.startswith("find-low-")
    assert json.loads(path.read_text(encoding="utf-8"))["divergence"]["path"] == "$.state.observation_count"
    assert "still diverges" in replayed(path, tmp_path, place)


# A bug in each kind of call, as Python code in the candidate's package, and the find that it has to make.
BUGS = {
    "train": (planted("answer()\nreturn False", "train"), "high"),
    "needs_retrain": (planted("return not answer()", "needs_retrain"), "high"),
    "constructor": (
        "_R = RegimeDetector\nclass RegimeDetector(_R):\n    __module__ = 'doge_hmm'\n"
        "    def __init__(self, config=None):\n        super().__init__({} if config == {'HMM_N_ITER': 0} else config)\n",
        "high",
    ),
    "extract": (
        "_F = FeatureExtractor\nclass FeatureExtractor(_F):\n    __module__ = 'doge_hmm'\n"
        "    def extract(self, closes, volumes):\n        return super().extract(closes, volumes) * (1.0 + 1e-9)\n",
        "low",
    ),
}


@pytest.mark.parametrize("kind", BUGS)
def test_a_bug_in_each_kind_of_call_is_found_and_replays(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, severity = BUGS[kind]
    place = plant(tmp_path, monkeypatch, code)
    with watching_detector(tmp_path) as watched:
        lived(watching)
        found = settled(watched)
        drained(watched)
    assert found[f"{kind}_divergences"] > 0
    own = [path for path in finds(tmp_path) if json.loads(path.read_text(encoding="utf-8"))["shadow"]["of"] == kind]
    assert own[0].name.startswith(f"find-{severity}-")
    assert "still diverges" in replayed(own[0], tmp_path, place)


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
        closes[:], volumes[:] = closes * 1.01, volumes[::-1].copy()
        detector.update(closes[:500], volumes[:500])
        detector.update(closes[:3], volumes[:3])
        assert watched.shadow.drain(30.0)
        time.sleep(0.3)
        found = drained(watched)
    assert (found["update_checks"], found["total_divergences"], found["shadow_failures"]) == (2, 0, 0)


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
def test_two_detectors_and_threads_are_kept_apart(tmp_path: Path) -> None:
    results: dict[int, object] = {}
    with watching_detector(tmp_path) as watched:
        workers = [
            threading.Thread(target=lambda seed=seed: results.update({seed: lived(watching, seed=seed)})) for seed in (1, 2, 3)
        ]
        for each in workers:
            each.start()
        for each in workers:
            each.join()
        found = settled(watched)
    assert results == {seed: expected(seed=seed) for seed in (1, 2, 3)}
    assert (found["compared"], found["total_divergences"], found["shadow_failures"]) == (3 * CALLS, 0, 0)


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
        Call(NEEDS_RETRAIN, (), before, Outcome(True)),
        Call(NEEDS_RETRAIN, (), before._replace(at=6.0), Outcome(True)),
        Call(UPDATE, (closes, volumes), before, Outcome()),
        Call(UPDATE, (other, volumes), before, Outcome()),
        Call(UPDATE, (closes.tolist(), volumes.tolist()), before, Outcome()),
        Call(IDLE_TARGET, (0.1, 0.2), None, Outcome()),
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
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_has_a_shadow_of_its_own(tmp_path: Path) -> None:
    closes, volumes = candles()
    with watching_detector(tmp_path) as watched:
        detector = watching.RegimeDetector(CONFIG)
        assert detector.train(closes, volumes)
        settled(watched)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                # A detector that was trained before the fork.
                detector.update(closes, volumes)
                found = settled(watched)
                code = 0 if (found["calls"], found["compared"], found["total_divergences"]) == (1, 1, 0) else 2
                watched.shadow.stop()
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        detector.update(closes, volumes)
        found = settled(watched)
        drained(watched)
    assert (found["calls"], found["compared"], found["shadow_failures"]) == (3, 3, 0)
    assert sum(line.get("compared", 0) for line in journal_lines(tmp_path)) == 4


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
