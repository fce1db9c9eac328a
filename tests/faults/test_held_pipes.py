"""Executables whose pipes a stranger holds, and executables that say more than anybody could keep, hold nobody up."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

import doge_core.client
import state_machine as sm
from doge_core.backend import Haskell
from doge_core.client import Server
from doge_core.errors import ServerError, ServerGarbageError
from doge_core.settings import Settings
from doge_core.waking import NOTHING, Pipe, pipe_of, wake
from tests.adapter.traffic import CONFIG, SIZE_USD, start
from tests.shadow.watched import script

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="MISSING: only Linux opens a pipe for its other direction")

# A process in a session of its own that holds the pipes, and what its parent does then.
STRANGER = """
import os, subprocess, sys, time
subprocess.Popen(["sleep", "20"], start_new_session=True)
{then}
"""
HANGS, DIES = "time.sleep(3600)", "sys.stdin.readline(); os._exit(7)"


@pytest.mark.parametrize("then", [HANGS, DIES])
def test_a_stranger_that_holds_the_pipes_holds_nobody_up(then: str, tmp_path: Path) -> None:
    haskell = Haskell(Settings(exe=script(tmp_path, "-c", STRANGER.format(then=then)), timeout_sec=0.5))
    event = sm.PriceTick(0.11, 2.0)
    began = time.monotonic()
    assert haskell.transition(start(), event, CONFIG, SIZE_USD) == sm.transition(start(), event, CONFIG, SIZE_USD)
    # Two attempts and a process for one call, each of half a second and what it takes to end it.
    assert time.monotonic() - began < 10.0
    assert haskell.python_calls == 1
    assert haskell.fallbacks["persistent:timeout"] == 2


def test_a_request_that_nobody_reads_is_given_up(tmp_path: Path) -> None:
    server = Server([script(tmp_path, "-c", STRANGER.format(then=HANGS)), "--server"], 0.5)
    began = time.monotonic()
    with pytest.raises(ServerError, match="no answer within"):
        # More than a pipe holds.
        server.request(b"x" * 4_000_000)
    assert time.monotonic() - began < 10.0


def test_a_server_that_is_killed_by_another_thread_wakes_who_waits(tmp_path: Path) -> None:
    server = Server([script(tmp_path, "-c", STRANGER.format(then=HANGS)), "--server"], 3600.0)
    failed: list[ServerError] = []

    def ask() -> None:
        try:
            server.request(b"{}")
        except ServerError as error:
            failed.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(1.0)
    server.kill()
    asking.join(5.0)
    assert not asking.is_alive()
    assert len(failed) == 1


def test_who_reads_and_who_writes_is_woken() -> None:
    reading, writing = os.pipe()
    try:
        got: list[bytes] = []
        for work, ends in (
            (lambda: got.append(os.read(reading, 10)), (pipe_of(reading), NOTHING)),
            (lambda: got.append(b"%d" % os.write(writing, bytes(10**6))), (NOTHING, pipe_of(writing))),
        ):
            thread = threading.Thread(target=work, daemon=True)
            thread.start()
            time.sleep(0.2)
            assert thread.is_alive()
            wake(*ends)
            thread.join(5.0)
            assert not thread.is_alive()
        assert got == [b"\0", b"1000000"]
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize("kind", ["file", "pipe"])
def test_what_has_the_number_of_a_closed_pipe_is_left_alone(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "bot's own"
    path.write_bytes(b"whole")
    with path.open("r+b") as file:
        ends = os.pipe()
        try:
            os.set_blocking(ends[0], False)
            os.write(ends[1], b"kept")
            descriptors = (file.fileno(), file.fileno()) if kind == "file" else ends
            # As they were when they were those of a server, before they were closed and given to others.
            wake(*(Pipe(descriptor, 1) for descriptor in descriptors))
            assert os.read(ends[0], 10) == b"kept"
        finally:
            for end in ends:
                os.close(end)
    assert path.read_bytes() == b"whole"


def test_an_answer_without_an_end_is_garbage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doge_core.client, "ANSWER_BYTES_MAX", 1 << 22)
    server = Server([script(tmp_path, "-c", "import os\nwhile True: os.write(1, b'x' * 65536)"), "--server"], 60.0)
    with pytest.raises(ServerGarbageError, match="answered with more than 4 MiB"):
        server.request(b"{}")
    assert server.process.returncode is not None
