"""A case compared through and through: its replay, and the methods that replay does not ask for but production does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import state_machine as sm
from doge_core.client import Server
from doge_core.errors import ServerError
from doge_core.session import Sessions
from generators.case import Case, Json
from generators.choices import REFUSED
from harness.comparators.divergence import Divergence
from harness.comparators.exact import compare, locate
from harness.comparators.spelling import misspelled
from harness.judge import compare_outcomes, judge
from harness.ports.base import Outcome, Port
from harness.ports.process import ServerPort
from harness.sampled import sampled_requests
from reducer.requests import error_object, read_config, read_event, read_sizes, tagged
from reducer.snapshot import encode, read_state
from reducer.types import Action, PairState
from reducer.wire import handle_line, with_sessions

# Enough to meet every branch of a long case without doubling the work of a run.
STEPS_MAX = 12

Transition = Callable[..., tuple[PairState, list[Action]]]


def compare_case(
    *, case: Case, reference: Outcome, candidate: Outcome, reference_port: Port, port: Port, thorough: bool
) -> list[Divergence]:
    """The divergences of a port on a case whose replay is already there; empty at parity.

    `thorough` goes on, where the replay agrees, with single transitions, the other methods and a session.
    """
    found = judge(case=case, reference=reference, candidate=candidate, reference_port=reference_port, port=port)
    if found or not thorough:
        return found
    found = compare_methods(case=case, answer=reference.answer, reference_port=reference_port, port=port)
    if not found and isinstance(port, ServerPort):
        found = compare_session(case=case, port=port)
    return found


def compare_methods(*, case: Case, answer: Json, reference_port: Port, port: Port) -> list[Divergence]:
    """Divergences of the methods beyond replay, with the method at the head of the path."""
    found: list[Divergence] = []
    for method, request in sampled_requests(case, answer):
        reference, candidate = reference_port.call(method, request), port.call(method, request)
        parted = compare_outcomes(reference=reference, candidate=candidate, case=case, path=f"$.{method}")
        found += [replace(each, event=request.get("event")) for each in parted]
        if candidate.line is None:
            # Whatever fails once may fail at every request, and each may cost its whole timeout.
            return found
    return found + compare_transitions(case=case, reference_port=reference_port, port=port)


def compare_transitions(*, case: Case, reference_port: Port, port: Port, steps_max: int = STEPS_MAX) -> list[Divergence]:
    """Divergences of single transitions, each from the state that the reference's last one led to."""
    state = case.state
    for step, event in enumerate(case.events[:steps_max]):
        request = {**case.inputs(), "state": state, "event": event}
        reference, candidate = reference_port.transition(request), port.transition(request)
        found = compare_outcomes(reference=reference, candidate=candidate, case=case, path=f"$.steps[{step}]")
        if found:
            return found
        state = reference.answer.get("state", state)
    return []


class Overheard:
    """A server, to its client; every answer that passes is held against that of the reference's own session."""

    def __init__(self, server: Server, case: Case) -> None:
        self.path = "$"
        self.found: list[Divergence] = []
        self._server = server
        self._case = case
        self._methods = with_sessions()

    def request(self, line: bytes) -> bytes:
        """The server's answer. Raises `ServerError`."""
        answer = self._server.request(line)
        reference = Outcome(handle_line(line, self._methods).rstrip(b"\n"))
        candidate = Outcome(answer)
        # What is not JSON is for the client to refuse.
        if candidate.is_json():
            self.found += compare_outcomes(
                reference=Outcome(_determined(reference)),
                candidate=Outcome(_determined(candidate)),
                case=self._case,
                path=self.path,
            )
            self.found += [
                locate(path=where, kind=kind, reference=left, candidate=right, events=self._case.events)
                for where, kind, left, right in misspelled(reference=reference.answer, line=answer, path=self.path)
            ]
        return answer


def _determined(outcome: Outcome) -> bytes:
    """What of a step's answer can be written in one way only: equal orders can be listed by either's index."""
    free = ("orders", "recovery_orders")
    return json.dumps({key: value for key, value in outcome.answer.items() if key not in free}).encode()


def compare_session(*, case: Case, port: ServerPort) -> list[Divergence]:
    """Divergences between the production client's session and the reference, step by step."""
    try:
        state = read_state(case.state, "state")
        settings = (read_config(case.config), case.order_size_usd, read_sizes(case.order_sizes))
    except REFUSED:
        return []
    overheard: Overheard | None = None
    held = state
    for step, event in readable_events(case):
        path = f"$.steps[{step}]"
        reference, state = _outcome(sm.transition, state, event, settings)
        try:
            if overheard is None:
                overheard = Overheard(port.server(), case)
                sessions = Sessions(cast(Server, overheard))
            overheard.path = f"{path}.session"
            candidate, held = _outcome(sessions.transition, held, event, settings)
        except ServerError as error:
            port.close()
            failure = f"{error.cause}: {error}"
            where = f"{path}.session"
            return [locate(path=where, kind="error", reference="a step", candidate=failure, events=case.events)]
        found = compare(reference=reference, candidate=candidate, events=case.events, path=path)
        found += overheard.found
        if found:
            return found
    return []


def readable_events(case: Case) -> Iterator[tuple[int, Any]]:
    """The events that a Python caller could make, with their steps."""
    for step, data in enumerate(case.events):
        try:
            yield step, read_event(data)
        except REFUSED:
            continue


def _outcome(transition: Transition, state: PairState, event: Any, settings: tuple[Any, ...]) -> tuple[Json, PairState]:
    try:
        after, actions = transition(state, event, *settings)
    except REFUSED as error:
        return error_object(error), state
    return {"state": encode(after), "actions": [tagged(action) for action in actions]}, after
