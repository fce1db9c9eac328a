"""A client of one executable that speaks the wire's protocol and keeps running: it sends a line and reads a line.

A `Server` never restarts itself, because its owner must know that the server's state is lost. It is not thread-safe;
`doge_core.backend` serialises the calls.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
import weakref
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from doge_core.errors import ServerDiedError, ServerGarbageError, ServerTimeoutError, how_ended
from doge_core.processes import Process, kill_group
from doge_core.waking import NOTHING, pipe_of, wake

_CHUNK_BYTES = 1 << 16
# A longer answer is none: it must not fill the memory of whoever asks.
ANSWER_BYTES_MAX = 1 << 28
_STDERR_TAIL_CHUNKS = 4
_EXIT_GRACE_SEC = 0.5
_OWN_GROUP = 0 if os.name == "posix" else None

_servers: weakref.WeakSet[Server] = weakref.WeakSet()


class Answering(Protocol):
    """What answers the lines of sessions."""

    def request(self, line: bytes) -> bytes:
        """Answer one line, both without their newline. Raises `ServerError`."""

    def kill(self) -> None:
        """End it at once."""

    def close(self) -> None:
        """End it."""


class Server:
    """A running executable. `timeout_sec` is the time limit of one answer, `launcher` a command that becomes the executable.

    Raises `ServerDiedError` if it cannot be started.
    """

    def __init__(self, argv: Sequence[str], timeout_sec: float, launcher: Sequence[str] = ()) -> None:
        self.argv = list(argv)
        self.timeout_sec = timeout_sec
        self.deadline: float | None = None
        self._timed_out = False
        self._read_fd = self._write_fd = -1
        self._pipes = (NOTHING, NOTHING)
        self._stderr_tail: deque[bytes] = deque(maxlen=_STDERR_TAIL_CHUNKS)
        try:
            # In a process group of its own, so that Ctrl-C reaches only the caller and a kill reaches grandchildren.
            self.process = Process(
                [*launcher, *self.argv],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                process_group=_OWN_GROUP,
            )
        except OSError as error:
            raise ServerDiedError(f"{self.argv[0]}: could not be started ({error.strerror})") from error
        try:
            assert self.process.stdin is not None
            assert self.process.stdout is not None
            self._write_fd, self._read_fd = self.process.stdin.fileno(), self.process.stdout.fileno()
            self._pipes = pipe_of(self._read_fd), pipe_of(self._write_fd)
            threading.Thread(target=self._drain_stderr, name="doge-core-stderr", daemon=True).start()
            _servers.add(self)
            _watchdog.watch(timeout_sec)
        except BaseException as error:
            # A signal handler may raise anywhere.
            self.kill()
            if isinstance(error, RuntimeError):
                # Nobody drains and closes it.
                if self.process.stderr is not None:
                    self.process.stderr.close()
                raise ServerDiedError(f"{self.argv[0]}: no thread can be started for it ({error})") from error
            raise

    def request(self, line: bytes) -> bytes:
        """Send one line and return the answer's line, both without their newline.

        Raises `ServerDiedError`, `ServerTimeoutError` or `ServerGarbageError`, and the executable is killed.
        """
        self.deadline = time.monotonic() + self.timeout_sec
        try:
            line += b"\n"
            sent = os.write(self._write_fd, line)
            if sent < len(line):
                self._write_on(line, sent)
            answer = os.read(self._read_fd, _CHUNK_BYTES)
            if not answer.endswith(b"\n"):
                answer = self._read_on(answer)
            if answer.find(b"\n") != len(answer) - 1:
                raise ServerGarbageError(f"{self.argv[0]}: answered more than one line")
        except BaseException as error:
            # Nobody waits any more.
            self.deadline = None
            self.kill()
            if isinstance(error, OSError | ValueError):
                raise self._death() from error
            raise
        self.deadline = None
        return answer[:-1]

    def _write_on(self, data: bytes, sent: int) -> None:
        while sent < len(data):
            sent += os.write(self._write_fd, memoryview(data)[sent:])

    def _read_on(self, chunk: bytes) -> bytes:
        chunks, size = [], 0
        while chunk and not self._timed_out and self._read_fd >= 0:
            chunks.append(chunk)
            if chunk.endswith(b"\n"):
                return b"".join(chunks)
            size += len(chunk)
            if size > ANSWER_BYTES_MAX:
                raise ServerGarbageError(f"{self.argv[0]}: answered with more than {ANSWER_BYTES_MAX >> 20} MiB")
            chunk = os.read(self._read_fd, _CHUNK_BYTES)
        raise self._death()

    def _death(self) -> ServerDiedError | ServerTimeoutError:
        name = self.argv[0]
        if self._timed_out:
            return ServerTimeoutError(f"{name}: no answer within {self.timeout_sec:g} s; killed")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_EXIT_GRACE_SEC)
        words = self.stderr_tail().strip().splitlines()
        status = self.process.returncode
        return ServerDiedError(f"{name}: {how_ended(status)}" + (f" ({words[-1]})" if words else ""), status)

    def stderr_tail(self) -> str:
        """Return the end of what the executable wrote to standard error."""
        return b"".join(self._stderr_tail).decode(errors="replace")

    def _drain_stderr(self) -> None:
        """Read standard error until it ends, so that an executable that writes much does not block on a full pipe."""
        assert self.process.stderr is not None
        descriptor = self.process.stderr.fileno()
        with contextlib.suppress(OSError, ValueError), self.process.stderr:
            while chunk := os.read(descriptor, _CHUNK_BYTES):
                self._stderr_tail.append(chunk[-1024:])

    def expire(self) -> None:
        """Kill the executable because its answer is late; the waiting call then reads the end of its output."""
        self._timed_out = True
        self._signal_group()
        wake(*self._pipes)

    def kill(self) -> None:
        """End the executable at once."""
        asked, self.deadline = self.deadline is not None, None
        self._signal_group()
        self._write_fd = self._read_fd = -1
        if asked:
            wake(*self._pipes)
        self._release()

    def close(self) -> None:
        """End the executable by closing its input, or kill it if it does not end."""
        self.deadline = None
        with contextlib.suppress(OSError):
            if self.process.stdin is not None:
                self.process.stdin.close()
        try:
            self.process.wait(_EXIT_GRACE_SEC)
        except subprocess.TimeoutExpired:
            self._signal_group()
        self._release()

    def _signal_group(self) -> None:
        if self.process.returncode is None:
            kill_group(self.process)

    def _release(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_EXIT_GRACE_SEC)
        # The descriptors may be reused for other files.
        self._write_fd = self._read_fd = -1
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        _servers.discard(self)

    def forget(self) -> None:
        """Close a forked child's copies of the pipes without touching the parent's executable."""
        self._write_fd = self._read_fd = -1
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        self.process.returncode = 0


class _Watchdog:
    """Kills servers that are past their deadline, in a thread: calls do not pay the system call that polling would cost."""

    def __init__(self) -> None:
        self._interval_sec = 1.0
        self._thread: threading.Thread | None = None

    def watch(self, timeout_sec: float) -> None:
        """Check deadlines often enough for this timeout, and start the thread if it is not running."""
        self._interval_sec = min(self._interval_sec, max(0.005, timeout_sec / 5))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="doge-core-watchdog", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(self._interval_sec)
            for server in list(_servers):
                deadline = server.deadline
                if deadline is not None and time.monotonic() > deadline:
                    server.expire()


_watchdog = _Watchdog()


def _after_fork_in_child() -> None:
    global _watchdog
    _watchdog = _Watchdog()
    for server in list(_servers):
        server.forget()
    _servers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def request_once(argv: Sequence[str], line: bytes, timeout_sec: float) -> bytes:
    """Start an executable for one request line and return the answer's line, which may be an error object.

    Raises `ServerDiedError`, `ServerTimeoutError` or `ServerGarbageError`.
    """
    try:
        process = Process(
            list(argv), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=_OWN_GROUP
        )
    except OSError as error:
        raise ServerDiedError(f"{argv[0]}: could not be started ({error.strerror})") from error
    with process:
        try:
            answer, said_bytes = process.communicate(line + b"\n", timeout_sec)
        except subprocess.TimeoutExpired as error:
            raise ServerTimeoutError(f"{argv[0]}: no answer within {timeout_sec:g} s; killed") from error
        finally:
            if process.returncode is None:
                kill_group(process)
    if not answer.endswith(b"\n") or answer.find(b"\n") != len(answer) - 1:
        words = said_bytes.decode(errors="replace").strip().splitlines()
        said = f" ({words[-1]})" if words else ""
        if process.returncode not in (0, 2):
            raise ServerDiedError(f"{argv[0]}: {how_ended(process.returncode)}{said}", process.returncode)
        raise ServerGarbageError(f"{argv[0]}: did not answer with one line{said}")
    return answer[:-1]
