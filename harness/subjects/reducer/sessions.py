"""Compares a session of the production client on a port with the reference, step by step.

Between the steps the state is changed as a bot changes it, so that patches are compared as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from zlib import crc32

import msgspec

import state_machine as sm
from doge_core.errors import ServerError, ServerGarbageError
from doge_core.replaying import Replay, in_parts, replay_by
from doge_core.session import Sessions
from generators.plain import Json
from generators.reducer.case import Case
from generators.reducer.patches import patched
from generators.reducer.stepping import REFUSED, Step
from harness.comparators.divergence import Divergence
from harness.comparators.exact import compare, locate
from harness.comparators.path import ROOT_PATH, Path
from harness.subjects.reducer.judge import compare_outcomes
from harness.subjects.reducer.ports.base import Outcome, Port, PortError
from harness.subjects.reducer.spelling import misspelled
from reducer.requests import error_object, read_config, read_event, read_sizes, tagged
from reducer.snapshot import encode, read_state
from reducer.types import Action, PairState
from reducer.wire import handle_line, with_sessions

AT_ONCE_EVERY = 4

# MessagePack keeps apart the types that JSON has, ints and floats, and the bits of doubles, in a fifteenth of the time.
_pack = msgspec.msgpack.Encoder().encode

Transition = Callable[..., tuple[PairState, list[Action]]]


class ComparedServer:
    """A port in place of a client's server. Every answer is compared with that of the reference's own session."""

    def __init__(self, port: Port, case: Case) -> None:
        self.path = ROOT_PATH
        self.found: list[Divergence] = []
        self._port = port
        self._case = case
        self._methods = with_sessions()

    def kill(self) -> None:
        """Do nothing: the port is the caller's."""

    close = kill

    def request(self, line: bytes) -> bytes:
        """Return the port's answer, after comparing it. Raises `ServerError`."""
        try:
            answer = self._port.answer(line)
        except PortError as error:
            raise ServerGarbageError(str(error)) from error
        reference = Outcome(handle_line(line, self._methods).rstrip(b"\n"))
        if answer == reference.line:
            return answer
        candidate = Outcome(answer)
        # The client refuses what is not JSON.
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
    """Return the part of a step's answer that is unique; of equal orders, either's index may be listed."""
    free = ("orders", "recovery_orders")
    return json.dumps({key: value for key, value in outcome.answer.items() if key not in free}).encode()


def compare_session(*, case: Case, port: Port) -> list[Divergence]:
    """Return the divergences of the first divergent step; empty at parity and for a case without a readable state.

    Of every fourth case all events are sent at once besides.
    """
    try:
        state = read_state(case.state, "state")
        settings = (read_config(case.config), case.order_size_usd, read_sizes(case.order_sizes))
    except REFUSED:
        return []
    found = _compare_steps(case, port, state, settings)
    if not found and crc32(case.line) % AT_ONCE_EVERY == 0:
        found = _compare_at_once(case, port, state, settings)
    return found


def _compare_steps(case: Case, port: Port, state: PairState, settings: tuple[Any, ...]) -> list[Divergence]:
    server = ComparedServer(port, case)
    sessions = Sessions(server)
    session_state = state
    for step, event in readable_events(case):
        path = Path("steps", step)
        state, session_state = patched(state, step), patched(session_state, step)
        reference = _step(sm.transition, state, event, settings)
        server.path = path / "session"
        try:
            candidate = _step(sessions.transition, session_state, event, settings)
        except ServerError as error:
            return [_failure(error, case, port, server.path)]
        found = list(server.found)
        if not _alike(reference, candidate):
            found = compare(reference=_told(reference), candidate=_told(candidate), events=case.events, path=path) + found
        if found:
            return found
        if not isinstance(reference, Exception) and not isinstance(candidate, Exception):
            state, session_state = reference[0], candidate[0]
    return []


class _LeftToSingleCallsError(Exception):
    """The client leaves a replay to one call for each event, which was compared by steps."""


def _compare_at_once(case: Case, port: Port, state: PairState, settings: tuple[Any, ...]) -> list[Divergence]:
    server = ComparedServer(port, case)
    server.path = Path("session")
    sessions = Sessions(server)

    def part(state: PairState, events: Sequence[Any]) -> Replay:
        result = sessions.replay(state, events, *settings)
        if result is None:
            raise _LeftToSingleCallsError
        return result

    events = [event for _, event in readable_events(case)]
    reference = _replayed(lambda: replay_by(sm.transition, state, events, *settings))
    try:
        candidate = _replayed(lambda: in_parts(part, state, events))
    except _LeftToSingleCallsError:
        return server.found
    except ServerError as error:
        return [_failure(error, case, port, server.path)]
    return compare(reference=reference, candidate=candidate, events=case.events, path=server.path) + server.found


def _failure(error: ServerError, case: Case, port: Port, path: Path) -> Divergence:
    port.close()
    failure = str(error) if isinstance(error.__cause__, PortError) else f"{error.cause}: {error}"
    return locate(path=path, kind="error", reference="a step", candidate=failure, events=case.events)


def _replayed(replay: Callable[[], Replay]) -> Json:
    try:
        result = replay()
    except REFUSED as error:
        return error_object(error)
    actions = [[tagged(action) for action in acted] for acted in result.actions]
    return {"state": encode(result.state), "actions": actions}


def readable_events(case: Case) -> Iterator[tuple[int, Any]]:
    """Yield the events that a Python caller could make, with their steps."""
    for step, data in enumerate(case.events):
        try:
            yield step, read_event(data)
        except REFUSED:
            continue


def _step(transition: Transition, state: PairState, event: Any, settings: tuple[Any, ...]) -> Step:
    try:
        return transition(state, event, *settings)
    except REFUSED as error:
        return error


def _alike(reference: Step, candidate: Step) -> bool:
    """Return True if two steps are the same for certain; then they need not be made plain to be compared."""
    if isinstance(reference, Exception) or isinstance(candidate, Exception):
        return False
    if [type(action) for action in reference[1]] != [type(action) for action in candidate[1]]:
        return False
    try:
        return _pack(reference) == _pack(candidate)
    except (TypeError, ValueError, OverflowError):
        # It holds what no state may hold, and is told field by field.
        return False


def _told(step: Step) -> Json:
    """Return a step as plain data."""
    if isinstance(step, Exception):
        return error_object(step)
    after, actions = step
    return {"state": encode(after), "actions": [tagged(action) for action in actions]}
