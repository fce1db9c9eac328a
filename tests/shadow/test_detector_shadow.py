"""The detector's shadow sees every call, judges it rightly, and leaves the caller's results as they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from doge_detector import watching
from doge_detector.settings import KINDS
from tests.shadow.watched import ROOT, finds, journal_lines
from tests.shadow.watched_detector import (
    CALLS,
    CONFIG,
    OFF_BY_ONE,
    SWAPPED,
    bot_environment,
    candles,
    drained,
    expected,
    lived,
    plant,
    planted,
    settled,
    watching_detector,
)


@pytest.mark.usefixtures("right")
def test_every_call_is_compared_and_nothing_differs(tmp_path: Path) -> None:
    with watching_detector(tmp_path) as watched:
        assert lived(watching) == expected()
        found = settled(watched)
        drained(watched)
    assert (found["calls"], found["compared"], found["coverage"]) == (CALLS, CALLS, 1.0)
    assert (found["total_divergences"], found["shadow_failures"], found["dropped"]) == (0, 0, 0)
    assert (found["enabled"], found["executable_available"], found["queue_depth"]) == (True, True, 0)
    assert all(found[f"{kind}_checks"] > 0 for kind in KINDS)
    assert sum(line.get("compared", 0) for line in journal_lines(tmp_path)) == CALLS
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
    assert found[f"{kind}_divergences"] > 0, (found["failures"], found["last_shadow_error"])
    own = [path for path in finds(tmp_path) if json.loads(path.read_text(encoding="utf-8"))["shadow"]["of"] == kind]
    assert own[0].name.startswith(f"find-{severity}-")
    assert "still diverges" in replayed(own[0], tmp_path, place)


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
