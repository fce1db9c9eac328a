"""A port that does something else with a patch than the reference is found, even if it answers a session's client with care."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import pytest

from doge_core.session import Sessions as Client
from generators.plain import INT64_MAX, INT64_MIN
from generators.reducer.bulk import generate_case
from golden.reducer.corpus import golden_cases
from harness.subjects.reducer.ports.python import PythonPort
from harness.subjects.reducer.sessions import _alike, compare_session
from reducer.digest import state_digest
from reducer.requests import read_patch
from reducer.types import Action, CancelOrderAction, PairState, replace
from reducer.wire import METHODS, handle_line
from reducer.wire_session import Sessions


class Careless(PythonPort):
    """The reference's sessions, which leave a field out of each patch, and take the digest for the one that this makes."""

    name = "careless"

    def __init__(self, field: str) -> None:
        self.field = field
        self.sessions = Sessions()
        self.methods = {**METHODS, "step": self.sessions.step, "check_invariants": self.sessions.check_invariants}
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
        return state_digest(read_patch(request["patch"], self.sessions._sessions[request["session"]].state))


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


class Narrow(PythonPort):
    """The reference's sessions, which refuse a value in a patch that it may have."""

    name = "narrow"

    def __init__(self, value: bytes) -> None:
        super().__init__()
        self.value = value

    def answer(self, line: bytes) -> bytes:
        _, has_patch, rest = line.partition(b'"patch":')
        if has_patch and self.value in rest.partition(b'"config":')[0]:
            return b'{"error":"patch: is not to this port\'s liking","kind":"ValueError"}'
        return super().answer(line)


@pytest.mark.parametrize("value", [str(INT64_MIN), str(INT64_MAX), '[0,{"trade_id":"', ":null", '"Infinity"', "-0.0"])
def test_a_value_that_a_patch_may_have_and_a_port_refuses_is_found(value: str) -> None:
    assert any(compare_session(case=case, port=Narrow(value.encode())) for case in golden_cases())


class Hurried(PythonPort):
    """The reference, but of several events at once it does something else."""

    def __init__(self, spoil: Callable[[dict[str, Any]], None]) -> None:
        super().__init__()
        self.spoil = spoil

    def answer(self, line: bytes) -> bytes:
        answer = super().answer(line)
        if b'"events":' in line and b'"method":"step"' in line:
            told = json.loads(answer)
            self.spoil(told)
            return json.dumps(told).encode()
        return answer


def forgets_actions(told: dict[str, Any]) -> None:
    told["actions"] = [[] for _ in told.get("actions", [])]


def answers_one_too_few(told: dict[str, Any]) -> None:
    told.get("actions", []).pop()


def names_another_event(told: dict[str, Any]) -> None:
    if "index" in told:
        told["index"] += 1


def names_no_event(told: dict[str, Any]) -> None:
    told.pop("index", None)


def forgets_a_field(told: dict[str, Any]) -> None:
    told.get("set", {}).pop("now", None)


SPOILT = (forgets_actions, answers_one_too_few, names_another_event, names_no_event, forgets_a_field)


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
def test_several_events_at_once_are_compared(spoil: Callable[[dict[str, Any]], None]) -> None:
    # Cases whose event is refused, too; fixtures and generated ones.
    cases = [*golden_cases(), *(generate_case(11, index) for index in range(120))]
    assert any(compare_session(case=case, port=Hurried(spoil)) for case in cases)


@dataclass(frozen=True)
class CancelledOrderAction:
    """An action with the fields of another one."""

    local_id: int
    txid: str
    reason: str = ""


MISTAKEN: dict[str, Callable[[PairState, list[Action]], tuple[PairState, list[Any]]]] = {
    "an int for a float": lambda state, actions: (replace(state, total_fees=int(state.total_fees)), actions),
    "a zero of the other sign": lambda state, actions: (replace(state, today_realized_loss=-0.0), actions),
    "an int for a flag": lambda state, actions: (replace(state, long_only=int(state.long_only)), actions),
    "another last bit": lambda state, actions: (replace(state, now=math.nextafter(state.now, math.inf)), actions),
    "NaN": lambda state, actions: (replace(state, total_profit=math.nan), actions),
    "one action too few": lambda state, actions: (state, actions[1:]),
}


@pytest.mark.parametrize("mistake", MISTAKEN)
def test_a_client_that_makes_something_else_of_an_answer_is_found(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    transition = Client.transition

    def mistaken(client: Client, *given: Any) -> Any:
        return MISTAKEN[mistake](*transition(client, *given))

    monkeypatch.setattr(Client, "transition", mistaken)
    assert any(compare_session(case=case, port=PythonPort()) for case in golden_cases())


def test_an_action_of_another_class_is_not_alike() -> None:
    fields: dict[str, Any] = {"local_id": 1, "txid": "t"}
    one, same, other = [CancelOrderAction(**fields)], [CancelOrderAction(**fields)], [CancelledOrderAction(**fields)]
    assert _alike((PairState(0.1, 0.0), [*one]), (PairState(0.1, 0.0), [*same]))
    assert not _alike((PairState(0.1, 0.0), [*one]), (PairState(0.1, 0.0), cast(Any, other)))


@pytest.mark.parametrize("value", [2**70, "\ud800", 1j, object()], ids=["beyond-64-bits", "surrogate", "complex", "object"])
def test_what_cannot_be_packed_is_not_alike(value: Any) -> None:
    assert not _alike((PairState(0.1, 0.0), []), (PairState(0.1, 0.0, total_fees=value), []))
