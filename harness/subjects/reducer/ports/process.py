"""Ports behind an executable, reached through the production client."""

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
    """A persistent server with sessions. After a failure it is started again by the next call.

    `argv` is None if there is no executable. `timeout_sec` limits the time for one answer.
    """

    has_sessions = True

    def __init__(self, name: str, argv: Sequence[str] | None, *, remedy: str, timeout_sec: float = TIMEOUT_SEC) -> None:
        self.name = name
        self.argv = list(argv) if argv else None
        self.timeout_sec = timeout_sec
        self.remedy = remedy
        self._server: Server | None = None

    def availability(self) -> Availability:
        """Return if the executable exists; its first answer shows if it works."""
        if self.argv is None:
            return Availability(available=False, reason="its executable was not found", remedy=self.remedy)
        if shutil.which(self.argv[0]) is None:
            reason = f"{self.argv[0]} is not an executable file"
            return Availability(available=False, reason=reason, remedy=self.remedy)
        return Availability(available=True)

    def answer(self, line: bytes) -> bytes:
        """Answer by the running server, which is started if there is none. Raises `PortError`."""
        try:
            return self.server().request(line)
        except ServerError as error:
            self.close()
            raise PortError(f"{error.cause}: {error}") from error

    def server(self) -> Server:
        """Return the running server, started if there is none. Raises `ServerError`."""
        if self._server is None:
            assert self.argv is not None, "an unavailable port is not asked"
            self._server = Server(self.argv, self.timeout_sec)
        return self._server

    def close(self) -> None:
        """Stop the server."""
        if self._server is not None:
            self._server.close()
            self._server = None


class OneshotPort(Port):
    """An executable started for every call, as by the fallback in production."""

    # Starting a process costs as much as a hundred calls of a server.
    sample_every = 25

    def __init__(self, name: str, argv: Sequence[str] | None, *, remedy: str, timeout_sec: float = TIMEOUT_SEC) -> None:
        self.name = name
        self.argv = list(argv) if argv else None
        self.timeout_sec = timeout_sec
        self.remedy = remedy

    def availability(self) -> Availability:
        """Return if the executable exists."""
        if self.argv is None or shutil.which(self.argv[0]) is None:
            return Availability(available=False, reason="its executable was not found", remedy=self.remedy)
        return Availability(available=True)

    def answer(self, line: bytes) -> bytes:
        """Answer by a new process. Raises `PortError`."""
        assert self.argv is not None, "an unavailable port is not asked"
        try:
            return request_once(self.argv, line, self.timeout_sec)
        except ServerError as error:
            raise PortError(f"{error.cause}: {error}") from error


def haskell(*, timeout_sec: float = TIMEOUT_SEC) -> ServerPort:
    """Return the Haskell reducer as a persistent server."""
    exe = find_executable()
    return ServerPort("haskell", _argv(exe, "--server"), remedy=HOW_TO_GET, timeout_sec=timeout_sec)


def haskell_oneshot(*, timeout_sec: float = TIMEOUT_SEC) -> OneshotPort:
    """Return the Haskell reducer, started for every call."""
    return OneshotPort("haskell-oneshot", _argv(find_executable()), remedy=HOW_TO_GET, timeout_sec=timeout_sec)


def _argv(exe: Path | None, *arguments: str) -> list[str] | None:
    return None if exe is None else [str(exe), *arguments]
