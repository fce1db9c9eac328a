"""Ports behind an executable, reached through the production client."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from doge_core.client import Server, request_once
from doge_core.errors import ServerDiedError, ServerError
from doge_core.locate import HOW_TO_GET, HOW_TO_GET_LIBRARY, find_executable, find_library, library_not_found, not_found
from harness.panel import Availability
from harness.subjects.reducer.ports.base import Outcome, Port, PortError, Question
from harness.words import signal_name

TIMEOUT_SEC = 10.0
HASKELL = "haskell"
INPROC_EVERY = 5
# Processes that a port starts at a time, and requests that wait for each of them.
AT_ONCE, QUEUED = os.cpu_count() or 1, 4


class ExecutablePort(Port):
    """A port behind an executable. `argv` starts it, None where there is nothing to start; `timeout_sec` bounds one answer."""

    # What to say where there is nothing to start.
    absent: Callable[[], str] = staticmethod(not_found)

    def __init__(self, name: str, argv: Sequence[str] | None, *, remedy: str, timeout_sec: float = TIMEOUT_SEC) -> None:
        self.name = name
        self.argv = list(argv) if argv else []
        self.timeout_sec = timeout_sec
        self.remedy = remedy

    def availability(self) -> Availability:
        """Return if the executable exists; its first answer shows if it works."""
        if self.argv and shutil.which(self.argv[0]) is not None:
            return Availability(available=True)
        reason = f"{self.argv[0]} is not an executable file" if self.argv else self.absent()
        return Availability(available=False, reason=reason, remedy=self.remedy)


class ServerPort(ExecutablePort):
    """A persistent server with sessions. After a failure it is started again by the next call."""

    has_sessions = True
    _server: Server | None = None

    def answer(self, line: bytes) -> bytes:
        """Answer by the running server, which is started if there is none. Raises `PortError`."""
        try:
            return self.server().request(line)
        except ServerError as error:
            self.close()
            raise PortError(f"{error.cause}: {error}", _cause(error)) from error

    def server(self) -> Server:
        """Return the running server, started if there is none. Raises `ServerError`."""
        if self._server is None:
            self._server = Server(self.argv, self.timeout_sec)
        return self._server

    def close(self) -> None:
        """Stop the server."""
        if self._server is not None:
            self._server.close()
            self._server = None


class OneshotPort(ExecutablePort):
    """An executable started for every call, as by the fallback in production."""

    # Starting a process costs as much as a hundred calls of a server.
    sample_every = 25

    def __init__(self, name: str, argv: Sequence[str] | None, *, remedy: str, timeout_sec: float = TIMEOUT_SEC) -> None:
        super().__init__(name, argv, remedy=remedy, timeout_sec=timeout_sec)
        self._agreed: dict[bytes, Outcome] = {}

    def answer(self, line: bytes) -> bytes:
        """Answer by a new process. Raises `PortError`."""
        try:
            return request_once(self.argv, line, self.timeout_sec)
        except ServerError as error:
            raise PortError(f"{error.cause}: {error}", _cause(error)) from error

    def repeat(self, line: bytes, wanted: bytes | None = None) -> Outcome:
        """Answer a line that every case asks once, if well: a process that starts anew keeps nothing."""
        known = self._agreed.get(line)
        if known is not None and known.line == wanted:
            return known
        outcome = self.ask(line, wanted)
        if outcome.line is not None and outcome.line == wanted:
            self._agreed[line] = outcome
        return outcome

    def ask_all(self, questions: Sequence[Question]) -> Iterator[Outcome]:
        """Yield the outcomes in order, asked on every CPU at a time; after a failure not many more have been asked."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for first in range(0, len(questions), AT_ONCE * QUEUED):
                some = questions[first : first + AT_ONCE * QUEUED]
                yield from pool.map(lambda each: self.repeat(*each[:2]) if each.always else self.ask(*each[:2]), some)


def _cause(error: ServerError) -> str:
    """Return how an executable failed, without what differs from one failure to the next."""
    if not isinstance(error, ServerDiedError) or error.status is None:
        return error.cause
    return f"died by {signal_name(-error.status)}" if error.status < 0 else f"died with exit code {error.status}"


def haskell(*, timeout_sec: float = TIMEOUT_SEC) -> ServerPort:
    """Return the Haskell reducer as a persistent server."""
    exe = find_executable()
    port = ServerPort("haskell", _argv(exe, "--server"), remedy=HOW_TO_GET, timeout_sec=timeout_sec)
    port.implementation = HASKELL
    return port


def haskell_oneshot(*, timeout_sec: float = TIMEOUT_SEC) -> OneshotPort:
    """Return the Haskell reducer, started for every call."""
    port = OneshotPort("haskell-oneshot", _argv(find_executable()), remedy=HOW_TO_GET, timeout_sec=timeout_sec)
    port.implementation = HASKELL
    return port


def haskell_inproc(*, timeout_sec: float = TIMEOUT_SEC) -> ServerPort:
    """Return the Haskell reducer as the library that a process may load, here loaded by a process of its own."""
    argv = None if find_library() is None else [sys.executable, "-m", "doge_core.library"]
    port = ServerPort("haskell-inproc", argv, remedy=HOW_TO_GET_LIBRARY, timeout_sec=timeout_sec)
    port.absent = library_not_found
    # It is made of the server's modules; only the way in is another.
    port.sample_every = INPROC_EVERY
    port.implementation = HASKELL
    return port


def _argv(exe: Path | None, *arguments: str) -> list[str] | None:
    return None if exe is None else [str(exe), *arguments]
