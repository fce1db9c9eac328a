"""A port that does something else with a patch than the reference is found, even if it answers a session's client with care."""

from __future__ import annotations

import json
from typing import Any

import pytest

from golden.reducer.corpus import golden_cases
from harness.subjects.reducer.ports.python import PythonPort
from harness.subjects.reducer.sessions import compare_session
from reducer.digest import state_digest
from reducer.requests import read_patch
from reducer.wire import handle_line, with_sessions


class Careless(PythonPort):
    """The reference's sessions, which leave a field out of each patch, and take the digest for the one that this makes."""

    name = "careless"

    def __init__(self, field: str) -> None:
        self.field = field
        self.methods = with_sessions()
        self.dropped = 0

    def answer(self, line: bytes) -> bytes:
        request = json.loads(line)
        given = request.get("digest")
        if "patch" in request and self.field in request["patch"]:
            del request["patch"][self.field]
            request["digest"] = self._digest(request)
        answer = handle_line(json.dumps(request).encode(), self.methods).rstrip(b"\n")
        # A step that is refused leaves the state as it was, with or without the patch.
        self.dropped += request.get("digest") != given and b'"error"' not in answer
        return answer

    def _digest(self, request: dict[str, Any]) -> str:
        sessions: Any = self.methods["step"].__self__  # type: ignore[attr-defined]  # the reference's own sessions
        return state_digest(read_patch(request["patch"], sessions._sessions[request["session"]].state))


@pytest.mark.parametrize(
    "field", ["orders", "mode_source", "total_fees", "market_price", "completed_cycles", "cooldown_until_a"]
)
def test_a_field_that_a_port_forgets_is_found(field: str) -> None:
    dropped = found = 0
    for case in golden_cases():
        port = Careless(field)
        divergences = compare_session(case=case, port=port)
        dropped += port.dropped > 0
        found += bool(divergences)
    # An event may undo a patch: of two orders that were turned round, one is filled and gone.
    assert found >= 0.8 * dropped > 0


def test_nothing_is_found_where_nothing_is_forgotten() -> None:
    assert not any(compare_session(case=case, port=Careless("no field")) for case in golden_cases())
