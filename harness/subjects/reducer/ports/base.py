"""The interface of the reducer's ports, however they are reached."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from generators.errors import ParityError
from generators.reducer.case import Case, to_line
from harness.panel import Availability


class PortError(ParityError):
    """A port gave no answer: it died, hung or printed garbage. The message says which."""


@dataclass(frozen=True)
class Outcome:
    """All that a port produced for one request: a line, or the failure to give one."""

    line: bytes | None
    failure: str = ""

    @cached_property
    def answer(self) -> Any:
        """The line as plain data. Only for an outcome without failure."""
        assert self.line is not None, "a failure has no answer"
        return json.loads(self.line)

    def is_json(self) -> bool:
        """True if the line is one JSON object."""
        try:
            return isinstance(self.answer, dict)
        except (ValueError, RecursionError):
            return False

    @cached_property
    def compact(self) -> bytes:
        """The answer as one line without spaces, its fields in their order and its floats with the shortest digits."""
        return json.dumps(self.answer, separators=(",", ":")).encode()


class Port(ABC):
    """One implementation of the reducer, reached in one way.

    `sample_every` is 1 where a call is cheap; a port that starts a process for every call takes each n-th generated case.
    """

    name: str
    sample_every: int = 1
    has_sessions: bool = False

    @abstractmethod
    def availability(self) -> Availability:
        """The availability of the port on this machine."""

    @abstractmethod
    def answer(self, line: bytes) -> bytes:
        """One request line in, one answer line out, both without their end. Raises `PortError`."""

    def close(self) -> None:
        """Let go of whatever the port holds."""
        return

    def ask(self, line: bytes) -> Outcome:
        """The outcome of one line; a failure is an outcome too, and the next call starts afresh."""
        try:
            outcome = Outcome(self.answer(line))
        except PortError as error:
            return Outcome(None, str(error))
        return outcome if outcome.is_json() else Outcome(None, f"answered what is not JSON: {_start(outcome.line)}")

    def replay(self, case: Case) -> Outcome:
        """All steps of a case."""
        return self.ask(case.line)

    def transition(self, request: Mapping[str, Any]) -> Outcome:
        """One step; `request` has the fields `state`, `event` and the settings."""
        return self.call("transition", request)

    def call(self, method: str, request: Mapping[str, Any]) -> Outcome:
        """Any method of the wire."""
        return self.ask(to_line({"method": method, **request}))

    def describe(self) -> Outcome:
        """The port's own view of the contract."""
        return self.call("describe", {})


def _start(line: bytes | None) -> str:
    return ascii((line or b"")[:60].decode(errors="replace"))
