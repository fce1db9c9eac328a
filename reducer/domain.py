"""The domain of the reducer: the values it accepts and returns (finite floats, 64-bit ints, known literals).

A field's annotation in `reducer.types` is its kind. A value outside the domain raises `ValueError` with the value's path, and
nothing changes; a result too large for a double or for 64 bits raises `OverflowError`. The messages are those of
`docs/wire.md`.

An object that passed is marked, so that a state is checked once and not at every event; a copy is not marked.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar, cast, get_args

from reducer import types
from reducer.types import EVENT_TYPES, Action, EngineConfig, Event, PairState, replace

T = TypeVar("T")

# Sets the slot directly, because a frozen dataclass forbids assignment.
_set_mark = types.Checkable.__dict__["_in_domain"].__set__

FLOAT_KINDS = ("Finite", "Cooldown", "Number")
INT_MAX = 2**63 - 1
INT_MIN = -(2**63)


@dataclass(frozen=True)
class Kind:
    """The kind of a field: its name in the contract, the texts of a literal, the item type of a list."""

    name: str
    optional: bool = False
    literals: tuple[str, ...] = ()
    item: type | None = None


def _kind(annotation: str) -> Kind:
    name, optional = annotation.removesuffix(" | None"), annotation.endswith(" | None")
    if name.startswith("tuple["):
        return Kind("list", item=getattr(types, name.removeprefix("tuple[").removesuffix(", ...]")))
    literals = get_args(getattr(types, name, None))
    return Kind("literal" if literals else name, optional, literals)


def _kinds(cls: type) -> dict[str, Kind]:
    return {field.name: _kind(str(field.type)) for field in fields(cls)}


CLASSES = {
    name: cls
    for name, cls in vars(types).items()
    if isinstance(cls, type) and issubclass(cls, types.Checkable) and cls is not types.Checkable
}
KINDS: dict[type, dict[str, Kind]] = {cls: _kinds(cls) for cls in CLASSES.values()}


def json_type(value: object) -> str:
    """Return the JSON type of a value, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list | tuple) else "an object"


def wrong_type(path: str, expected: str, value: object) -> ValueError:
    """Return the error for a value of the wrong type."""
    return ValueError(f"{path}: expected {expected}, got {json_type(value)}")


def _spelled(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def check_number(value: object, path: str) -> float:
    """Return a number other than NaN as a float; an int too large for a float becomes infinite."""
    if type(value) is not float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong_type(path, "a number", value)
        try:
            value = float(value)
        except OverflowError:
            value = math.inf if value > 0 else -math.inf
    if math.isnan(value):
        raise ValueError(f"{path}: must not be NaN")
    return value


def check_finite(value: object, path: str) -> float:
    """Return a finite number as a float."""
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, float) and math.isnan(value):
        raise ValueError(f"{path}: must be finite, got NaN")
    number = check_number(value, path)
    if math.isinf(number):
        raise ValueError(f"{path}: must be finite, got {_spelled(number)}")
    return number


def check_cooldown(value: object, path: str) -> float:
    """Return a finite number or +Infinity as a float."""
    if isinstance(value, float) and (math.isnan(value) or value == -math.inf):
        raise ValueError(f"{path}: must be finite or Infinity, got {_spelled(value)}")
    number = check_number(value, path)
    if number == -math.inf:
        raise ValueError(f"{path}: must be finite or Infinity, got -Infinity")
    return number


def check_int(value: object, path: str) -> int:
    """Return a signed 64-bit int."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type(path, "an integer", value)
    if not INT_MIN <= value <= INT_MAX:
        raise ValueError(f"{path}: must fit in 64 bits")
    return int(value)


def check_text(value: object, path: str) -> str:
    """Return a string of valid Unicode as a plain `str`."""
    if not isinstance(value, str):
        raise wrong_type(path, "a string", value)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{path}: must be valid Unicode") from None
    return value if type(value) is str else "".join((value,))


def check_bool(value: object, path: str) -> bool:
    """Return a boolean; numbers are refused."""
    if not isinstance(value, bool):
        raise wrong_type(path, "true or false", value)
    return value


def check_literal(value: object, path: str, literals: Sequence[str]) -> str:
    """Return a text that is one of the field's literals."""
    text = check_text(value, path)
    if text not in literals:
        raise ValueError(f"{path}: must be one of {', '.join(literals)}; got {json.dumps(text[:40])}")
    return text


_CHECKS = {
    "Finite": check_finite,
    "Cooldown": check_cooldown,
    "Number": check_number,
    "int": check_int,
    "bool": check_bool,
    "Text": check_text,
}


def check_value(kind: Kind, value: object, path: str) -> Any:
    """Return the value converted to its kind, or raise `ValueError` with its path."""
    if kind.optional and value is None:
        return None
    if kind.item is not None:
        if not isinstance(value, list | tuple):
            raise wrong_type(path, "a list", value)
        return tuple(check_object(item, kind.item, f"{path}[{index}]") for index, item in enumerate(value))
    if kind.literals:
        return check_literal(value, path, kind.literals)
    return _CHECKS[kind.name](value, path)


def is_checked(value: object) -> bool:
    """Return True if this object has passed its check before."""
    return getattr(value, "_in_domain", False)


def mark_checked(value: T) -> T:
    """Mark the object as checked, and return it."""
    _set_mark(value, True)
    return value


def check_object(value: object, cls: type[T], path: str) -> T:
    """Return `value` with every field converted to its kind: the object itself if nothing changed, else a copy.

    An object of a subclass becomes one of the contract's type, because ports do not know the fields of a subclass.
    """
    if not isinstance(value, cls):
        raise wrong_type(path, "an object", value)
    if type(value) is not cls:
        value = cls(**{name: getattr(value, name) for name in KINDS[cls]})
    if is_checked(value):
        return value
    changed: dict[str, Any] = {}
    for name, kind in KINDS[cls].items():
        given = getattr(value, name)
        checked = check_value(kind, given, f"{path}.{name}")
        if checked is not given and not _same_items(checked, given):
            changed[name] = checked
    return mark_checked(replace(value, **changed) if changed else value)


def _same_items(checked: object, given: object) -> bool:
    """Return True if a checked tuple holds the same objects as the given one, so that the given one can stay."""
    return (
        isinstance(checked, tuple)
        and isinstance(given, tuple)
        and all(one is other for one, other in zip(checked, given, strict=True))
    )


def check_event(event: object) -> Event:
    """Return the event, checked. Raises `TypeError` for an object that is no event."""
    for cls in EVENT_TYPES:
        if isinstance(event, cls):
            return cast(Event, check_object(event, cls, "event"))
    raise TypeError("event: is no event")


def check_sizes(order_sizes: object) -> Mapping[str, float] | None:
    """Return the order sizes per trade, in USD, or None."""
    if order_sizes is None:
        return None
    if not isinstance(order_sizes, Mapping):
        raise wrong_type("order_sizes", "an object", order_sizes)
    return {str(key): check_number(size, f"order_sizes.{key}") for key, size in order_sizes.items()}


def check_settings(
    cfg: EngineConfig, order_size_usd: float, order_sizes: Mapping[str, float] | None
) -> tuple[EngineConfig, float, Mapping[str, float] | None]:
    """Return the checked settings of a call: configuration, order size in USD, order sizes per trade in USD."""
    return (
        check_object(cfg, EngineConfig, "cfg"),
        check_number(order_size_usd, "order_size_usd"),
        check_sizes(order_sizes),
    )


def check_state(state: PairState) -> PairState:
    """Return the state, checked."""
    return check_object(state, PairState, "state")


def check_result(before: PairState, after: PairState, actions: Sequence[Action]) -> None:
    """Raise `OverflowError` if a result is too large for a double or 64 bits; unchanged values are not checked again."""
    for name, kind in KINDS[PairState].items():
        value, old = getattr(after, name), getattr(before, name)
        if value is old:
            continue
        if kind.item is None:
            _check_fits(kind, value, name)
            continue
        known = len(old) if name == "completed_cycles" else 0
        for index in range(known, len(value)):
            if not is_checked(value[index]):
                _check_object_fits(value[index], f"{name}[{index}]")
                mark_checked(value[index])
    for index, action in enumerate(actions):
        _check_object_fits(action, f"actions[{index}]")
    mark_checked(after)


def _check_object_fits(value: object, path: str) -> None:
    for name, kind in KINDS[type(value)].items():
        _check_fits(kind, getattr(value, name), f"{path}.{name}")


def _check_fits(kind: Kind, value: object, path: str) -> None:
    if isinstance(value, float):
        fits = math.isfinite(value) or (kind.name == "Cooldown" and value == math.inf)
    else:
        fits = not isinstance(value, int) or INT_MIN <= value <= INT_MAX
    if not fits:
        raise OverflowError(f"result.{path}: is too large")
