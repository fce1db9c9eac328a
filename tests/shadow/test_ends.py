"""How a bot ends while a call waits or is compared: in time, with its last line, and with no failure that was none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import doge_core.backend
import state_machine as sm
from doge_core.client import Server
from doge_core.settings import Settings
from doge_detector import watching
from doge_shadow import lifetime, process
from doge_shadow.face import CandidateError
from doge_shadow.process import DIED, CandidateProcess
from tests.adapter.traffic import CONFIG, SIZE_USD, start
from tests.shadow.watched import ROOT, drive, flawed, journal_lines, script
from tests.shadow.watched import watching as watching_reducer
from tests.shadow.watched_detector import (
    bot_environment,
    candidates_of,
    candles,
    is_running,
    plant,
    planted,
    settled,
    watching_detector,
)

HANGS = "import time\ntime.sleep(3600)"
# Imports the detector first, so that what the interpreter calls at its exit is registered in another order than in `doge_core`.
BOT = """
import sys, time
import doge_detector as hmm
import doge_core as sm
from tests.adapter.traffic import CONFIG, SIZE_USD, start, walk
from tests.shadow.watched_detector import candles
closes, volumes = candles()
detector, held = hmm.RegimeDetector(), start()
detector.train(closes, volumes)
for number, (_, event, _, _) in enumerate(walk(1, 40)):
    if number == 20:
        time.sleep(float(sys.argv[1]))
    held, _ = sm.transition(held, event, CONFIG, SIZE_USD)
    if number % 5 == 0:
        detector.update(closes[: 400 + number], volumes[: 400 + number])
print(time.time(), flush=True)
"""


def ended(folder: Path, *places: Path, rest_sec: float = 3.0, **more: str) -> tuple[float, str]:
    """How long a bot with both shadows took to end, and what it complained of."""
    environment = bot_environment(folder, *places, DOGE_CORE_SHADOW="1", DOGE_CORE_SHADOW_DIR=str(folder / "shadow"), **more)
    words = [sys.executable, "-c", BOT, str(rest_sec)]
    bot = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    took = time.time() - float(bot.stdout)
    assert bot.returncode == 0, bot.stderr
    return took, bot.stderr


def added_up(folder: Path) -> dict[str, int]:
    """What all lines of all journals hold, by name."""
    lines = journal_lines(folder)
    names = ("seen", "compared", "dropped", "failures", "last")
    return {name: sum(line.get(name, 0) for line in lines) for name in names}


@pytest.mark.usefixtures("right")
def test_a_call_that_waits_when_the_bot_ends_is_no_failure(tmp_path: Path, executable: Path) -> None:
    _, complaints = ended(tmp_path, DOGE_CORE_EXE=str(executable))
    found = added_up(tmp_path)
    assert (found["failures"], found["seen"], found["last"]) == (0, 40 + 2 + 8, 2), complaints
    assert found["compared"] + found["dropped"] == found["seen"]
    assert "shadow: " not in complaints


def test_candidates_that_hang_hold_no_end_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = plant(tmp_path, monkeypatch, planted(HANGS))
    waiting = {f"DOGE_{name}_TIMEOUT_SEC": "60" for name in ("CORE", "HMM_SHADOW")}
    took, complaints = ended(tmp_path, place, DOGE_CORE_EXE=flawed(tmp_path, "hangs"), **waiting)
    # A quiet machine needs 1.4 s.
    assert took < 3.0
    found = added_up(tmp_path)
    assert (found["failures"], found["last"]) == (0, 2), complaints
    assert found["dropped"] >= 30
    assert found["compared"] + found["dropped"] == found["seen"] == 50


def test_all_shadows_together_work_off_what_waits_for_no_longer_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []

    class Slow:
        def stop(self, sec: float) -> None:
            given.append(sec)
            time.sleep(sec)

    monkeypatch.setattr(lifetime, "_all", [Slow(), Slow(), Slow()])
    lifetime._stop_all()
    assert given[0] == pytest.approx(lifetime.LAST_SEC, abs=0.1)
    assert given[1:] == [0.0, 0.0]


def stopped_in_time(shadow: Any, folder: Path) -> dict[str, Any]:
    """The metrics of a shadow that was stopped while its candidate hung, once its end is seen to be whole."""
    began = time.monotonic()
    shadow.stop()
    assert time.monotonic() - began < 2.0
    # What follows is looked at once the thread has ended, which on a busy machine may take longer than an end may.
    shadow._thread.join(30.0)
    assert candidates_of(os.getpid()) == []
    lines = journal_lines(folder)
    assert lines[-1]["last"]
    status: dict[str, Any] = shadow.status()
    assert (status["failures"], status["compared"]) == ({}, 0)
    assert sum(line.get("dropped", 0) for line in lines) == sum(line.get("seen", 0) for line in lines) == status["calls"]
    return status


def begun(shadow: Any, starts: Any) -> None:
    """Wait until a candidate was started and is asked."""
    give_up = time.monotonic() + 30.0
    while not (starts() and shadow._comparing) and time.monotonic() < give_up:
        time.sleep(0.01)
    assert starts() == 1


def test_a_detector_that_still_starts_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "doge_hmm.py").write_text(HANGS)
    monkeypatch.syspath_prepend(tmp_path)
    with watching_detector(tmp_path, timeout_sec=60.0) as watched:
        watching.RegimeDetector()
        begun(watched.shadow, lambda: watched.comparer._process.starts)
        stopped_in_time(watched.shadow, tmp_path)


def test_a_reducer_that_still_starts_is_ended(tmp_path: Path) -> None:
    exe = script(tmp_path, "-c", HANGS)
    with watching_reducer(tmp_path, exe, timeout_sec=60.0) as watched:
        drive(watched, 1)
        client = watched.comparer._client
        begun(watched.shadow, lambda: client.starts)
        stopped_in_time(watched.shadow, tmp_path)
        assert client._begun is not None
        assert not is_running(client._begun.process.pid)


def test_what_was_asked_when_the_bot_ended_was_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, monkeypatch, planted(HANGS))
    with watching_detector(tmp_path, timeout_sec=60.0) as watched:
        watching.RegimeDetector().update(*candles())
        while watched.shadow.status()["compared"] < 1 or not watched.shadow._comparing:
            time.sleep(0.01)
        watched.shadow.stop()
        assert watched.shadow._thread is not None
        watched.shadow._thread.join(30.0)
        assert watched.comparer._process.starts == 1
    found = added_up(tmp_path)
    assert (found["seen"], found["compared"], found["dropped"], found["failures"], found["last"]) == (2, 1, 1, 0, 1)


def worker() -> CandidateProcess:
    """A candidate in a process of its own."""
    return CandidateProcess("doge_detector.worker", environment={}, memory_bytes=2**31, timeout_sec=30.0)


def test_a_candidate_that_was_retired_between_two_questions_is_not_started_again() -> None:
    candidate = worker()
    assert candidate.ask("no request")[1] == []
    candidate.retire()
    for _ in range(2):
        with pytest.raises(CandidateError, match=r"was ended|given a pause"):
            candidate.ask("no request")
    assert candidate.starts == 1
    assert candidates_of(os.getpid()) == []


def test_a_candidate_that_is_retired_while_it_is_started_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    candidate = worker()

    class Retiring(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            candidate.retire()

    monkeypatch.setattr(process.subprocess, "Popen", Retiring)
    with pytest.raises(CandidateError) as refused:
        candidate.ask("no request")
    assert (refused.value.cause, candidate.starts) == (DIED, 1)
    assert candidates_of(os.getpid()) == []


def test_a_server_that_is_retired_while_it_is_started_is_ended(executable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    haskell = doge_core.backend.Haskell(Settings(exe=str(executable)))
    made: list[Server] = []

    def retiring(*arguments: Any) -> Server:
        made.append(Server(*arguments))
        haskell.retire()
        return made[-1]

    monkeypatch.setattr(doge_core.backend, "Server", retiring)
    event = sm.PriceTick(0.11, 2.0)
    assert haskell.transition(start(), event, CONFIG, SIZE_USD) == sm.transition(start(), event, CONFIG, SIZE_USD)
    assert haskell.python_calls == len(made) == 1
    assert not is_running(made[0].process.pid)


@pytest.mark.usefixtures("right")
def test_the_sentence_of_a_second_attempt_says_how_the_first_ended(tmp_path: Path) -> None:
    with watching_detector(tmp_path) as watched:
        detector = watching.RegimeDetector()
        settled(watched)
        [running] = candidates_of(os.getpid())
        os.kill(running, signal.SIGTERM)
        while is_running(running):
            time.sleep(0.01)
        detector.needs_retrain()
        found = settled_with_a_stumble(watched)
    assert found["last_error"].endswith("asked again: the candidate's process ended by itself (signal 15)")


def settled_with_a_stumble(watched: Any) -> dict[str, Any]:
    """The status once both calls were compared."""
    assert watched.shadow.drain(30.0)
    status: dict[str, Any] = watched.shadow.status()
    assert (status["compared"], status["failures"]) == (2, {"died": 1})
    return status


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize("subject", ["reducer", "detector"])
def test_a_child_of_a_bot_whose_shadow_has_ended_has_one_of_its_own(
    subject: str, tmp_path: Path, executable: Path, right: None
) -> None:
    def called(shadow: Any, call: Any) -> bool:
        call()
        drained: bool = shadow.drain(60.0)
        return drained and not shadow.status()["failures"] and shadow.status()["compared"] > 0

    with ExitStack() as stack:
        if subject == "reducer":
            reducer = stack.enter_context(watching_reducer(tmp_path, str(executable)))
            shadow, call = reducer.shadow, lambda: drive(reducer, 5)
        else:
            detector = stack.enter_context(watching_detector(tmp_path))
            shadow, call = detector.shadow, watching.RegimeDetector
        assert called(shadow, call)
        shadow.stop()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = 0 if called(shadow, call) else 2
                shadow.stop()
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
