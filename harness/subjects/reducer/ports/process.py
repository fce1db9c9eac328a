"""Ports behind an executable, reached through the client that production uses."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from doge_core.client import Server, request_once
from doge_core.errors import ServerError
from doge_core.locate import HOW_TO_GET, find_executable
from harness.panel import Availability
from harness.subjects.reducer.ports.base import Port, PortError

TIMEOUT_SEC = 10.0


class ServerPort(Port):
    """A persistent server, which keeps sessions; one that failed is started again for the next call.

    `argv` starts it, None where there is nothing to start. `timeout_sec` bounds one answer.
    """

    has_sessions = True

    def __init__(self, name: str, argv: Sequence[str] | None, *, remedy: str, timeout_sec: float = TIMEOUT_SEC) -> None:
        self.name = name
        self.argv = list(argv) if argv else None
        self.timeout_sec = timeout_sec
        self.remedy = remedy
        self._server: Server | None = None

    def availability(self) -> Availability:
        """The availability of the executable; if it works, its first answer will show."""
        if self.argv is None:
            return Availability(available=False, reason="its executable was not found", remedy=self.remedy)
        if shutil.which(self.argv[0]) is None:
            reason = f"{self.argv[0]} is no executable file"
            return Availability(available=False, reason=reason, remedy=self.remedy)
        return Availability(available=True)

    def answer(self, line: bytes) -> bytes:
        """Ask the running server, starting one if there is none."""
        try:
            return self.server().request(line)
        except ServerError as error:
            self.close()
            raise PortError(f"{error.cause}: {error}") from error

    def server(self) -> Server:
        """The running server. Raises `ServerError`."""
        if self._server is None:
            assert self.argv is not None, "an unavailable port is not asked"
            self._server = Server(self.argv, self.timeout_sec)
        return self._server

    def close(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.close()
            self._server = None


class OneshotPort(Port):
    """An executable started anew for every call, as a fallback in production would."""

    # Starting a process costs a hundred calls of a server.
    sample_every = 25

    def __init__(self, name: str, argv: Sequence[str] | None, *, remedy: str, timeout_sec: float = TIMEOUT_SEC) -> None:
        self.name = name
        self.argv = list(argv) if argv else None
        self.timeout_sec = timeout_sec
        self.remedy = remedy

    def availability(self) -> Availability:
        """The availability of the executable."""
        if self.argv is None or shutil.which(self.argv[0]) is None:
            return Availability(available=False, reason="its executable was not found", remedy=self.remedy)
        return Availability(available=True)

    def answer(self, line: bytes) -> bytes:
        """Start, ask, end."""
        assert self.argv is not None, "an unavailable port is not asked"
        try:
            return request_once(self.argv, line, self.timeout_sec)
        except ServerError as error:
            raise PortError(f"{error.cause}: {error}") from error


def haskell(*, timeout_sec: float = TIMEOUT_SEC) -> ServerPort:
    """The Haskell reducer as a persistent server."""
    exe = find_executable()
    return ServerPort("haskell", _argv(exe, "--server"), remedy=HOW_TO_GET, timeout_sec=timeout_sec)


def haskell_oneshot(*, timeout_sec: float = TIMEOUT_SEC) -> OneshotPort:
    """The Haskell reducer, started for every call."""
    return OneshotPort("haskell-oneshot", _argv(find_executable()), remedy=HOW_TO_GET, timeout_sec=timeout_sec)


def _argv(exe: Path | None, *arguments: str) -> list[str] | None:
    return None if exe is None else [str(exe), *arguments]
