"""Whatever the detector's candidate does, the caller's results are the reference's, and all of it is counted."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import hmm_regime_detector as reference
from doge_detector import watch, watching
from tests.shadow.watched import ROOT, journal_lines
from tests.shadow.watched_detector import (
    CALLS,
    FLAWS,
    bot_environment,
    candidates_of,
    candles,
    expected,
    is_running,
    lived,
    plant,
    planted,
    settled,
    watching_detector,
)

BOT = """
import sys, time
import doge_detector as hmm
from tests.shadow.watched_detector import CONFIG, candles
closes, volumes = candles()
detector = hmm.RegimeDetector(CONFIG)
detector.train(closes, volumes)
for row in range(100, 120):
    detector.update(closes[:row], volumes[:row])
time.sleep(float(sys.argv[1]))
print(time.time(), flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_bad_candidate_costs_the_caller_nothing(
    flaw: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    code, cause = FLAWS[flaw]
    plant(tmp_path, monkeypatch, planted(code))
    with watching_detector(tmp_path, timeout_sec=1.0 if cause == "timeout" else 20.0, memory_mib=512.0) as watched:
        assert lived(watching) == expected()
        began = time.monotonic()
        while cause not in watched.shadow.metrics.failures and time.monotonic() < began + 30.0:
            time.sleep(0.05)
        stopping = time.monotonic()
        watched.shadow.stop()
        assert time.monotonic() - stopping < 2.0
        found = watched.shadow.status()
    assert cause in found["failures"], found["failures"]
    assert sum(found["divergences"].values()) == 0
    assert found["calls"] == CALLS
    told = [record.getMessage() for record in caplog.records if record.name == "doge_shadow"]
    assert len(told) == len(set(told))
    assert sum(f" {cause}:" in each for each in told) == 1
    assert candidates_of(os.getpid()) == []


def test_a_candidate_that_crashes_now_and_then_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, monkeypatch, planted(FLAWS["crashes"][0]))
    with watching_detector(tmp_path) as watched:
        lived(watching)
        found = settled_with_stumbles(watched)
    assert (found["compared"], found["total_divergences"]) == (CALLS, 0)
    # Of 21 updates each third ends its process, and is the first of the next one.
    assert found["failures"] == {"died": 10}


def settled_with_stumbles(watched: watch.Watch) -> dict[str, object]:
    """The metrics once all calls were compared, some of them at the second attempt."""
    give_up = time.monotonic() + 60.0
    while time.monotonic() < give_up:
        status = watched.shadow.status()
        if status["compared"] == status["calls"]:
            return {**status, "total_divergences": sum(status["divergences"].values())}
        time.sleep(0.05)
    raise AssertionError(status)


def test_a_candidate_that_is_not_there_is_a_failure_and_no_parity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "doge_hmm.py").write_text("raise ImportError('wrong ABI')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with watching_detector(tmp_path) as watched:
        assert lived(watching) == expected()
        found = settled(watched)
    assert (found["executable_available"], found["compared"], found["coverage"]) == (False, 0, 0.0)
    assert found["shadow_failures"] == CALLS
    assert set(found["failures"]) == {"missing", "resting"}


@pytest.mark.usefixtures("right")
def test_nothing_is_compared_during_a_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closes, volumes = candles()
    seen = []
    with watching_detector(tmp_path) as watched:
        detector = watching.RegimeDetector()
        settled(watched)
        right_one = reference.RegimeDetector.update

        def slow(self: reference.RegimeDetector, *series: object) -> object:
            watching.compute_blended_idle_target(0.1, 0.1, 0.5, 0.3, 0.2, 0.1, 0.6)
            time.sleep(0.3)
            seen.append(watched.shadow.status()["queue_depth"])
            return right_one(self, *series)

        monkeypatch.setattr(reference.RegimeDetector, "update", slow)
        detector.update(closes, volumes)
        found = settled(watched)
    assert seen == [1]
    assert found["compared"] == 3


@pytest.mark.usefixtures("right")
def test_a_candidate_that_is_killed_between_two_calls_is_started_again(tmp_path: Path) -> None:
    closes, volumes = candles()
    with watching_detector(tmp_path) as watched:
        detector = watching.RegimeDetector()
        assert detector.train(closes, volumes)
        settled(watched)
        [worker] = candidates_of(os.getpid())
        os.kill(worker, signal.SIGKILL)
        detector.update(closes, volumes)
        found = settled_with_stumbles(watched)
    # Nothing of the first process is needed: the training is made again.
    assert (found["calls"], found["compared"], found["failures"]) == (3, 3, {"died": 1})
    assert found["total_divergences"] == 0


def bot(folder: Path, place: Path | None, wait_sec: float, rest_sec: float, **more: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", BOT, str(wait_sec), str(rest_sec)]
    environment = bot_environment(folder, *([place] if place else []), **more)
    return subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("flaw", ["hangs", "eats", "leaks"])
def test_a_process_ends_in_time_whatever_the_candidate_does(flaw: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = plant(tmp_path, monkeypatch, planted(FLAWS[flaw][0]))
    with bot(tmp_path, place, 2.0, 0.0, DOGE_HMM_SHADOW_TIMEOUT_SEC="60", DOGE_HMM_SHADOW_MEMORY_MIB="4096") as ending:
        said, complaints = ending.communicate(timeout=60)
    assert ending.returncode == 0, complaints
    # The last line was written when the program had nothing left to do but to end.
    assert time.time() - float(said) < 3.0
    lines = journal_lines(tmp_path)
    assert sum(line.get("seen", 0) for line in lines) == 22
    assert sum(line.get("compared", 0) + line.get("dropped", 0) + line.get("failures", 0) for line in lines) >= 21


@pytest.mark.parametrize("flaw", [None, "hangs", "eats"])
def test_a_bot_that_is_killed_leaves_no_candidate_behind(
    flaw: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = None if flaw is None else plant(tmp_path, monkeypatch, planted(FLAWS[flaw][0]))
    with bot(tmp_path, place, 2.0, 60.0, DOGE_HMM_SHADOW_TIMEOUT_SEC="60") as killed:
        assert killed.stdout is not None
        killed.stdout.readline()
        workers = candidates_of(killed.pid)
        assert len(workers) == 1
        killed.send_signal(signal.SIGKILL)
        killed.communicate(timeout=10)
    give_up = time.monotonic() + 2.0
    while any(map(is_running, workers)) and time.monotonic() < give_up:
        time.sleep(0.02)
    assert not any(map(is_running, workers))


def test_a_child_whose_parent_is_gone_ends_before_it_imports_anything() -> None:
    words = [sys.executable, "-m", "doge_shadow.child", "0", "1", "1000000000", "no_such_module"]
    ended = subprocess.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_what_a_candidate_has_started_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, monkeypatch, planted("import subprocess\n_calls = subprocess.Popen(['sleep', '3600'])\nreturn 'no state'"))
    with watching_detector(tmp_path) as watched:
        watching.RegimeDetector().update(*candles())
        settled(watched)
        [worker] = candidates_of(os.getpid())
        members = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and group_of(entry) == worker]
        assert len(members) == 2
    give_up = time.monotonic() + 2.0
    while any(map(is_running, members)) and time.monotonic() < give_up:
        time.sleep(0.02)
    assert not any(map(is_running, members))


def group_of(entry: Path) -> int:
    try:
        return os.getpgid(int(entry.name))
    except OSError:
        return 0


@pytest.mark.usefixtures("right", "yielding")
def test_the_candidate_yields_to_everything_else_and_may_grow_only_so_large(tmp_path: Path) -> None:
    with watching_detector(tmp_path, memory_mib=600.0) as watched:
        watching.compute_blended_idle_target(0.1, 0.1, 0.5, 0.3, 0.2, 0.1, 0.6)
        settled(watched)
        [worker] = candidates_of(os.getpid())
        assert os.getpriority(os.PRIO_PROCESS, worker) == 19
        assert Path(f"/proc/{worker}/oom_score_adj").read_text().strip() == "1000"
        limits = Path(f"/proc/{worker}/limits").read_text()
        assert next(line for line in limits.splitlines() if line.startswith("Max data size")).split()[3] == str(600 * 2**20)
        assert {os.readlink(f"/proc/{worker}/fd/{standard}") for standard in (0, 1, 2)} == {"/dev/null"}
