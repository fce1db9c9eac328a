"""Requests of the wire as the reducer's types, and the objects that answers are made of.

`docs/wire.md` describes the protocol. `wire` and `wire_session` serve requests; this module only reads and writes them, so
both can import it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from reducer.domain import CLASSES, KINDS, Kind, check_number, check_sizes, mark_checked, wrong_type
from reducer.snapshot import WIRE_FLOATS, encode, read_fields, read_object, read_state, read_state_field, read_value
from reducer.types import EngineConfig, Event, PairState, replace

T = TypeVar("T")
Json = dict[str, Any]


class RequestError(Exception):
    """The request itself is invalid: it is not JSON, its method is unknown, or a field is missing."""


class EventError(Exception):
    """One of several events failed: `index` is its place, `error` what the reference raised."""

    def __init__(self, index: int, error: Exception) -> None:
        super().__init__(f"events[{index}]: {error}")
        self.index = index
        self.error = error


def session_lost() -> RequestError:
    """Return the error that the server has another state than the client thinks."""
    return RequestError("session: is lost, send the state again")


def error_object(error: Exception) -> Json:
    """Return the wire's error object for an exception."""
    if isinstance(error, EventError):
        return {**error_object(error.error), "index": error.index}
    return {"error": str(error), "kind": type(error).__name__}


def required(request: Mapping[str, Any], name: str) -> Any:
    """Return a field of the request. Raises `RequestError` if it is missing."""
    if name not in request:
        raise RequestError(f"{name}: is missing")
    return request[name]


def read_strict(data: object, cls: type[T], path: str) -> T:
    """Read a configuration or an event. Missing fields take their defaults, if any; unknown fields raise `ValueError`."""
    values = read_fields(data, cls, path)
    for name in cast(Mapping[str, Any], data):
        if name not in KINDS[cls] and (name != "_type" or cls is EngineConfig):
            raise ValueError(f"{path}.{name}: is not a field")
    return mark_checked(cls(**values))


def read_config(data: object) -> EngineConfig:
    """Read a configuration; missing fields take their defaults."""
    return read_strict(data, EngineConfig, "cfg")


def read_event(data: object) -> Event:
    """Read an event, recognised by its `_type` or else by its fields. Raises `TypeError` for anything else."""
    if not isinstance(data, Mapping):
        raise TypeError("event: is no event")
    name = data["_type"] if "_type" in data else _type_from_fields(data)
    cls = CLASSES.get(name) if isinstance(name, str) and name.endswith(("Tick", "Event")) else None
    if cls is None:
        raise TypeError("event: is no event")
    return cast(Event, read_strict(data, cls, "event"))


def read_list(data: object, name: str) -> list[Any]:
    """Read a list of the request, whose items are read later."""
    if not isinstance(data, list):
        raise wrong_type(name, "a list", data)
    return data


def _type_from_fields(data: Mapping[str, Any]) -> str:
    if "order_local_id" in data:
        return "FillEvent"
    if "recovery_id" in data:
        return "RecoveryFillEvent" if "price" in data else "RecoveryCancelEvent"
    if "price" in data:
        return "PriceTick"
    return "TimerTick" if "timestamp" in data else ""


def read_sizes(data: object) -> Mapping[str, float] | None:
    """Read the order sizes per trade, in USD."""
    if isinstance(data, Mapping):
        data = {key: read_float(value) for key, value in data.items()}
    return check_sizes(data)


def read_float(value: object) -> object:
    """Return the float that a text of the wire spells (`Infinity`, `-Infinity`, `NaN`); other values are returned unchanged."""
    return WIRE_FLOATS.get(value, value) if isinstance(value, str) else value


def tagged(value: object) -> Json:
    """Return an action or an event as plain data, with its type as the first key."""
    return {"_type": type(value).__name__, **encode(value)}


def read_settings(request: Mapping[str, Any]) -> tuple[EngineConfig, float, Mapping[str, float] | None]:
    """Read the configuration, the order size in USD and the sizes per trade of a request."""
    cfg = read_config(required(request, "config"))
    size_usd = check_number(read_float(required(request, "order_size_usd")), "order_size_usd")
    return cfg, size_usd, read_sizes(request.get("order_sizes"))


def read_request_state(request: Mapping[str, Any]) -> PairState:
    """Read the state of a request."""
    return read_state(required(request, "state"), "state")


def read_patch(data: object, held: PairState) -> PairState:
    """Return the state that a session holds with the fields that a patch gives.

    An order is given as in a state, as the index of the one that is held, or as that index and the fields in which it differs;
    completed cycles are appended. Raises `RequestError` for an index that the held list does not have: the client means another
    state.
    """
    if not isinstance(data, Mapping):
        raise wrong_type("patch", "an object", data)
    given: Json = {}
    for name, kind in KINDS[PairState].items():
        if name not in data:
            continue
        path, before = f"patch.{name}", getattr(held, name)
        if name == "completed_cycles":
            given[name] = (*before, *read_value(kind, data[name], path))
        elif kind.item is not None:
            given[name] = _read_items(kind, data[name], before, path)
        else:
            given[name] = read_state_field(name, kind, data[name], path)
    return mark_checked(replace(held, **given))


def _read_items(kind: Kind, data: object, before: tuple[Any, ...], path: str) -> tuple[Any, ...]:
    items = enumerate(read_list(data, path))
    return tuple(_read_item(cast(type, kind.item), item, before, f"{path}[{index}]") for index, item in items)


def _read_item(cls: type, item: object, before: tuple[Any, ...], path: str) -> Any:
    if _is_index(item):
        return _held(before, item)
    if isinstance(item, list) and len(item) == 2 and _is_index(item[0]):
        held, fields_given = _held(before, item[0]), item[1]
        if not isinstance(fields_given, Mapping):
            raise wrong_type(path, "an object", fields_given)
        given = {
            name: read_value(kind, fields_given[name], f"{path}.{name}")
            for name, kind in KINDS[cls].items()
            if name in fields_given
        }
        return mark_checked(replace(held, **given))
    return read_object(item, cls, path)


def _is_index(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _held(before: tuple[Any, ...], index: Any) -> Any:
    if not 0 <= index < len(before):
        raise session_lost()
    return before[index]
