"""Values, states and events that no exchange would send, but that every port must treat alike."""

from __future__ import annotations

import copy
import sys
from collections.abc import Mapping
from typing import Any

from generators.dial import Dial
from generators.plain import INT64_MAX, INT64_MIN, spell_out
from reducer.domain import CLASSES, KINDS, Kind
from reducer.snapshot import encode
from reducer.types import EVENT_TYPES, EngineConfig, PairState, RecoveryOrder

DOUBLE_MAX = sys.float_info.max
# An integer far beyond a double's range.
HUGE_INT = 10**400
WILD_FLOATS = (
    0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1e-300, 1e-07, 0.30000000000000004, 2.675, 0.5, 1.5,
    9007199254740993.0, 1e15, 1e16, 1e22, 1e23, 1e150, DOUBLE_MAX, -DOUBLE_MAX, 123456789.12345679,
)  # fmt: skip
WILD_INTS = (0, 1, -1, 2**31, 2**53 + 1, INT64_MAX, INT64_MAX - 1, INT64_MIN)
WILD_TEXTS = (
    "", "\x00", "é", "🐕", "\u2028\u2029", '"\\/\b\f\n\r\t', "𐍈" * 30, "\x7f\x80", "Infinity",
    "e\u0301", "\u1112\u1161\u11ab", "\ufb01\u212b", " \ufeff",
)  # fmt: skip

# Values outside the domain of most fields. `None` stands for null, which is valid in an optional field.
BROKEN_VALUES: tuple[Any, ...] = (
    None, True, "text", 1.5, [], {}, "NaN", "Infinity", "-Infinity", INT64_MAX + 1, INT64_MIN - 1, HUGE_INT, -HUGE_INT, "hold",
    "\ud800", "x" * 50,
)  # fmt: skip
# Values that are almost right for a kind of field, and so are most likely to slip through.
ALMOST: dict[str, tuple[Any, ...]] = {
    "int": (True, INT64_MAX + 1, 1.5, True, INT64_MIN - 1, "1"),
    "bool": (0, 1, "true", None),
    "Text": ("\ud800", 5, "\ud800", True, []),
    "literal": ("x" * 50, "hold", "x" * 50, "hold", 5, "\ud800"),
    "list": ({}, "text", 5),
}
NO_NUMBERS: tuple[Any, ...] = ("NaN", True, "Infinity", "-Infinity", "NaN", HUGE_INT, -HUGE_INT, {}, [])
BROKEN_EVENTS: tuple[Any, ...] = (
    None, [], 5, "PriceTick", True, {}, {"_type": "Nothing"}, {"_type": 5}, {"_type": None, "timestamp": 1.0},
    {"_type": "PairState", "timestamp": 1.0}, {"price": 0.1}, {"timestamp": 1.0}, {"price": 0.1, "timestamp": 2.0},
    {"recovery_id": 1, "txid": "", "timestamp": 3.0}, {"_type": "EngineConfig"}, {"_type": "priceTick", "price": 0.1},
)  # fmt: skip


def wild_value(dial: Dial, kind: Kind) -> Any:
    """Pick a value in the field's domain that never occurs in practice."""
    if kind.optional and dial.flag(4):
        return None
    if kind.literals:
        return dial.of(kind.literals)
    if kind.name == "int":
        return dial.of(WILD_INTS)
    if kind.name == "bool":
        return bool(dial.pick(2))
    if kind.name == "Text":
        return dial.of(WILD_TEXTS)
    if kind.name == "Cooldown" and dial.flag(4):
        return "Infinity"
    return dial.of(WILD_FLOATS)


def broken_value(dial: Dial, kind: Kind) -> Any:
    """Pick a value outside the domain of a field; mostly one that is almost in it."""
    return dial.of(BROKEN_VALUES) if dial.flag(3) else dial.of(ALMOST.get(kind.name, NO_NUMBERS))


def _any_field(dial: Dial, kinds: Mapping[str, Kind]) -> str:
    """Pick a kind that fields have, then a field of that kind, since most fields are numbers."""
    name = dial.of(tuple(dict.fromkeys(kind.name for kind in kinds.values())))
    return dial.of([field for field, kind in kinds.items() if kind.name == name])


def _places(state: dict[str, Any]) -> list[tuple[dict[str, Any], type]]:
    """Return the objects in a state whose fields can be changed, each with its class."""
    places: list[tuple[dict[str, Any], type]] = [(state, PairState)]
    for name, cls in _lists(state).items():
        places += [(item, cls) for item in state[name] if isinstance(item, dict)]
    return places


def _lists(state: dict[str, Any]) -> dict[str, type]:
    """Return the fields of a state that are still lists after earlier distortions, with the class of their items."""
    kinds = KINDS[PairState].items()
    return {name: kind.item for name, kind in kinds if kind.item is not None and isinstance(state.get(name), list)}


def distort_state(dial: Dial, state: dict[str, Any], *, broken: bool = False) -> dict[str, Any]:
    """Return a copy of the state with one change; with `broken`, the change leaves the domain."""
    state = copy.deepcopy(state)
    lists = [name for name in _lists(state) if state[name]]
    if lists and dial.flag(4):
        items = state[dial.of(lists)]
        items.append(copy.deepcopy(dial.of(items)))
        return state
    target, cls = dial.of(_places(state))
    kinds = {name: kind for name, kind in KINDS[cls].items() if kind.item is None or broken}
    name = _any_field(dial, kinds) if broken else dial.of(tuple(kinds))
    if broken and dial.flag(4):
        target.pop(name, None)
    elif broken and dial.flag(8):
        target["unheard_of"] = 1
    else:
        target[name] = broken_value(dial, kinds[name]) if broken else wild_value(dial, kinds[name])
    return state


def near_overflow(dial: Dial, state: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of the state that is one step away from overflowing a 64-bit integer or a double."""
    name = dial.of(("next_order_id", "total_round_trips", "next_recovery_id", "cycle_a", "cycle_b", "consecutive_losses_b"))
    total = dial.of(("total_fees", "total_profit", "total_settled_usd"))
    return {**state, name: INT64_MAX} if dial.pick(2) == 0 else {**state, total: dial.of((-1.0, 1.0)) * DOUBLE_MAX}


def crowd_recovery_orders(dial: Dial, state: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of the state in which the next timer tick orphans an exit and must evict recovery orders for it.

    Mostly there is no market price, so that the orders' own prices decide the value of the evicted ones.
    """
    state = copy.deepcopy(state)
    state["market_price"] = dial.of((0.0, -0.0, 0.1, -2.0))
    # The exit was placed now and its entry filled long ago, or it was placed long ago and the fill time is unknown.
    filled_at, placed_at = dial.of(((-1e9, state["now"]), (0.0, -5e8)))
    for order in state["orders"][:1]:
        order.update(side="sell", role="exit", entry_price=order["price"], entry_filled_at=filled_at, placed_at=placed_at)
    state["long_only"], state["short_only"] = dial.of(((False, False), (False, True), (True, False)))
    for recovery_id in range(1 + dial.pick(3)):
        recovery = RecoveryOrder(
            recovery_id=state["next_recovery_id"],
            side=dial.of(("sell", "buy")),
            price=dial.of((0.5, 0.0, 0.5, -1.0)),
            volume=20.0,
            trade_id=dial.of(("B", "A")),
            cycle=1 + recovery_id,
            entry_price=dial.of((0.4, 0.0, -1.0, -0.0)),
            orphaned_at=dial.of((50.0, 5.0, 20.0)),
            entry_filled_at=dial.of((40.0, 0.0, -0.5, 1.0)),
        )
        state["recovery_orders"].append(spell_out(encode(recovery)))
        state["next_recovery_id"] += 1
    return state


def break_settings(dial: Dial, given: dict[str, Any], *, surely: bool = False) -> dict[str, Any]:
    """Return a copy of a configuration and its sizes, two times in three or `surely` with one value outside the domain."""
    how = 1 + dial.pick(4) if surely else dial.pick(6)
    if how in (1, 2):
        name = _any_field(dial, KINDS[EngineConfig])
        return {**given, "config": {**given["config"], name: broken_value(dial, KINDS[EngineConfig][name])}}
    if how == 3:
        return {**given, "order_size_usd": broken_value(dial, KINDS[EngineConfig]["order_size_usd"])}
    if how == 4:
        return {
            **given,
            "order_sizes": dial.of(
                ([], "text", 1.5, "text", 5, {"A": None}, {"A": "NaN"}, {"B": True}, {"A": HUGE_INT}, {"B": "NaN"})
            ),
        }
    return given


def distort_event(dial: Dial, event: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of the event with one extreme value that is still in the domain."""
    kinds = KINDS[CLASSES[event["_type"]]]
    name = dial.of(tuple(kinds))
    return {**event, name: wild_value(dial, kinds[name])}


def break_event(dial: Dial, event: dict[str, Any]) -> Any:
    """Return a malformed variant of the event, or a value that is not an event at all."""
    how = dial.pick(8)
    if how == 0:
        return dial.of(BROKEN_EVENTS)
    kinds = KINDS[CLASSES[event["_type"]]]
    names = tuple(kinds)
    if how == 1:
        lost = dial.of(names)
        return {key: value for key, value in event.items() if key != lost}
    if how == 2:
        return {**event, dial.of(("extra", "", "prıce")): 1}
    if how == 3:
        return {**event, "_type": dial.of([cls.__name__ for cls in EVENT_TYPES])}
    name = _any_field(dial, kinds)
    return {**event, name: broken_value(dial, kinds[name])}
