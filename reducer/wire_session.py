"""Sessions of the wire, as the reference serves them: requests carry only the event, answers only what changed."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reducer.digest import pack, state_digest
from reducer.domain import KINDS, check_int, wrong_type
from reducer.invariants import check_invariants
from reducer.requests import (
    EventError,
    Json,
    read_event,
    read_list,
    read_patch,
    read_request_state,
    read_settings,
    required,
    session_lost,
)
from reducer.snapshot import encode
from reducer.transition import transition
from reducer.types import Action, EngineConfig, PairState

SESSIONS_MAX = 64

Settings = tuple[EngineConfig, float, Mapping[str, float] | None]


@dataclass
class Session:
    """The state and the settings that the server keeps for a client."""

    state: PairState
    digest: str
    cfg: EngineConfig
    order_size_usd: float
    order_sizes: Mapping[str, float] | None


class Sessions:
    """The most recently used sessions, at most `SESSIONS_MAX`."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[int, Session] = OrderedDict()

    def step(self, request: Mapping[str, Any]) -> Json:
        """Answer `step`: apply an event to a session, or several. A step that fails changes nothing."""
        number = _number(request)
        before, state = (None, read_request_state(request)) if "state" in request else self._find(request)
        if "events" in request:
            events = read_list(request["events"], "events")
            settings = _settings(request, before)
            after, rows = _steps(state, events, settings)
        else:
            event = read_event(required(request, "event"))
            settings = _settings(request, before)
            after, actions = transition(state, event, *settings)
            rows = [_row(action) for action in actions]
        self._sessions[number] = Session(after, state_digest(after), *settings)
        self._sessions.move_to_end(number)
        if len(self._sessions) > SESSIONS_MAX:
            self._sessions.popitem(last=False)
        return {"digest": self._sessions[number].digest, **delta(state, after), "actions": rows}

    def check_invariants(self, request: Mapping[str, Any]) -> Json:
        """Answer `check_invariants` for the state in the request, or for the session's."""
        held = "session" in request and "state" not in request
        state = self._find(request)[1] if held else read_request_state(request)
        return {"violations": check_invariants(state)}

    def _find(self, request: Mapping[str, Any]) -> tuple[Session, PairState]:
        """Return the session that the request names, and its state with what the request patches."""
        session = self._sessions.get(_number(request))
        digest = required(request, "digest")
        if not isinstance(digest, str):
            raise wrong_type("digest", "a string", digest)
        if session is None:
            raise session_lost()
        state, found = session.state, session.digest
        if "patch" in request:
            state = read_patch(request["patch"], state)
            found = state_digest(state)
        if found != digest:
            raise session_lost()
        return session, state


def _steps(state: PairState, events: list[Any], settings: Settings) -> tuple[PairState, list[Any]]:
    """Apply events in turn; return the last state and the actions of each. Raises `EventError`."""
    rows = []
    for index, data in enumerate(events):
        try:
            state, actions = transition(state, read_event(data), *settings)
        except (ValueError, TypeError, OverflowError) as error:
            raise EventError(index, error) from error
        rows.append([_row(action) for action in actions])
    return state, rows


def _row(action: Action) -> list[Any]:
    return [type(action).__name__, *encode(action).values()]


def _number(request: Mapping[str, Any]) -> int:
    number = check_int(required(request, "session"), "session")
    if number < 0:
        raise ValueError("session: must not be negative")
    return number


def _settings(request: Mapping[str, Any], before: Session | None) -> Settings:
    """Read the settings of a request; those that it leaves out stay as they were."""
    if before is None:
        return read_settings(request)
    kept = {
        "config": encode(before.cfg),
        "order_size_usd": before.order_size_usd,
        "order_sizes": before.order_sizes,
    }
    sent = {name: request[name] for name in kept if name in request}
    return read_settings({**kept, **sent})


def delta(before: PairState, after: PairState) -> Json:
    """Return what changed from one state to the next, as `step` answers it. JSON is compared, so -0.0 differs from 0.0."""
    changed: Json = {}
    lists: Json = {}
    for name, kind in KINDS[PairState].items():
        old, new = getattr(before, name), getattr(after, name)
        if old is new:
            continue
        if kind.item is None:
            if json.dumps(old) != json.dumps(new):
                changed[name] = new
        elif name == "completed_cycles":
            lists[name] = [list(encode(record).values()) for record in new[len(old) :]] or None
        else:
            lists[name] = _merge_list(old, new)
    return {"set": changed, **{name: rows for name, rows in lists.items() if rows is not None}}


def _merge_list(old: tuple[Any, ...], new: tuple[Any, ...]) -> list[Any] | None:
    """Return the new list as indexes into the old one and rows of new items, or None if nothing changed."""
    before, after = [pack(item) for item in old], [pack(item) for item in new]
    if before == after:
        return None
    packed = zip(after, new, strict=True)
    return [before.index(key) if key in before else list(encode(item).values()) for key, item in packed]
