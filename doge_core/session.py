"""Sessions with a running server: for a state that the server returned last, a request carries only the event."""

from __future__ import annotations

import itertools
import marshal
import struct
from collections.abc import Mapping
from typing import Any

from doge_core.client import Server
from doge_core.codec import PackedState, decode_answer, encode_json, encode_object, read_actions, settings_fields
from doge_core.errors import ServerError, ServerGarbageError
from reducer.domain import check_event, check_settings, check_state
from reducer.types import EVENT_TYPES, Action, EngineConfig, Event, PairState

SESSIONS_MAX = 64
_EVENTS = frozenset(EVENT_TYPES)
_PLAIN = frozenset((float, int, str))
_PLAIN_SETTINGS = frozenset((float, int, bool, str, type(None)))
# Sizes that no others are equal to.
_NEVER: dict[str, float] = {"": float("nan")}
_MALFORMED = (KeyError, TypeError, ValueError, IndexError, AttributeError, struct.error)
_RAISED = {"ValueError": ValueError, "TypeError": TypeError, "OverflowError": OverflowError}

Sizes = Mapping[str, float] | None


class SessionLostError(Exception):
    """The server no longer has this session; the whole state must be sent."""


class Session:
    """A state that client and server share, with the settings of its last step as the caller gave them."""

    def __init__(self, number: int, state: PairState, cfg: EngineConfig, order_size_usd: float, order_sizes: Sizes):
        self.number = number
        self.packed = PackedState(state)
        self._head = b'{"method":"step","session":%d,"digest":"' % number
        self.prefix = b""
        self.remember(cfg, order_size_usd, order_sizes)

    def remember(self, cfg: EngineConfig, order_size_usd: float, order_sizes: Sizes) -> None:
        """Keep the settings that the server now has."""
        self.cfg = cfg
        self._cfg_spelled = spelled(cfg)
        self.order_size_usd = order_size_usd
        # A mapping that is no dict may hold anything else at the next call.
        self.order_sizes = order_sizes if order_sizes is None or type(order_sizes) is dict else _NEVER

    def has(self, cfg: EngineConfig) -> bool:
        """Return True if this is the configuration that the server has: the same object, or one with the same values."""
        if self._cfg_spelled is None:
            return False
        if cfg is self.cfg:
            return True
        if spelled(cfg) != self._cfg_spelled:
            return False
        self.cfg = cfg
        return True

    def prepare(self, digest: str) -> None:
        """Prepare the beginning of the next request, which names the state by its digest."""
        self.prefix = self._head + digest.encode() + b'","event":'


class Sessions:
    """The sessions of one server. After a `ServerError` the server must be replaced."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._by_state: dict[int, Session] = {}
        self._numbers = itertools.cycle(range(SESSIONS_MAX))
        self.counts = {"opened": 0, "lost": 0}

    def transition(
        self, state: PairState, event: Event, cfg: EngineConfig, order_size_usd: float, order_sizes: Sizes
    ) -> tuple[PairState, list[Action]]:
        """Return or raise what the reference's `transition` does. Raises `ServerError` if the server fails."""
        if type(order_sizes) is dict:
            # What is remembered is what is sent, whatever another thread does to the caller's dict meanwhile.
            order_sizes = dict(order_sizes)
        session = self._by_state.pop(id(state), None)
        if session is not None and session.packed.state is state:
            try:
                if (
                    session.has(cfg)
                    and same_size(order_size_usd, session.order_size_usd)
                    and (order_sizes is None is session.order_sizes or same_sizes(order_sizes, session.order_sizes))
                ):
                    return self._step(session, event)
                return self._step_with_settings(session, event, cfg, order_size_usd, order_sizes)
            except SessionLostError:
                self.counts["lost"] += 1
        return self._open(state, event, cfg, order_size_usd, order_sizes)

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

    def _open(
        self, state: PairState, event: Event, cfg: EngineConfig, order_size_usd: float, order_sizes: Sizes
    ) -> tuple[PairState, list[Action]]:
        state = check_state(state)
        event = check_event(event)
        settings = settings_fields(*check_settings(cfg, order_size_usd, order_sizes))
        session = Session(next(self._numbers), state, cfg, order_size_usd, order_sizes)
        stale = [key for key, other in self._by_state.items() if other.number == session.number]
        for key in stale:
            del self._by_state[key]
        line = b'{"method":"step","session":%d,"state":%b,%b,"event":%b}' % (
            session.number,
            encode_object(state),
            settings,
            encode_event(event),
        )
        answer_line = self.server.request(line)
        answer = decode_answer(answer_line)
        if "error" in answer:
            error = refusal(answer, event)
            raise ServerGarbageError(str(error)) if isinstance(error, SessionLostError) else error
        self.counts["opened"] += 1
        return self._advance(session, answer, answer_line)

    def _advance(self, session: Session, answer: dict[str, Any], line: bytes) -> tuple[PairState, list[Action]]:
        packed = session.packed
        try:
            packed.apply(answer, line)
            rows = answer["actions"]
            actions = read_actions(rows) if rows else []
            session.prepare(answer["digest"])
        except _MALFORMED as error:
            raise ServerGarbageError(f"the answer makes no sense ({error!r})") from error
        state = packed.state
        self._by_state[id(state)] = session
        return state, actions

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
            if "violations" in answer:
                return read_violations(answer)
            self.counts["lost"] += 1
        line = b'{"method":"check_invariants","state":%b}' % encode_object(state)
        return read_violations(decode_answer(self.server.request(line)))


def spelled(cfg: EngineConfig) -> bytes | None:
    """Return the fields of a configuration with their types, to the last bit; None for one that may hold anything else.

    A bot makes a new configuration for every call. Equal values are not enough: `-0.0 == 0.0`, and `True == 1`.
    """
    if type(cfg) is not EngineConfig or not _PLAIN_SETTINGS.issuperset(map(type, cfg.__dict__.values())):
        return None
    # Of the versions of the format, the last one that writes an object in the same way wherever else it is used.
    return marshal.dumps(cfg.__dict__, 2)


def same_size(given: float, known: float) -> bool:
    """Return True if this is the server's size; False for a number of another class, which may compare as it likes."""
    return (type(given) is float or type(given) is int) and type(given) is type(known) and given == known


def same_sizes(given: Sizes, known: Sizes) -> bool:
    """Return True if these are the server's sizes; False also for anything that is not a plain dict of floats."""
    if given is None or known is None:
        return given is known
    return type(given) is dict and all(type(size) is float for size in given.values()) and given == known


def encode_event(event: Event) -> bytes:
    """Encode an event as JSON; the server recognises its type by its fields. Raises `TypeError` if it is no event.

    The encoder accepts more types than an event may hold, so other values first pass the reference's check.
    """
    if type(event) not in _EVENTS or not _PLAIN.issuperset(map(type, event.__dict__.values())):
        event = check_event(event)
    try:
        return encode_json(event)
    except (TypeError, ValueError, OverflowError):
        return encode_json(check_event(event))


def read_violations(answer: dict[str, Any]) -> list[str]:
    """Return the violations in an answer. Raises `ServerGarbageError` if it has none."""
    violations = answer.get("violations")
    if type(violations) is not list or not all(type(text) is str for text in violations):
        raise ServerGarbageError(f"no violations in the answer: {answer.get('error', answer)}")
    return violations


def refusal(answer: dict[str, Any], event: Event) -> Exception:
    """Return the exception for an error answer.

    JSON cannot express every invalid value (NaN is sent as null), so the reference's own check words the error if it can.
    """
    kind, sentence = answer.get("kind"), str(answer["error"])
    if kind == "RequestError" and sentence.startswith("session: is lost"):
        return SessionLostError(sentence)
    error = _RAISED.get(str(kind))
    if error is None:
        return ServerGarbageError(f"the server refused: {sentence}")
    try:
        check_event(event)
    except (ValueError, TypeError) as own:
        return own
    return error(sentence)
