"""The reference, in this process."""

from __future__ import annotations

from harness.panel import Availability
from harness.subjects.reducer.ports.base import Outcome, Port
from reducer.wire import handle_line, with_sessions


class PythonPort(Port):
    """The Python reducer behind its wire, called directly."""

    name = "python"
    has_sessions = True

    def __init__(self) -> None:
        self._methods = with_sessions()
        self._repeated: dict[bytes, Outcome] = {}

    def availability(self) -> Availability:
        """Return that the port is available: it is part of the harness."""
        return Availability(available=True)

    def answer(self, line: bytes) -> bytes:
        """Answer a request line in this process."""
        return handle_line(line, self._methods).rstrip(b"\n")

    def repeat(self, line: bytes, wanted: bytes | None = None) -> Outcome:
        """Answer a line that every case asks once: only sessions keep anything."""
        del wanted
        if line not in self._repeated:
            self._repeated[line] = self.ask(line)
        return self._repeated[line]
