"""What goes wrong around a bot's end is told: a crash just before, a second Ctrl-C, no thread, a bot that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

import doge_core.backend
import state_machine as sm
from doge_core.client import Server
from doge_core.settings import Settings
from doge_detector import watching
from doge_shadow import lifetime, tied
from doge_shadow.shadow import Shadow
from tests.adapter.traffic import CONFIG, SIZE_USD, start
from tests.shadow.watched import ROOT, drive, flawed, journal_lines, script
from tests.shadow.watched import watching as watching_reducer
from tests.shadow.watched_detector import candles, is_running, plant, planted, watching_detector

# Ends at the first attempt, and hangs at the second.
TWICE = """
import os, pathlib, time
flag = pathlib.Path({flag!r})
if flag.exists():
    time.sleep(3600)
flag.write_text("x")
os._exit(9)
"""
BOT = """
import time, doge_core as sm
from tests.adapter.traffic import CONFIG, SIZE_USD, start, walk
held = start()
for _, event, _, _ in walk(1, 40):
    held, _ = sm.transition(held, event, CONFIG, SIZE_USD)
time.sleep(3600)
"""


def waited_for(done: Any) -> None:
    """Wait until something is so."""
    give_up = time.monotonic() + 30.0
    while not done():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def stopped(shadow: Shadow) -> dict[str, Any]:
    """The status of a shadow that was stopped, once its thread has ended: a busy machine may take longer than an end may."""
    shadow.stop()
    assert shadow._thread is not None
    shadow._thread.join(30.0)
    assert not shadow._thread.is_alive()
    return shadow.status()


def test_a_detector_that_died_before_the_end_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, monkeypatch, planted(TWICE.format(flag=str(tmp_path / "flag"))))
    with watching_detector(tmp_path, timeout_sec=60.0) as watched:
        watching.RegimeDetector().update(*candles())
        waited_for(lambda: watched.comparer._process.starts == 2 and watched.shadow._comparing)
        status = stopped(watched.shadow)
    assert (status["failures"], status["compared"]) == ({"died": 1}, 1)
    assert sum(line.get("dropped", 0) for line in journal_lines(tmp_path)) == 1


def test_a_reducer_that_died_before_the_end_is_counted(tmp_path: Path) -> None:
    exe = script(tmp_path, "-c", TWICE.format(flag=str(tmp_path / "flag")))
    with watching_reducer(tmp_path, exe, timeout_sec=60.0) as watched:
        drive(watched, 1)
        waited_for(lambda: watched.comparer._client.starts == 2)
        status = stopped(watched.shadow)
    assert (status["failures"], status["compared"]) == ({"persistent:died": 1}, 0)
    assert "exit code 9" in status["last_error"]
    lines = journal_lines(tmp_path)
    assert sum(line.get("dropped", 0) for line in lines) == 2
    assert sum(line.get("failures", 0) for line in lines) == 1


def test_a_second_interrupt_ends_the_candidate_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with watching_reducer(tmp_path, flawed(tmp_path, "hangs"), timeout_sec=60.0) as watched:
        drive(watched, 4)
        waited_for(lambda: watched.comparer._client.starts == 1 and watched.shadow._comparing)

        def interrupted(_sec: float) -> bool:
            raise KeyboardInterrupt

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(watched.shadow, "drain", interrupted)
            with pytest.raises(KeyboardInterrupt):
                watched.shadow.stop()
        assert watched.shadow._thread is not None
        watched.shadow._thread.join(30.0)
        server = watched.comparer._client._begun
        assert server is not None
        assert not is_running(server.process.pid)
        assert journal_lines(tmp_path)[-1]["last"]


def test_a_shadow_that_cannot_be_stopped_leaves_none_of_the_others_on(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []

    class Interrupted:
        def stop(self, sec: float) -> None:
            given.append(sec)
            raise KeyboardInterrupt

    monkeypatch.setattr(lifetime, "_all", [Interrupted(), Interrupted()])
    with pytest.raises(KeyboardInterrupt):
        lifetime._stop_all()
    # The others have no time any more, and are stopped all the same.
    assert given[0] > given[1] == 0.0


def test_a_bot_that_may_start_no_thread_gets_the_reference_s_results(
    tmp_path: Path, executable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_thread: Any) -> None:
        raise RuntimeError("can't start new thread")

    with watching_reducer(tmp_path, str(executable)) as watched:
        with monkeypatch.context() as limited:
            limited.setattr("threading.Thread.start", refused)
            drive(watched, 20)
        watched.shadow.stop()
        status = watched.shadow.status()
    assert (status["failures"]["thread"], status["compared"], status["calls"]) == (2, 0, 40)
    assert "no thread can be started" in status["last_error"]
    [line] = journal_lines(tmp_path)
    assert (line["seen"], line["dropped"], line["failure:thread"], line["last"]) == (40, 40, 1, True)


def test_a_server_for_which_no_thread_can_be_started_is_a_fallback(executable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    right = Server.kill

    def refused(_thread: Any) -> None:
        raise RuntimeError("can't start new thread")

    def killed(server: Server) -> None:
        made.append(server.process.pid)
        right(server)

    monkeypatch.setattr("threading.Thread.start", refused)
    monkeypatch.setattr(Server, "kill", killed)
    haskell = doge_core.backend.Haskell(Settings(exe=str(executable)))
    event = sm.PriceTick(0.11, 2.0)
    assert haskell.transition(start(), event, CONFIG, SIZE_USD) == sm.transition(start(), event, CONFIG, SIZE_USD)
    assert haskell.fallbacks["persistent:died"] == 2
    assert made
    assert not any(map(is_running, made))


@pytest.mark.skipif(sys.platform != "linux", reason="MISSING: only Linux ends a process with its parent")
@pytest.mark.parametrize("flaw", ["hangs", "wrong-value"])
def test_a_bot_that_is_killed_leaves_no_reducer_behind(flaw: str, tmp_path: Path) -> None:
    known = {"DOGE_CORE_SHADOW": "1", "DOGE_CORE_SHADOW_DIR": str(tmp_path / "shadow"), "DOGE_CORE_TIMEOUT_SEC": "60"}
    environment = {**os.environ, **known, "DOGE_CORE_EXE": flawed(tmp_path, flaw)}
    with subprocess.Popen([sys.executable, "-c", BOT], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as bot:
        waited_for(lambda: psutil.Process(bot.pid).children(recursive=True))
        time.sleep(1.0)
        candidates = [each.pid for each in psutil.Process(bot.pid).children(recursive=True)]
        assert candidates
        bot.send_signal(signal.SIGKILL)
    waited_for(lambda: not any(map(is_running, candidates)))


def test_a_program_that_cannot_be_run_is_a_sentence(tmp_path: Path) -> None:
    words = [sys.executable, "-I", "-S", tied.__file__, str(os.getpid()), str(tmp_path / "nothing")]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stderr) == (
        126,
        f"{tmp_path / 'nothing'}: could not be started (No such file or directory)\n",
    )
    words[4] = "1"
    ended = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
