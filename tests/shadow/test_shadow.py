"""The shadow sees everything, judges it rightly, and costs the caller nothing but a note."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import state_machine as sm
from doge_shadow import shadow as shadow_module
from generators.reducer.patches import patched
from reducer.types import replace
from tests.adapter.traffic import CONFIG, SIZE_USD, start, walk
from tests.shadow.watched import ROOT, drained, drive, finds, flawed, journal_lines, planted, watching, wrong

# Each flaw of a candidate with the cause that is counted.
FLAWS = {
    "dies": "persistent:died",
    "hangs": "persistent:timeout",
    "garbage": "persistent:garbage",
    "half-line": "persistent:died",
    "wrong-value": "persistent:drift",
    "wrong-contract": "persistent:contract",
    "never-reads": "persistent:timeout",
}


def test_every_call_is_compared_and_nothing_differs(tmp_path: Path, executable: Path) -> None:
    with watching(tmp_path, str(executable)) as watched:
        drive(watched, 300)
        found = drained(watched)
    assert (found["transition_checks"], found["invariant_checks"]) == (300, 300)
    assert (found["total_divergences"], found["shadow_failures"], found["dropped"]) == (0, 0, 0)
    assert (found["coverage"], found["queue_depth"], found["enabled"], found["executable_available"]) == (1.0, 0, True, True)
    assert sum(line.get("compared", 0) for line in journal_lines(tmp_path)) == 600
    assert finds(tmp_path) == []


def test_a_session_serves_as_in_production(tmp_path: Path, executable: Path) -> None:
    with watching(tmp_path, str(executable)) as watched:
        drive(watched, 200)
        drained(watched)
        assert watched.comparer._client.status()["sessions"].get("opened", 0) <= 2


def test_a_bot_s_changes_are_sent_as_in_production(tmp_path: Path, executable: Path) -> None:
    with watching(tmp_path, str(executable)) as watched:
        held = start()
        for step, (_, event, after, _) in enumerate(walk(5, 300, bot=True)):
            held, _ = watched.transition(patched(held, step), event, replace(CONFIG), SIZE_USD)
            assert repr(held) == repr(after)
        found = drained(watched)
        sessions = watched.comparer._client.status()["sessions"]
    assert (found["transition_checks"], found["total_divergences"], found["coverage"]) == (300, 0, 1.0)
    assert sessions["patched"] > 50
    # What no patch can tell is sent whole, here as in production.
    assert sessions["opened"] < 40


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_bad_candidate_costs_the_caller_nothing(flaw: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with watching(tmp_path, flawed(tmp_path, flaw), timeout_sec=1.0) as watched:
        drive(watched, 60)
        deadline = time.monotonic() + 20.0
        while not watched.shadow.metrics.failures and time.monotonic() < deadline:
            time.sleep(0.05)
        watched.shadow.stop()
        found = watched.metrics()
    assert FLAWS[flaw] in found["failures"], found["failures"]
    assert found["shadow_failures"] == sum(found["failures"].values()) > 0
    assert found["total_divergences"] == 0
    assert found["last_shadow_error"]
    told = [record.getMessage() for record in caplog.records if record.name == "doge_shadow"]
    assert len(told) == len(set(told))
    assert sum(FLAWS[flaw] in each for each in told) == 1


def test_a_candidate_that_is_not_there_is_a_failure_and_no_parity(tmp_path: Path) -> None:
    with watching(tmp_path, str(tmp_path / "nothing")) as watched:
        drive(watched, 20)
        found = drained(watched)
    assert (found["executable_available"], found["transition_checks"], found["coverage"]) == (False, 0, 0.0)
    assert found["shadow_failures"] == 40


def test_prices_that_differ_are_of_high_severity_and_replay(tmp_path: Path) -> None:
    with watching(tmp_path, planted(tmp_path, "naive_rounding")) as watched:
        drive(watched, 1500, seed=5)
        found = drained(watched)
    assert found["severities"]["high"] == found["transition_divergences"] > 0
    assert found["last_divergence_kind"].endswith("(high)")
    kept = finds(tmp_path)
    assert len(kept) == len(found["fingerprints"]) > 0
    for path in kept:
        assert json.loads(path.read_text(encoding="utf-8"))["case"]["metadata"]["source"] == "shadow"
        words = [sys.executable, "-m", "harness", "replay", str(path)]
        ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        assert ended.returncode == 1, ended.stdout + ended.stderr
        assert "still diverges" in ended.stdout


def test_a_counter_that_differs_is_of_low_severity(tmp_path: Path) -> None:
    with watching(tmp_path, wrong(tmp_path, "forgets_losses")) as watched:
        drive(watched, 1500, seed=5)
        found = drained(watched)
    assert found["severities"] == {"high": 0, "low": found["transition_divergences"]}
    assert found["transition_divergences"] > 0
    assert all(path.name.startswith("find-low-") for path in finds(tmp_path))


def test_a_refused_fill_is_of_high_severity(tmp_path: Path) -> None:
    with watching(tmp_path, wrong(tmp_path, "refuses_fills")) as watched:
        drive(watched, 200)
        found = drained(watched)
    assert found["severities"]["high"] > 0
    assert any("error" in json.loads(path.read_text(encoding="utf-8"))["divergence"]["path"] for path in finds(tmp_path))


def test_what_does_not_fit_the_queue_is_counted_and_never_waited_for(
    tmp_path: Path, executable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if the caller never paused.
    monkeypatch.setattr(shadow_module.Shadow, "_work_while_idle", lambda _shadow, _seen: None)
    with watching(tmp_path, str(executable), queue=50) as watched:
        drive(watched, 200)
        status = watched.shadow.status()
        assert (status["calls"], status["queue_depth"], status["dropped"], status["compared"]) == (400, 50, 350, 0)
        monkeypatch.undo()
        found = drained(watched)
    assert (found["compared"], found["coverage"]) == (50, pytest.approx(0.125))
    lines = journal_lines(tmp_path)
    assert sum(line.get("dropped", 0) for line in lines) == 350
    assert sum(line.get("seen", 0) for line in lines) == 400


def test_a_sample_is_the_same_in_every_process(tmp_path: Path, executable: Path) -> None:
    compared = []
    for turn in range(2):
        folder = tmp_path / str(turn)
        folder.mkdir()
        with watching(folder, str(executable), sample=0.3) as watched:
            drive(watched, 400)
            found = drained(watched)
        compared.append((found["transition_checks"], found["unsampled"]))
        assert found["compared"] + found["unsampled"] == found["calls"] == 800
        assert 0.15 < found["coverage"] < 0.45
    assert compared[0] == compared[1]


def test_control_holds_the_reference_against_itself(tmp_path: Path) -> None:
    with watching(tmp_path, str(tmp_path / "nothing"), mode="control") as watched:
        drive(watched, 100)
        found = drained(watched)
    assert (found["mode"], found["coverage"], found["total_divergences"], found["shadow_failures"]) == ("control", 1.0, 0, 0)


def test_two_streams_and_patches_of_the_bot_are_followed(tmp_path: Path, executable: Path) -> None:
    with watching(tmp_path, str(executable)) as watched:
        one, other = start(), replace(start(), market_price=0.2)
        for (_, event, _, _), (_, second, _, _) in zip(walk(1, 150), walk(2, 150), strict=True):
            one, _ = watched.transition(one, event, CONFIG, SIZE_USD)
            other, _ = watched.transition(other, second, CONFIG, SIZE_USD)
            if one.orders:
                one = sm.apply_order_txid(one, one.orders[-1].local_id, "TX")
        found = drained(watched)
        assert len(watched.comparer._streams) <= 4
    assert (found["transition_checks"], found["total_divergences"], found["shadow_failures"]) == (300, 0, 0)


def test_threads_lose_no_count(tmp_path: Path, executable: Path) -> None:
    with watching(tmp_path, str(executable)) as watched:
        workers = [threading.Thread(target=drive, args=(watched, 150, seed)) for seed in range(4)]
        for each in workers:
            each.start()
        for each in workers:
            each.join()
        found = drained(watched)
    assert (found["calls"], found["compared"], found["total_divergences"]) == (1200, 1200, 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_has_a_shadow_of_its_own(tmp_path: Path, executable: Path) -> None:
    with watching(tmp_path, str(executable)) as watched:
        drive(watched, 50)
        assert watched.shadow.drain(30.0)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                drive(watched, 30)
                found = drained(watched)
                code = 0 if (found["calls"], found["compared"]) == (60, 60) else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        drive(watched, 50)
        found = drained(watched)
    assert (found["calls"], found["compared"]) == (200, 200)
    assert sum(line.get("compared", 0) for line in journal_lines(tmp_path)) == 260


def test_a_process_ends_in_time_whatever_the_candidate_does(tmp_path: Path) -> None:
    program = (
        "import time, doge_core as sm\n"
        "from tests.adapter.traffic import CONFIG, SIZE_USD, start, walk\n"
        "held = start()\n"
        "for _, event, _, _ in walk(1, 200):\n"
        "    held, _ = sm.transition(held, event, CONFIG, SIZE_USD)\n"
        "time.sleep(1.5)\n"
        "print(time.time(), flush=True)\n"
    )
    exe = flawed(tmp_path, "hangs")
    # On a busy machine a candidate may not have started before the end; then the last line is missing, and says so by that.
    for attempt in range(3):
        folder = tmp_path / f"attempt-{attempt}"
        lines = _ended_in_time(program, exe, folder)
        if any(line.get("last") for line in lines):
            break
    assert sum(line.get("seen", 0) for line in lines) == 200
    assert sum(line.get("compared", 0) + line.get("dropped", 0) + line.get("failures", 0) for line in lines) >= 199


def _ended_in_time(program: str, exe: str, folder: Path) -> list[dict[str, Any]]:
    environment = {
        **os.environ,
        "DOGE_CORE_SHADOW": "1",
        "DOGE_CORE_SHADOW_DIR": str(folder / "shadow"),
        "DOGE_CORE_EXE": exe,
        "DOGE_CORE_TIMEOUT_SEC": "60",
    }
    words = [sys.executable, "-c", program]
    ended = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    # The last line was written when the program had nothing left to do but to end.
    assert time.time() - float(ended.stdout) < 4.0
    return journal_lines(folder)


def test_the_counts_begin_anew(tmp_path: Path, executable: Path) -> None:
    with watching(tmp_path, str(executable)) as watched:
        drive(watched, 20)
        assert watched.shadow.drain(30.0)
        time.sleep(0.2)
        watched.shadow.reset()
        found = watched.metrics()
        assert (found["calls"], found["transition_checks"], found["candidate_seconds"]) == (0, 0, {})
        drive(watched, 10)
        assert drained(watched)["calls"] == 20
    assert sum(line.get("seen", 0) for line in journal_lines(tmp_path)) == 60
