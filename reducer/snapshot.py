"""Conversion of states to plain JSON-ready data and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar, get_args

from reducer.domain import FLOAT_KINDS, KINDS, Kind, check_value, mark_checked, wrong_type
from reducer.types import ModeSource, PairState

T = TypeVar("T")

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
        source = _source(name, snapshot)
        if source in snapshot:
            values[name] = read_state_field(name, kind, snapshot[source], f"{prefix}{source}")
    return mark_checked(PairState(**values))


def _source(name: str, snapshot: Mapping[str, object]) -> str:
    """Return the key to read a field from; old snapshots lack two fields, which take the value of a similar one."""
    if name in snapshot:
        return name
    return {"total_settled_usd": "total_profit", "profit_pct_runtime": "profit_pct"}.get(name, name)


def read_state_field(name: str, kind: Kind, value: object, path: str) -> Any:
    """Read the value of a field of the state; a mode's source is read leniently, as old snapshots have it."""
    if name == "mode_source" and isinstance(value, str):
        mode = value.strip().lower()
        return mode if mode in get_args(ModeSource) else "none"
    return read_value(kind, value, path)


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
    if not isinstance(data, Mapping):
        raise wrong_type(path, "an object", data)
    values: dict[str, Any] = {}
    for field in fields(cls):  # type: ignore[arg-type]  # the contract's types are dataclasses
        if field.name in data:
            kind = KINDS[cls][field.name]
            values[field.name] = read_value(kind, data[field.name], f"{path}.{field.name}")
        elif field.default is MISSING:
            raise ValueError(f"{path}.{field.name}: is missing")
    return mark_checked(cls(**values))
