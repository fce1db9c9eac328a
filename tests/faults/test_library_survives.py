"""The library within the process: what it answers, and whatever happens to it, a call returns what the reference returns."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import state_machine as sm
from doge_core.backend import Haskell
from doge_core.library import Library
from doge_core.locate import HOW_TO_GET_LIBRARY, find_library
from doge_core.session import Sessions
from doge_core.settings import Settings
from reducer.types import replace
from tests.adapter.traffic import CONFIG, SIZE_USD, drive, drive_in_a_child, drive_in_threads, start

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def library() -> Path:
    """The library of this checkout. A suite without it has not tested it, so it fails rather than skips."""
    path = find_library()
    assert path is not None, f"port haskell-inproc is missing: {HOW_TO_GET_LIBRARY}"
    return path


@pytest.fixture
def inproc(library: Path, executable: Path) -> Haskell:
    return Haskell(Settings(backend="haskell-inproc", exe=str(executable)))


def in_a_process(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "DOGE_CORE_BACKEND": "haskell-inproc", **environment}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_no_process_is_started_and_every_call_is_answered_inside(inproc: Haskell) -> None:
    for seed in range(4):
        drive(inproc, 150, seed, bot=seed % 2 == 1)
    status = inproc.status()
    assert status["calls"] == {"in-process": 1200, "persistent": 0, "one-shot": 0, "python": 0}
    assert (status["server_starts"], status["fallbacks"]) == (0, {})
    assert inproc.pid() is None


def test_threads_take_turns_and_children_go_on(inproc: Haskell) -> None:
    drive_in_threads(inproc, 200)
    children = [drive_in_a_child(inproc, 200, seed, starts=0) for seed in (7, 8)]
    drive(inproc, 200, 9, bot=True)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
    assert inproc.status()["fallbacks"] == {}


def test_two_clients_have_sessions_of_their_own(library: Path) -> None:
    opening = b'{"method":"step","session":1,"state":{},"config":{},"order_size_usd":2,"event":{"timestamp":%d}}'
    lines = [opening % now for now in (1, 2)]
    one, other = Library(library), Library(library)
    digests = [client.request(line)[11:27] for client, line in zip((one, other), lines, strict=True)]
    asked = [b'{"method":"check_invariants","session":1,"digest":"%b"}' % digest for digest in digests]
    assert [b"violations" in client.request(line) for client in (one, other) for line in asked] == [True, False, False, True]
    one.close()
    assert b"violations" in other.request(asked[1])


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"", b"request: is not JSON"),
        (b"\xff\x00", b"request: is not JSON"),
        (b"[" * 100, b"nested deeper than 64 levels"),
        (b"[" * (64 * 1024 * 1024 + 1), b"longer than 67108864 bytes"),
        (b'{"method":"describe"}', b'"port":"haskell"'),
    ],
)
def test_any_line_gets_one_line(line: bytes, answer: bytes, library: Path) -> None:
    assert answer in Library(library).request(line)


def test_a_missing_library_is_said_once_and_the_server_answers(
    executable: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOGE_CORE_LIBRARY", "/nowhere/libdoge-core-inproc.so")
    haskell = Haskell(Settings(backend="haskell-inproc", exe=str(executable)))
    with caplog.at_level(logging.WARNING, logger="doge_core"):
        drive(haskell, 20)
    status = haskell.status()
    haskell.close()
    assert status["calls"]["persistent"] == 40
    assert status["fallbacks"].keys() == {"in-process:missing"}
    assert caplog.text.count("/nowhere/libdoge-core-inproc.so was not found; build it with ./build.sh") == 1


@pytest.mark.parametrize("contents", [b"", b"no library", b"\x7fELF"])
def test_a_file_that_is_no_library_is_said_and_the_server_answers(contents: bytes, tmp_path: Path) -> None:
    (tmp_path / "broken.so").write_bytes(contents)
    program = (
        "import doge_core as sm, json\n"
        "sm.transition(sm.PairState(0.1, 0.0), sm.TimerTick(1.0), sm.EngineConfig(), 2.0)\n"
        "print(json.dumps(sm.status()))"
    )
    done = in_a_process(program, DOGE_CORE_LIBRARY=str(tmp_path / "broken.so"))
    assert '"persistent": 1' in done.stdout, done.stderr
    assert "broken.so: cannot be loaded" in done.stderr


def test_another_contract_is_noticed(inproc: Haskell, monkeypatch: pytest.MonkeyPatch) -> None:
    request = Library.request

    def other(library: Library, line: bytes) -> bytes:
        return request(library, line).replace(b'"contract_hash":"', b'"contract_hash":"0')

    monkeypatch.setattr(Library, "request", other)
    drive(inproc, 3)
    assert "in-process:contract" in inproc.status()["fallbacks"]


@pytest.mark.parametrize("spoilt", [b"", b"nonsense", b"[]", b'{"error":"boom","kind":"InternalError"}'])
def test_a_wrong_answer_is_noticed_and_the_server_answers(
    spoilt: bytes, inproc: Haskell, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, asked = Library.request, iter(range(1000))

    def sometimes(library: Library, line: bytes) -> bytes:
        return spoilt if next(asked) % 7 == 6 else request(library, line)

    monkeypatch.setattr(Library, "request", sometimes)
    drive(inproc, 40, bot=True)
    assert inproc.status()["fallbacks"]["in-process:garbage"] >= 1


def test_ctrl_c_reaches_python(library: Path) -> None:
    program = (
        "import doge_core as sm, os, signal\n"
        "state = sm.PairState(0.1, 0.0)\n"
        "for second in range(100):\n"
        "    state, _ = sm.transition(state, sm.TimerTick(float(second)), sm.EngineConfig(), 2.0)\n"
        "try:\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    sm.transition(state, sm.TimerTick(1000.0), sm.EngineConfig(), 2.0)\n"
        "except KeyboardInterrupt:\n"
        "    print('heard', sm.status()['calls']['in-process'])\n"
    )
    done = in_a_process(program)
    assert (done.stdout, done.returncode) == ("heard 100\n", 0), done.stderr
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_process_that_used_it_ends_as_it_would(library: Path) -> None:
    use = "import doge_core as sm; sm.transition(sm.PairState(0.1, 0.0), sm.TimerTick(1.0), sm.EngineConfig(), 2.0);"
    for ending, code in (("pass", 0), ("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 15)", -15)):
        assert in_a_process(f"{use} {ending}").returncode == code


def test_an_unknown_state_is_checked_inside(inproc: Haskell) -> None:
    assert inproc.check_invariants(sm.PairState(0.1, 0.0)) == sm.check_invariants(sm.PairState(0.1, 0.0))
    assert inproc.status()["calls"]["in-process"] == 1


def test_a_child_that_was_forked_while_the_library_was_loading_goes_on_without_it(library: Path, executable: Path) -> None:
    program = (
        "import os, sys, threading, time\n"
        "import doge_core as sm\n"
        "def call():\n"
        "    sm.transition(sm.PairState(0.1, 0.0), sm.TimerTick(1.0), sm.EngineConfig(), 2.0)\n"
        "threading.Thread(target=call).start()\n"
        "time.sleep(float(sys.argv[1]))\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    call()\n"
        "    os._exit(0 if sum(sm.status()['calls'].values()) >= 1 else 3)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    env = {**os.environ, "DOGE_CORE_BACKEND": "haskell-inproc", "DOGE_CORE_EXE": str(executable)}
    for pause_ms in (0, 1, 2, 3, 5, 8, 12, 20, 30, 45):
        command = [sys.executable, "-c", program, str(pause_ms / 1000)]
        done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
        assert done.returncode == 0, (pause_ms, done.stderr)


def resident_mib() -> float:
    return psutil.Process().memory_info().rss / 2**20


def test_what_a_large_line_took_is_given_back(library: Path) -> None:
    client = Library(library)
    client.request(b'{"method":"describe"}')
    before = resident_mib()
    client.request(b'{"method":"transition","state":[' + b"1," * 5_000_000 + b"1]}")
    client.request(b'{"method":"describe"}')
    assert resident_mib() - before < 150


def test_what_a_client_held_is_given_back_when_it_is_closed(library: Path) -> None:
    Library(library).close()
    before = resident_mib()
    record = sm.CycleRecord("B", 1, 0.1, 0.101, 20.0, 0.02, 0.01, 0.01)
    sessions = Sessions(Library(library))
    sessions.transition(replace(start(), completed_cycles=(record,) * 150_000), sm.TimerTick(1.0), CONFIG, SIZE_USD, None)
    held = resident_mib()
    sessions.server.close()
    assert held - before > 60, "a state of that size is held"
    assert resident_mib() - before < (held - before) / 2


def test_a_library_that_has_no_memory_is_replaced_by_the_server(inproc: Haskell) -> None:
    def short(*_: object) -> bytes:
        raise MemoryError

    server = inproc._library.live().server
    assert isinstance(server, Library)
    server._request = short
    drive(inproc, 20)
    assert inproc.status()["fallbacks"] == {"in-process:died": 1}
    assert inproc.status()["calls"]["python"] == 0
