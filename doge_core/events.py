"""Events as a request tells them, and what the answers refuse."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from doge_core.codec import encode_json
from doge_core.errors import ServerGarbageError
from reducer.domain import check_event
from reducer.types import EVENT_TYPES, Event

_EVENTS = frozenset(EVENT_TYPES)
_PLAIN = frozenset((float, int, str))
_RAISED = {"ValueError": ValueError, "TypeError": TypeError, "OverflowError": OverflowError}


class SessionLostError(Exception):
    """The server no longer has this session; the whole state must be sent."""


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


def encode_events(events: Sequence[Event]) -> bytes:
    """Encode events as `encode_event` does. Raises an exception for what needs the reference's own check."""
    if not _EVENTS.issuperset(map(type, events)):
        raise TypeError("an event is of another class")
    if not _PLAIN.issuperset(map(type, chain.from_iterable(event.__dict__.values() for event in events))):
        raise TypeError("a value of an event is of another class")
    return encode_json(events)


def read_violations(answer: dict[str, Any]) -> list[str]:
    """Return the violations in an answer. Raises `ServerGarbageError` if it has none."""
    violations = answer.get("violations")
    if type(violations) is not list or not all(type(text) is str for text in violations):
        raise ServerGarbageError(f"no violations in the answer: {answer.get('error', answer)}")
    return violations


def is_lost(answer: dict[str, Any]) -> bool:
    """Return True if the server says that it has another state than the one that was named."""
    return answer.get("kind") == "RequestError" and str(answer.get("error")).startswith("session: is lost")


def refusal(answer: dict[str, Any], event: Event) -> Exception:
    """Return the exception for an error answer.

    JSON cannot express every invalid value (NaN is sent as null), so the reference's own check words the error if it can.
    """
    kind, sentence = answer.get("kind"), str(answer["error"])
    if is_lost(answer):
        return SessionLostError(sentence)
    error = _RAISED.get(str(kind))
    if error is None:
        return ServerGarbageError(f"the server refused: {sentence}")
    try:
        check_event(event)
    except (ValueError, TypeError) as own:
        return own
    return error(sentence)
