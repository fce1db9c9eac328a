"""Conversion of states to plain JSON-ready data and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar, get_args

from reducer.domain import FLOAT_KINDS, INT_MAX, INT_MIN, KINDS, Kind, check_value, mark_checked, wrong_type
from reducer.types import ModeSource, PairState

T = TypeVar("T")

# The fields of each type that have no default.
REQUIRED = {cls: frozenset(each.name for each in fields(cls) if each.default is MISSING) for cls in KINDS}
WIRE_FLOATS = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}


def to_dict(state: PairState) -> dict[str, Any]:
    """Return the state as plain data: keys in field order, tuples as lists, infinities as floats."""
    return encode(state)


def encode(value: Any) -> dict[str, Any]:
    """Return any object of the contract as plain data."""
    plain: dict[str, Any] = {}
    for name, kind in KINDS[type(value)].items():
        field = getattr(value, name)
        plain[name] = [encode(item) for item in field] if kind.item is not None else field
    return plain


def from_dict(data: object) -> PairState:
    """Read a state from a snapshot.

    Missing keys take their defaults and unknown keys are ignored, so that older and newer snapshots load. A value of the
    wrong type raises `ValueError` with its path (`orders[1].price`). An infinity may be a text, since strict JSON has none.
    """
    return read_state(data, "")


def read_state(data: object, path: str) -> PairState:
    """Read a state. `path` is its place in the request, for error messages; the path of a snapshot itself is ''."""
    if not isinstance(data, Mapping):
        raise wrong_type(path or "snapshot", "an object", data)
    snapshot = dict(data)
    snapshot.setdefault("market_price", 0.0)
    snapshot.setdefault("now", 0.0)
    prefix = f"{path}." if path else ""
    values: dict[str, Any] = {}
    for name, kind in KINDS[PairState].items():
        source = name if name in snapshot else _source(name)
        if source in snapshot:
            value = snapshot[source]
            values[name] = value if is_plain(kind, value) else read_state_field(name, kind, value, f"{prefix}{source}")
    return mark_checked(PairState(**values))


def _source(name: str) -> str:
    """Return the key to read a field from that is not there; old snapshots lack two, which take the value of a similar one."""
    return {"total_settled_usd": "total_profit", "profit_pct_runtime": "profit_pct"}.get(name, name)


def read_state_field(name: str, kind: Kind, value: object, path: str) -> Any:
    """Read the value of a field of the state; a mode's source is read leniently, as old snapshots have it."""
    if name == "mode_source" and isinstance(value, str):
        mode = value.strip().lower()
        return mode if mode in get_args(ModeSource) else "none"
    return read_value(kind, value, path)


def is_plain(kind: Kind, value: object) -> bool:
    """Return True for a value that is read as it is. Most are, and the place of one is needed for an error alone."""
    if type(value) is float:
        return kind.name in FLOAT_KINDS and math.isfinite(value)
    if type(value) is int:
        return kind.name == "int" and INT_MIN <= value <= INT_MAX
    if type(value) is str:
        return value in kind.literals
    return (type(value) is bool and kind.name == "bool") or (value is None and kind.optional)


def read_value(kind: Kind, value: object, path: str) -> Any:
    """Read the value of one field."""
    if kind.item is not None:
        if not isinstance(value, list | tuple):
            raise wrong_type(path, "a list", value)
        return tuple(read_object(item, kind.item, f"{path}[{index}]") for index, item in enumerate(value))
    if isinstance(value, str) and kind.name in FLOAT_KINDS:
        value = WIRE_FLOATS.get(value, value)
    return check_value(kind, value, path)


def read_object(data: object, cls: type[T], path: str) -> T:
    """Read an order or a record. Fields without a default are required; unknown keys are ignored."""
    return mark_checked(cls(**read_fields(data, cls, path)))


def read_fields(data: object, cls: type, path: str) -> dict[str, Any]:
    """Read the fields of a type that an object has. Raises `ValueError` where one is missing that has no default."""
    if not isinstance(data, Mapping):
        raise wrong_type(path, "an object", data)
    values: dict[str, Any] = {}
    for name, kind in KINDS[cls].items():
        if name in data:
            value = data[name]
            values[name] = value if is_plain(kind, value) else read_value(kind, value, f"{path}.{name}")
        elif name in REQUIRED[cls]:
            raise ValueError(f"{path}.{name}: is missing")
    return values
