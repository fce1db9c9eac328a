"""The pipes and the signals of a server, as docs/wire.md defines them: the ports and the reference behave alike."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness import ROOT

DESCRIBE = b'{"method":"describe"}\n'
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(params=["haskell", "python", "rust"])
def command(request: pytest.FixtureRequest) -> list[str]:
    """The command line of an implementation, without --server."""
    if request.param == "python":
        return [sys.executable, "-m", "reducer.wire"]
    return [str(request.getfixturevalue("executable" if request.param == "haskell" else "rust_executable"))]


@pytest.fixture
def start(command: list[str]) -> Iterator[Start]:
    """Starts the implementation; what still runs at the end is killed."""
    running: list[subprocess.Popen[bytes]] = []

    def started(*arguments: str, **pipes: Any) -> subprocess.Popen[bytes]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **pipes}
        running.append(subprocess.Popen([*command, *arguments], cwd=ROOT, **pipes))
        return running[-1]

    yield started
    for process in running:
        process.kill()
        process.communicate()


def answering(process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
    """The process, once it has answered a line."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(DESCRIBE)
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["subject"] == "reducer"
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_ends_a_waiting_server_at_once(start: Start, number: signal.Signals) -> None:
    process = answering(start("--server"))
    time.sleep(0.1)
    process.send_signal(number)
    assert process.wait(5.0) == -number
    assert process.stderr is not None
    assert process.stderr.read() == b""


def test_one_signal_ends_a_server_in_the_middle_of_a_line(start: Start) -> None:
    process = answering(start("--server"))
    assert process.stdin is not None
    process.stdin.write(b'{"method":')
    process.stdin.flush()
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(5.0) == -signal.SIGINT


def test_one_signal_ends_a_server_whose_answer_nobody_takes(start: Start) -> None:
    process = start("--server")
    assert process.stdin is not None
    os.set_blocking(process.stdin.fileno(), False)
    deadline = time.monotonic() + 20.0
    stuck_since = time.monotonic()
    while time.monotonic() < deadline and time.monotonic() - stuck_since < 1.0:
        try:
            os.write(process.stdin.fileno(), DESCRIBE * 100)
            stuck_since = time.monotonic()
        except BlockingIOError:
            time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(5.0) == -signal.SIGINT


@pytest.mark.parametrize("line", [b"\n", b"  \n", b"\r\n"])
def test_an_empty_line_is_answered_as_a_line_that_is_no_json(start: Start, line: bytes) -> None:
    out, err = start("--server").communicate(line + DESCRIBE, 20.0)
    refused, described = out.splitlines()
    assert json.loads(refused)["error"].startswith("request: is not JSON (")
    assert json.loads(refused)["kind"] == "RequestError"
    assert json.loads(described)["subject"] == "reducer"
    assert err == b""


def test_the_last_line_may_lack_its_end(start: Start) -> None:
    process = start("--server")
    out, _ = process.communicate(DESCRIBE * 2 + DESCRIBE.strip(), 20.0)
    assert len(out.splitlines()) == 3
    assert process.returncode == 0


def test_no_line_at_all_is_no_request_to_a_server_and_an_empty_one_to_a_single_call(start: Start) -> None:
    server, once = start("--server"), start()
    assert server.communicate(b"", 20.0) == (b"", b"")
    assert server.returncode == 0
    out, err = once.communicate(b"", 20.0)
    assert json.loads(out)["error"].startswith("request: is not JSON (")
    assert err.decode().strip() == json.loads(out)["error"]
    assert once.returncode == 2


@pytest.mark.parametrize("arguments", [(), ("--server",)])
def test_an_answer_that_cannot_be_written_ends_it_with_a_sentence(start: Start, arguments: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    process = start(*arguments, stdout=writer)
    os.close(reader)
    os.close(writer)
    _, err = process.communicate(DESCRIBE * 2, 20.0)
    assert (process.returncode, err) == (1, b"standard output cannot be written (Broken pipe)\n")


@pytest.mark.parametrize("arguments", ["", "--server"])
@pytest.mark.parametrize(
    ("pipes", "said"),
    [
        (">/dev/full", "standard output cannot be written (No space left on device)\n"),
        (">&-", "standard output cannot be written (Bad file descriptor)\n"),
        ("<&-", "standard input cannot be read (Bad file descriptor)\n"),
        ("0>/dev/null", "standard input cannot be read (Bad file descriptor)\n"),
        (">&- 2>&-", ""),
    ],
)
def test_a_pipe_that_is_not_there_is_one_sentence(command: list[str], arguments: str, pipes: str, said: str) -> None:
    line = f"{' '.join(command)} {arguments} {pipes}"
    done = subprocess.run(
        ["bash", "-c", line], input=DESCRIBE.decode(), cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )
    # Haskell names the system's errors with a small letter.
    assert (done.returncode, done.stderr.lower()) == (1, said.lower())
