"""Sessions with a running server: for a state that the server returned last, a request carries only the event."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable, Sequence
from typing import Any

from doge_core.acted import Acted, check_rows
from doge_core.client import Answering
from doge_core.codec import decode_answer, encode_checked, encode_object, read_actions, settings_fields
from doge_core.errors import ServerError, ServerGarbageError
from doge_core.events import SessionLostError, encode_event, encode_events, is_lost, read_violations, refusal
from doge_core.held import BEFORE_EVENT, BEFORE_EVENTS, Session, Sizes
from doge_core.replaying import Replay
from reducer.domain import check_event, check_settings, check_state
from reducer.requests import EventError
from reducer.types import Action, EngineConfig, Event, PairState

SESSIONS_MAX = 64
_MALFORMED = (KeyError, TypeError, ValueError, IndexError, AttributeError, struct.error)
_UNTELLABLE = (ValueError, TypeError, OverflowError, KeyError, struct.error)

Settings = tuple[EngineConfig, float, Sizes]
# The session that was asked, the answer's line, and the answer.
Asked = tuple[Session, bytes, dict[str, Any]]


class Sessions:
    """The sessions of one server. After a `ServerError` the server must be replaced."""

    def __init__(self, server: Answering) -> None:
        self.server = server
        self._by_state: dict[int, Session] = {}
        self._latest: Session | None = None
        self._numbers = itertools.cycle(range(SESSIONS_MAX))
        self.counts = {"opened": 0, "lost": 0, "patched": 0}

    def transition(
        self, state: PairState, event: Event, cfg: EngineConfig, order_size_usd: float, order_sizes: Sizes
    ) -> tuple[PairState, list[Action]]:
        """Return or raise what the reference's `transition` does. Raises `ServerError` if the server fails."""
        if type(order_sizes) is dict:
            # What is remembered is what is sent, whatever another thread does to the caller's dict meanwhile.
            order_sizes = dict(order_sizes)
        session = self._by_state.pop(id(state), None)
        try:
            if session is not None:
                if session.has_settings(cfg, order_size_usd, order_sizes):
                    return self._step(session, event)
                return self._step_with_settings(session, event, cfg, order_size_usd, order_sizes)
            session = self._origin(state)
            if session is not None:
                result = self._step_patched(session, state, event, cfg, order_size_usd, order_sizes)
                if result is not None:
                    return result
        except SessionLostError:
            self.counts["lost"] += 1
        return self._open(state, event, cfg, order_size_usd, order_sizes)

    def _origin(self, state: PairState) -> Session | None:
        """Take the session of the state that this one was made of: `dataclasses.replace` keeps what it does not change."""
        if type(state) is not PairState:
            return None
        latest = self._latest
        if latest is not None and state.now is latest.packed.state.now:
            # A bot changes the state that it got last.
            found = self._by_state.pop(id(latest.packed.state), None)
            if found is not None:
                return found
        now, orders, cycles = state.now, state.orders, state.completed_cycles
        for session in reversed(self._by_state.values()):
            held = session.packed.state
            if now is held.now or (cycles and cycles is held.completed_cycles):
                return self._by_state.pop(id(held))
        if type(orders) is not tuple:
            return None
        book = set(map(id, orders))
        if book.isdisjoint([id(order) for session in self._by_state.values() for order in session.packed.state.orders]):
            return None
        for session in reversed(self._by_state.values()):
            if not book.isdisjoint(map(id, session.packed.state.orders)):
                return self._by_state.pop(id(session.packed.state))
        return None

    def _step(self, session: Session, event: Event, settings: bytes = b"") -> tuple[PairState, list[Action]]:
        """Send the event, and the settings if they changed."""
        try:
            encoded = encode_event(event)
        except (TypeError, ValueError):
            self._keep(session)
            raise
        line = self.server.request(session.prefix + encoded + settings + b"}")
        answer = decode_answer(line)
        if "error" in answer:
            raise self._refusal(session, answer, event)
        return self._advance(session, answer, line)

    def _step_with_settings(
        self, session: Session, event: Event, cfg: EngineConfig, order_size_usd: float, order_sizes: Sizes
    ) -> tuple[PairState, list[Action]]:
        try:
            event = check_event(event)
            settings = settings_fields(*check_settings(cfg, order_size_usd, order_sizes))
        except (ValueError, TypeError):
            self._keep(session)
            raise
        result = self._step(session, event, b"," + settings)
        session.remember(cfg, order_size_usd, order_sizes)
        return result

    def _step_patched(
        self, session: Session, state: PairState, event: Event, cfg: EngineConfig, order_size_usd: float, order_sizes: Sizes
    ) -> tuple[PairState, list[Action]] | None:
        """Send what the caller changed in the state, and the settings if they changed; None if the whole state must be sent."""
        known = session.has_settings(cfg, order_size_usd, order_sizes)
        try:
            patched = session.packed.patched(state)
            if patched is None:
                self._keep(session)
                return None
            packed, patch = patched
            encoded = encode_event(event)
            settings = b"" if known else b"," + settings_fields(*check_settings(cfg, order_size_usd, order_sizes))
        except _UNTELLABLE:
            # The whole state is judged by the reference's own check.
            self._keep(session)
            return None
        prefix = session.head + packed.digest().encode() + BEFORE_EVENT
        line = self.server.request(b'%b%b,"patch":%b%b}' % (prefix, encoded, patch, settings))
        answer = decode_answer(line)
        if "error" in answer:
            error = self._refusal(session, answer, event)
            if not isinstance(error, OverflowError | ServerError | SessionLostError):
                return None
            raise error
        session.packed = packed
        result = self._advance(session, answer, line)
        self.counts["patched"] += 1
        if not known:
            session.remember(cfg, order_size_usd, order_sizes)
        return result

    def _open(
        self, state: PairState, event: Event, cfg: EngineConfig, order_size_usd: float, order_sizes: Sizes
    ) -> tuple[PairState, list[Action]]:
        state = check_state(state)
        event = check_event(event)
        settings = settings_fields(*check_settings(cfg, order_size_usd, order_sizes))
        told = b'"event":' + encode_event(event)
        session, line, answer = self._ask_whole(state, told, settings, (cfg, order_size_usd, order_sizes))
        if "error" in answer:
            error = refusal(answer, event)
            raise ServerGarbageError(str(error)) if isinstance(error, SessionLostError) else error
        return self._advance(session, answer, line)

    def _ask_whole(self, state: PairState, told: bytes, settings: bytes, given: Settings) -> Asked:
        """Send a whole checked state, which opens a session, with the event or events that are told."""
        session = self._new_session(state, *given)
        whole = (session.number, told, encode_checked(state), settings)
        line = self.server.request(b'{"method":"step","session":%d,%b,"state":%b,%b}' % whole)
        answer = decode_answer(line)
        self.counts["opened"] += "error" not in answer
        return session, line, answer

    def _new_session(self, state: PairState, cfg: EngineConfig, order_size_usd: float, order_sizes: Sizes) -> Session:
        session = Session(next(self._numbers), state, cfg, order_size_usd, order_sizes)
        stale = [key for key, other in self._by_state.items() if other.number == session.number]
        for key in stale:
            del self._by_state[key]
        return session

    def _advance(
        self, session: Session, answer: dict[str, Any], line: bytes, read: Callable[[Any], list[Any]] = read_actions
    ) -> tuple[PairState, list[Any]]:
        try:
            state = session.packed.apply(answer, line)
            rows = answer["actions"]
            actions = read(rows) if rows else []
            session.prefix = session.head + answer["digest"].encode() + BEFORE_EVENT
        except _MALFORMED as error:
            raise ServerGarbageError(f"the answer makes no sense ({error!r})") from error
        self._by_state[id(state)] = self._latest = session
        return state, actions

    def replay(
        self, state: PairState, events: Sequence[Event], cfg: EngineConfig, order_size_usd: float, order_sizes: Sizes
    ) -> Replay | None:
        """Return or raise what one `transition` after the other does; None where that has to be done.

        An error of an event is an `EventError`. Raises `ServerError` if the server fails.
        """
        if type(order_sizes) is dict:
            order_sizes = dict(order_sizes)
        try:
            settings = settings_fields(*check_settings(cfg, order_size_usd, order_sizes))
            given = (cfg, order_size_usd, order_sizes)
            session, line, answer = self._ask_many(state, encode_events(events), settings, given)
        except _UNTELLABLE:
            # One event after the other is judged by the reference's own check.
            return None
        if "error" in answer:
            index: Any = answer.get("index")
            named = type(index) is int and 0 <= index < len(events)
            error = refusal(answer, events[index if named else 0])
            if isinstance(error, ServerError):
                raise error
            if not named:
                # The state or the settings are refused; the first call for an event says so as the reference does.
                return None
            raise EventError(index, error)
        state, rows = self._advance(session, answer, line, check_rows)
        if len(rows) != len(events):
            raise ServerGarbageError(f"{len(rows)} events are answered, not {len(events)}")
        return Replay(state, Acted(rows))

    def _ask_many(self, state: PairState, encoded: bytes, settings: bytes, given: Settings) -> Asked:
        """Send several events and the settings, with what the state differs in from one that is held, or with all of it."""
        session = self._by_state.pop(id(state), None) or self._origin(state)
        if session is not None:
            # Whatever happens, but for an answer, the session is as it was.
            self._keep(session)
            told = session.packed.patched(state)
            if told is not None:
                packed, patch = told
                head = session.head + packed.digest().encode() + BEFORE_EVENTS
                line = self.server.request(b'%b%b,"patch":%b,%b}' % (head, encoded, patch, settings))
                answer = decode_answer(line)
                if "error" not in answer:
                    del self._by_state[id(session.packed.state)]
                    session.packed = packed
                    session.remember(*given)
                    self.counts["patched"] += 1
                if not is_lost(answer):
                    return session, line, answer
                del self._by_state[id(session.packed.state)]
                self.counts["lost"] += 1
        return self._ask_whole(check_state(state), b'"events":' + encoded, settings, given)

    def _keep(self, session: Session) -> None:
        self._by_state[id(session.packed.state)] = session

    def _refusal(self, session: Session, answer: dict[str, Any], event: Event) -> Exception:
        """Return the error of a refused step. The server changed nothing, so the session is kept unless it is the one lost."""
        error = refusal(answer, event)
        if not isinstance(error, ServerError | SessionLostError):
            self._keep(session)
        return error

    def check_invariants(self, state: PairState) -> list[str]:
        """Return what the reference's `check_invariants` returns. Raises `ServerError` if the server fails."""
        session = self._by_state.get(id(state))
        if session is not None and session.packed.state is state:
            line = session.prefix.replace(b'"step"', b'"check_invariants"', 1).removesuffix(b',"event":') + b"}"
            answer = decode_answer(self.server.request(line))
            if not is_lost(answer):
                return read_violations(answer)
            self.counts["lost"] += 1
        line = b'{"method":"check_invariants","state":%b}' % encode_object(state)
        return read_violations(decode_answer(self.server.request(line)))
