"""The reference, in this process."""

from __future__ import annotations

from functools import lru_cache

from harness.panel import Availability
from harness.subjects.reducer.ports.base import Outcome, Port
from reducer.wire import handle_line, with_sessions

# More lines than a case asks, so that they are answered once for all ports.
REMEMBERED = 512


class PythonPort(Port):
    """The Python reducer behind its wire, called directly."""

    name = "python"
    has_sessions = True
    answers_json = True

    def __init__(self) -> None:
        self._methods = with_sessions()
        self._remembered = lru_cache(REMEMBERED)(self.ask)

    def availability(self) -> Availability:
        """Return that the port is available: it is part of the harness."""
        return Availability(available=True)

    def answer(self, line: bytes) -> bytes:
        """Answer a request line in this process."""
        return handle_line(line, self._methods).rstrip(b"\n")

    def repeat(self, line: bytes, wanted: bytes | None = None) -> Outcome:
        """Answer a line of the latest ones, and of those that every case asks, once: only sessions keep anything."""
        del wanted
        return self._remembered(line)
