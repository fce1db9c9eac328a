"""Whatever the executable does, a call returns what the reference returns, and nothing happens in silence."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from doge_core.backend import Haskell
from doge_core.settings import Backend, Settings
from generators.reducer.patches import patched
from tests.adapter.traffic import CONFIG, SIZE_USD, drive, drive_in_a_child, drive_in_threads, start, walk

FLAWS = {
    "dies": "died",
    "hangs": "timeout",
    "half-line": "died",
    "garbage": "garbage",
    "two-lines": "garbage",
    "no-object": "garbage",
    "internal-error": "garbage",
    "wrong-value": "drift",
    "forgets-a-change": "drift",
    "int-for-float": "garbage",
    "int-in-a-row": "garbage",
    "unknown-field": "garbage",
    "missing-key": "garbage",
    "unknown-action": "garbage",
    "wrong-contract": "contract",
    "never-reads": "timeout",
}


def flawed(tmp_path: Path, flaw: str, timeout_sec: float = 0.5) -> Haskell:
    script = tmp_path / "flawed"
    server = Path(__file__).with_name("flawed_server.py")
    script.write_text(f'#!/bin/sh\nexec {sys.executable} {server} {flaw} "$@"\n')
    script.chmod(0o755)
    # Starting Python takes longer than a hang should cost, so the first answer gets its own time.
    return Haskell(Settings(backend="haskell", exe=str(script), timeout_sec=timeout_sec))


@pytest.mark.parametrize("bot", [False, True])
@pytest.mark.parametrize(("flaw", "cause"), FLAWS.items())
def test_a_flawed_server_is_noticed_and_the_result_is_right(
    flaw: str, cause: str, bot: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    haskell = flawed(tmp_path, flaw)
    with caplog.at_level(logging.WARNING, logger="doge_core"):
        drive(haskell, 12, bot=bot)
    fallbacks = haskell.status()["fallbacks"]
    haskell.close()
    assert fallbacks[f"persistent:{cause}"] >= 1, fallbacks
    assert len([record for record in caplog.records if f"persistent:{cause}" in record.getMessage()]) == 1


def test_a_server_that_floods_standard_error_is_read_away(tmp_path: Path) -> None:
    haskell = flawed(tmp_path, "floods-stderr", timeout_sec=10.0)
    drive(haskell, 12)
    assert haskell.status()["fallbacks"] == {}
    haskell.close()


def test_a_missing_executable_is_said_once_and_python_answers(caplog: pytest.LogCaptureFixture) -> None:
    haskell = Haskell(Settings(backend="haskell", exe="/nowhere/doge-core-exe"))
    with caplog.at_level(logging.WARNING, logger="doge_core"):
        drive(haskell, 20)
    assert haskell.status()["calls"]["python"] > 0
    assert "persistent:missing" in haskell.status()["fallbacks"]
    assert sum("persistent:missing" in record.getMessage() for record in caplog.records) == 1
    assert "/nowhere/doge-core-exe is not an executable file" in caplog.text


def test_five_hundred_kills_in_twenty_thousand_transitions_lose_and_repeat_nothing(executable: Path) -> None:
    haskell = Haskell(Settings(backend="haskell", exe=str(executable)))
    rng = random.Random(500)
    kills = 0
    stop = threading.Event()

    def kill_at_random() -> None:
        nonlocal kills
        while kills < 500 and not stop.is_set():
            time.sleep(rng.uniform(0.001, 0.015))
            server = haskell._server()
            if server is not None and server.process.returncode is None:
                # The main thread may have reaped it between the two lines.
                with contextlib.suppress(ProcessLookupError):
                    os.kill(server.process.pid, signal.SIGKILL)
                    kills += 1

    killer = threading.Thread(target=kill_at_random)
    killer.start()
    transitions = 0
    seed = 0
    while transitions < 20_000 or killer.is_alive():
        # Every other pair is a bot's: its states are changed, and its settings are new ones at each call.
        drive(haskell, 200, seed, bot=seed % 2 == 1)
        transitions += 200
        seed += 1
    stop.set()
    killer.join()
    status = haskell.status()
    haskell.close()
    assert kills == 500
    assert transitions >= 20_000
    assert sum(status["calls"].values()) == 2 * transitions, "every transition, and the check behind it, was answered once"
    assert status["fallbacks"].keys() <= {"persistent:died", "one-shot:died"}, status
    assert status["server_starts"] > 100, status


def test_threads_take_turns(executable: Path) -> None:
    haskell = Haskell(Settings(backend="haskell", exe=str(executable)))
    drive_in_threads(haskell, 300)
    status = haskell.status()
    haskell.close()
    assert status["server_starts"] == 1
    assert status["fallbacks"] == {}


def test_a_forked_child_starts_its_own_server(executable: Path) -> None:
    haskell = Haskell(Settings(backend="haskell", exe=str(executable)))
    drive(haskell, 10)
    child = drive_in_a_child(haskell, 50, 2, starts=2)
    drive(haskell, 50, seed=3)
    _, code = os.waitpid(child, 0)
    status = haskell.status()
    haskell.close()
    assert os.waitstatus_to_exitcode(code) == 0
    assert status["server_starts"] == 1
    assert status["fallbacks"] == {}


def await_end(pid: int) -> None:
    """A killed process ends when the kernel comes to it, so some time is granted."""
    deadline = time.monotonic() + 5
    with contextlib.suppress(psutil.NoSuchProcess):
        while (status := psutil.Process(pid).status()) != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline, f"process {pid} is still {status}"
            time.sleep(0.01)


@pytest.mark.parametrize("ending", ["pass", "os._exit(0)", "os.kill(os.getpid(), 9)", "raise SystemExit(3)"])
def test_no_process_outlives_the_interpreter(ending: str, executable: Path) -> None:
    program = (
        "import os, doge_core as sm\n"
        "sm.transition(sm.PairState(0.1, 0.0), sm.TimerTick(1.0), sm.EngineConfig(), 2.0)\n"
        "import doge_core\n"
        "print(doge_core._backend().pid(), flush=True)\n" + ending
    )
    environment = {**os.environ, "DOGE_CORE_BACKEND": "haskell", "DOGE_CORE_EXE": str(executable)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    pid = int(done.stdout)
    await_end(pid)


class UserInterruptError(BaseException):
    """Like Ctrl-C: raised by a signal handler, in the middle of anything."""


@pytest.mark.parametrize("backend", ["haskell", "haskell-inproc"])
def test_an_interrupt_in_the_middle_of_a_call_does_not_shift_answers(backend: Backend, executable: Path) -> None:
    haskell = Haskell(Settings(backend=backend, exe=str(executable)))
    rng = random.Random(3)
    interrupted = 0
    held = start()

    # A signal that came just before its timer was stopped is handled just after, where nothing is in the middle of a call.
    armed = False

    def raise_interrupt(*_: object) -> None:
        if armed:
            raise UserInterruptError

    previous = signal.signal(signal.SIGALRM, raise_interrupt)
    try:
        for step, (_, event, after, _actions) in enumerate(walk(4, 800, bot=True)):
            held = patched(held, step)
            try:
                armed = True
                signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-5, 1.5e-4))
                moved, _ = haskell.transition(held, event, CONFIG, SIZE_USD)
                armed = False
                signal.setitimer(signal.ITIMER_REAL, 0)
            except UserInterruptError:
                armed = False
                interrupted += 1
                moved, _ = haskell.transition(held, event, CONFIG, SIZE_USD)
            held = moved
            assert repr(held) == repr(after)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        haskell.close()
    assert interrupted > 20


def test_a_one_shot_that_hangs_leaves_no_orphans(tmp_path: Path) -> None:
    script = tmp_path / "hangs"
    pids = tmp_path / "pids"
    script.write_text(f"#!/bin/sh\nsleep 77 & echo $! >> {pids}\nsleep 78\n")
    script.chmod(0o755)
    haskell = Haskell(Settings(backend="haskell", exe=str(script), persistent=False, timeout_sec=0.3))
    drive(haskell, 1)
    assert haskell.status()["fallbacks"] == {"one-shot:timeout": 2}
    for pid in map(int, pids.read_text().split()):
        await_end(pid)
