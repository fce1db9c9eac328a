"""The interface of the reducer's ports."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from generators.errors import ParityError
from generators.reducer.case import Case, to_line
from harness.panel import Availability


class PortError(ParityError):
    """A port gave no answer: it died, hung or printed garbage. The message says which, and `cause` in a word or two."""

    def __init__(self, text: str, cause: str) -> None:
        super().__init__(text)
        self.cause = cause


@dataclass(frozen=True)
class Outcome:
    """A port's result for one request: an answer line, or a failure."""

    line: bytes | None
    failure: str = ""
    cause: str = ""

    @classmethod
    def of(cls, answer: Any, line: bytes) -> Outcome:
        """Return the outcome of an answer that need not be read from its line again."""
        outcome = cls(line)
        outcome.__dict__["answer"] = answer
        return outcome

    @cached_property
    def answer(self) -> Any:
        """The answer as plain data. There must be one."""
        assert self.line is not None, "a failure has no answer"
        return json.loads(self.line)

    def is_json(self) -> bool:
        """Return True if the line is one JSON object."""
        try:
            return isinstance(self.answer, dict)
        except (ValueError, RecursionError):
            return False

    @cached_property
    def compact(self) -> bytes:
        """The answer as JSON without spaces, fields in their order, floats with the fewest digits."""
        return json.dumps(self.answer, separators=(",", ":")).encode()


class Question(NamedTuple):
    """A request line with the answer that is wanted, if it is known. `always` is set where every case asks it."""

    line: bytes
    wanted: bytes | None = None
    always: bool = False


class Port(ABC):
    """One implementation of the reducer, reached in one way.

    `sample_every` is 1 for a port whose calls are cheap; a port that starts a process per call takes each n-th generated case.
    """

    name: str
    sample_every: int = 1
    has_sessions: bool = False
    # True where every answer is made as JSON, so that it need not be read to know.
    answers_json: bool = False
    # What a built-in port must call itself, so that no other implementation passes under its name.
    implementation: str | None = None

    @abstractmethod
    def availability(self) -> Availability:
        """Return if the port is available on this machine."""

    @abstractmethod
    def answer(self, line: bytes) -> bytes:
        """Answer one request line; both lines are without a newline. Raises `PortError`."""

    def close(self) -> None:
        """Release the port's resources."""
        return

    def ask(self, line: bytes, wanted: bytes | None = None) -> Outcome:
        """Return the outcome of one request line; a failure is an outcome too. An answer that is `wanted` need not be read."""
        try:
            return self.outcome(self.answer(line), wanted)
        except PortError as error:
            return Outcome(None, str(error), error.cause)

    def outcome(self, answer: bytes, wanted: bytes | None) -> Outcome:
        """Return the outcome of an answer, which is a failure if it is not JSON."""
        outcome = Outcome(answer)
        if self.answers_json or answer == wanted or outcome.is_json():
            return outcome
        return Outcome(None, f"answered what is not JSON: {_start(answer)}", "garbage")

    def repeat(self, line: bytes, wanted: bytes | None = None) -> Outcome:
        """Return the outcome of a line that may be asked again; who keeps nothing need answer it only once."""
        return self.ask(line, wanted)

    def ask_all(self, questions: Sequence[Question]) -> Iterator[Outcome]:
        """Yield the outcomes of some lines that have nothing to do with each other, in order."""
        for line, wanted, always in questions:
            yield self.repeat(line, wanted) if always else self.ask(line, wanted)

    def replay(self, case: Case, wanted: bytes | None = None) -> Outcome:
        """Replay all steps of a case."""
        return self.ask(case.line, wanted)

    def transition(self, request: Mapping[str, Any]) -> Outcome:
        """Make one step; `request` has the fields `state`, `event` and the settings."""
        return self.call("transition", request)

    def call(self, method: str, request: Mapping[str, Any]) -> Outcome:
        """Call any method of the wire."""
        return self.ask(to_line({"method": method, **request}))

    def describe(self) -> Outcome:
        """Ask for the port's own description of the contract."""
        return self.call("describe", {})


def _start(line: bytes | None) -> str:
    return ascii((line or b"")[:60].decode(errors="replace"))
