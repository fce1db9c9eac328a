"""Ports in processes of their own. A port may die, hang, print or change global state; the run reports it and goes on."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from generators.detector.case import DetectorCase
from generators.errors import ParityError
from generators.plain import Json
from harness.comparators.divergence import Divergence
from harness.comparators.path import Path
from harness.panel import Availability
from harness.subjects.detector.asking.calls import Answer, answered
from harness.subjects.detector.ports.modules import DetectorPort, UnnamedError
from harness.subjects.detector.ports.surface import differing
from harness.subjects.detector.ports.threads import one_thread
from harness.words import signal_name

# The reference takes a few seconds per case at most; a port that takes this long counts as hung.
CASE_SEC = 120.0
# After this many breakdowns, a port is not called again.
BREAKDOWNS_MAX = 3


class BrokenPortError(ParityError):
    """A port did not answer: it ended its process, hung, or raised an unexpected exception. The message says which.

    `cause` says it in a word or two, without what differs from one failure to the next.
    """

    def __init__(self, text: str, cause: str) -> None:
        super().__init__(text)
        self.cause = cause


class GivenUpError(ParityError):
    """A port broke down too often to be called again."""


@dataclass(frozen=True)
class Opened:
    """The availability, version and missing names of a port whose module was imported."""

    available: Availability
    version: str | None = None
    lacks: tuple[str, ...] = ()


class IsolatedPort:
    """A port behind a pipe. Its process is started by the first call, and again after a breakdown."""

    def __init__(self, port: DetectorPort, *, timeout_sec: float = CASE_SEC) -> None:
        self.port = port
        self.name = port.name
        self.timeout_sec = timeout_sec
        self.breakdowns = 0
        self._child: tuple[Any, Connection] | None = None
        self._opened: Opened | None = None

    def opened(self) -> Opened:
        """Import the module in the process; return the result, which is cached."""
        if self._opened is None:
            try:
                self._opened = self._ask("open")
            except BrokenPortError as error:
                self._opened = Opened(self.port.broken(f"importing it: {error}"))
        return self._opened

    def differing(self, surface: Json) -> list[Divergence]:
        """Return the divergences of the port's surface from the contract's."""
        try:
            found: list[Divergence] = self._ask("differing", surface)
        except BrokenPortError as error:
            return [Divergence(path=Path("surface"), kind="error", reference="an answer", candidate=str(error))]
        return found

    def answer(self, case: DetectorCase) -> Answer:
        """Run a case in the process. Raises `UnnamedError`, `BrokenPortError` and `GivenUpError`."""
        if self.breakdowns >= BREAKDOWNS_MAX:
            raise GivenUpError(self.name)
        found: Answer = self._ask("answer", case)
        return found

    def close(self) -> None:
        """Kill the process, if there is one."""
        if self._child is not None:
            process, pipe = self._child
            self._child = None
            pipe.close()
            process.kill()
            process.join()

    def _ask(self, what: str, *given: Any) -> Any:
        if self._child is None:
            self._child = _start(self.port)
        process, pipe = self._child
        try:
            pipe.send((what, given))
            if not pipe.poll(self.timeout_sec):
                self._breakdown()
                raise BrokenPortError(f"no answer within {self.timeout_sec:g} s", "timeout")
            kind, value = pipe.recv()
        except (EOFError, OSError):
            process.join(1.0)
            status = process.exitcode
            self._breakdown()
            raise BrokenPortError(_ending(status), _ending(status)) from None
        if kind == "unnamed":
            raise UnnamedError(value)
        if kind == "raised":
            raise BrokenPortError(value, f"raised {value.partition(':')[0]}")
        return value

    def _breakdown(self) -> None:
        self.breakdowns += 1
        self.close()


@contextmanager
def isolated(port: DetectorPort, *, timeout_sec: float = CASE_SEC) -> Iterator[IsolatedPort]:
    """Isolate a port in a process that ends with the block."""
    isolated_port = IsolatedPort(port, timeout_sec=timeout_sec)
    try:
        yield isolated_port
    finally:
        isolated_port.close()


def _ending(status: int | None) -> str:
    if status is None:
        return "it closed its pipe"
    if status < 0:
        return f"it ended its process by {signal_name(-status)}"
    return f"it ended its process with exit code {status}"


def _start(port: DetectorPort) -> tuple[Any, Connection]:
    context = get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(port, theirs, ours), daemon=True)
    with warnings.catch_warnings():
        # Python warns of forking with threads, but BLAS stops its threads before a fork.
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    theirs.close()
    return process, ours


def _serve(port: DetectorPort, pipe: Connection, parents: Connection) -> None:
    """Serve requests in the child process until the pipe is closed."""
    parents.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A port's output must not get into a report.
    os.dup2(2, 1)
    sys.stdout = sys.stderr = os.fdopen(2, "w", closefd=False, errors="replace")
    requests: dict[str, Callable[..., Any]] = {
        "open": lambda: _open(port),
        "differing": lambda surface: differing(loaded(port), surface),
        "answer": lambda case: answered(loaded(port), case),
    }
    while True:
        try:
            what, given = pipe.recv()
        except EOFError:
            os._exit(0)
        try:
            with one_thread():
                reply = ("done", requests[what](*given))
        except UnnamedError as error:
            reply = ("unnamed", str(error))
        except BaseException as error:
            reply = ("raised", said(error))
        try:
            pipe.send(reply)
        except Exception as error:
            pipe.send(("raised", said(error)))


def loaded(port: DetectorPort) -> DetectorPort:
    """Import the names of a port in this process, if necessary; return the port."""
    port.availability()
    return port


def _open(port: DetectorPort) -> Opened:
    available = port.availability()
    if not available.available:
        return Opened(available)
    return Opened(available, port.version(), tuple(port.missing()))


def said(error: BaseException) -> str:
    """Return an exception's type and the first line of its text, if it can be converted to text."""
    try:
        text = str(error)
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text.partition(chr(10))[0]}"
