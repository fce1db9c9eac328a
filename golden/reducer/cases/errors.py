"""Inputs outside the domain, and the errors that every port must return."""

from __future__ import annotations

from typing import Any

from golden.reducer.cases.build import (
    BUY_ENTRY,
    BUY_EXIT,
    NOW,
    SELL_ENTRY,
    called,
    fill,
    in_s1b,
    pair,
    python,
    recovery,
    recovery_cancel,
    recovery_fill,
    replayed,
    state,
    tick,
    timer,
    wire,
)
from golden.reducer.corpus import Call, Definition

NO_EVENTS: tuple[Any, ...] = (
    None, 5, "PriceTick", True, [], {}, {"_type": "Nothing", "timestamp": 1.0}, {"_type": None}, {"_type": 7},
        {"_type": "CycleRecord"},
    {"txid": ""}, {"_type": "EngineConfig"}, {"_type": []},
)  # fmt: skip
NO_CONFIGS: tuple[Any, ...] = (None, [], 5, {"zzz": 1}, {"_type": "EngineConfig"})
NO_SIZES: tuple[Any, ...] = ([], 5, "x", {}, {"Z": None})
WRONG: tuple[Any, ...] = (
    None,
    True,
    "text",
    "NaN",
    "Infinity",
    "-Infinity",
    [],
    {},
    1.5,
    2**63,
    10**400,
    -(10**400),
    1,
    "\ud800",
)


def _events_with(make: Any, field: str) -> list[Any]:
    return [{**make, field: value} for value in WRONG]


def _without(data: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != name}


def _steps(**request: Any) -> Call:
    """Return a transition whose request is valid except for the given fields."""
    whole = {"state": state(), "event": timer(), "config": {}, "order_size_usd": 2.0}
    return wire("transition", **{**whole, **request})


def _volume(**request: Any) -> Call:
    """Return a call for a volume, whose answer is short, with settings that are valid except for the given fields."""
    return wire("compute_order_volume", **{"price": 0.1, "config": {}, "order_size_usd": 2.0, **request})


def _states(name: str, about: str, *states: Any) -> Definition:
    return called(name, about, *(wire("derive_phase", state=item) for item in states))


DEFINITIONS: tuple[Definition, ...] = (
    replayed("events_that_are_none", "What is no event at all; the steps around it go on.", pair(), tick(0.1), *NO_EVENTS,
        timer(NOW + 5.0)),
    replayed(
        "events_told_by_fields", "Events without a type are told by their fields.",
        pair(recoveries=[recovery(1, "B", 0.12), recovery(2, "A", 0.09)]),
        *(_without(event, "_type") for event in (
            tick(0.1005), timer(NOW + 2.0), fill(1, 0.0998, NOW + 3.0), recovery_fill(1, 0.12, NOW + 4.0), recovery_cancel(2,
            NOW + 5.0))),
        {"price": 0.1}, {"recovery_id": 1}, {"order_local_id": 1}, {"recovery_id": 1, "price": 0.1},
    ),
    replayed(
        "events_with_wrong_numbers", "A number that is none, of the wrong size, or of the wrong kind.",
        in_s1b(), *_events_with(tick(0.1), "price"), *_events_with(timer(), "timestamp"), *_events_with(fill(9, 0.1),
        "order_local_id"),
    ),
    replayed(
        "events_with_wrong_texts", "A side or a txid that is none; the first error in contract order wins.",
        in_s1b(), *_events_with(fill(9, 0.1), "side"), *_events_with(recovery_cancel(9), "txid"),
        fill(9, 0.1, side="hold"), fill(9, 0.1, side="BUY"), fill(9, 0.1, side='"' * 50), fill(9, 0.1, side="é" * 30),
        fill(9.0, "x", None, side="hold", txid=5),
    ),
    replayed(
        "events_with_missing_or_extra_fields", "Every field is needed and no other is welcome.",
        in_s1b(), *(_without(fill(9, 0.1), name) for name in fill(9, 0.1)), *(_without(recovery_cancel(9),
        name) for name in recovery_cancel(9)),
        {**tick(0.1), "volume": 1.0}, {**timer(), "": 1}, {"timestamp": 1.0, "extra": None}, {**tick("x"), "volume": 1.0},
    ),
    _states(
        "states_of_wrong_shape", "A state that is none, and lists that are none.",
        None, [], 5, "state", {"orders": None}, {"orders": {}}, {"orders": [None]}, {"recovery_orders": [5]},
            {"completed_cycles": ["x"]},
        {"orders": [BUY_ENTRY, _without(SELL_ENTRY, "side")]}, {"recovery_orders": [_without(recovery(1, "A", 0.1),
        "orphaned_at")]},
        {"completed_cycles": [{}]},
    ),
    _states(
        "states_with_wrong_numbers", "Numbers of a state, of its orders and of its cooldowns that are outside their domain.",
        *({"market_price": value} for value in WRONG), *({"cycle_a": value} for value in WRONG),
        *({"s2_entered_at": value} for value in WRONG),
        *({"cooldown_until_a": value} for value in WRONG), *({"long_only": value} for value in WRONG),
        *({"orders": [{**BUY_EXIT, "entry_fee": value}]} for value in WRONG),
        *({"orders": [{**BUY_EXIT, "local_id": value}]} for value in WRONG),
    ),
    _states(
        "states_with_wrong_texts", "Literals and texts of a state that are none.",
        *({"last_refresh_direction_b": value} for value in WRONG), *({"mode_source": value} for value in WRONG),
        *({"orders": [{**BUY_EXIT, "role": value}]} for value in WRONG), *({"orders": [{**BUY_EXIT,
        "txid": value}]} for value in WRONG),
        {"last_refresh_direction_b": "sideways"}, {"orders": [{**BUY_EXIT, "trade_id": "C"}]},
    ),
    called(
        "first_error_wins",
        "State before event before configuration before sizes; fields in contract order, unknown ones last.",
        _steps(state={"now": None}, event=5, config=5), _steps(event=5, config=5), _steps(config=5, order_size_usd=None),
        _steps(order_size_usd="x", order_sizes=5), _steps(order_sizes=5),
        _steps(config={"sticky_mode_enabled": 1, "entry_pct": "x"}), _steps(config={"zzz": 1, "sticky_mode_enabled": 1}),
        _steps(state={"profit_pct_runtime": None, "market_price": None}),
    ),
    called(
        "settings_that_are_wrong", "Configurations and sizes outside the domain.",
        *(_volume(config=value) for value in NO_CONFIGS),
        *(_volume(config={"entry_pct": value}) for value in WRONG),
        *(_volume(config={"entry_pct_a": value}) for value in WRONG),
        *(_volume(config={"price_decimals": value}) for value in WRONG),
        *(_volume(config={"sticky_mode_enabled": value}) for value in WRONG),
        *(_volume(order_size_usd=value) for value in WRONG), *(_steps(order_sizes={"A": value}) for value in WRONG),
        *(_steps(order_sizes=value) for value in NO_SIZES),
    ),
    called(
        "requests_that_are_broken", "A method that nobody knows, a field that is not there.",
        wire("nothing"), wire(""), wire("transition"), wire("transition", state={}), wire("replay", state={}, config={},
        order_size_usd=1.0),
        wire("replay", state={}, config={}, order_size_usd=1.0, events={}), wire("replay", state={}, config={},
        order_size_usd=1.0, events=None),
        wire("check_invariants"), wire("derive_phase"), wire("compute_order_volume"), wire("compute_order_volume", price=1.0),
        wire("compute_order_volume", price=None, config={}, order_size_usd=1.0), wire("compute_order_volume", price=True,
        config={}),
        wire("compute_order_volume", price=0.1, config={}, order_size_usd="NaN"), wire("bootstrap_orders", state={}),
        wire("bootstrap_orders", state={}, config={}, order_size_usd=1.0, allow_short_only="yes"),
    ),
    replayed("broken_state_stops_all", "Where the state is wrong there are no steps.", {**pair(), "orders": [{**BUY_ENTRY,
        "price": "x"}]}, tick(0.1)),
    replayed("broken_config_stops_all", "Where the configuration is wrong there are no steps.", pair(), tick(0.1),
        cfg={"entry_pct": None}),
    replayed("broken_size_stops_all", "Where a size is wrong there are no steps.", pair(), tick(0.1), sizes={"A": "lots"}),
    called(
        "python_objects_out_of_domain", "Python objects that nobody has read from a wire are checked as they come.",
        *(python("transition_of_python_objects", state={"market_price": 0.1, "now": 0.0, **wrong}, event=timer(),
        order_size_usd=2.0) for wrong in (
            {}, {"market_price": 1}, {"market_price": None}, {"now": True}, {"orders": 5}, {"orders": [5]},
            {"orders": [BUY_ENTRY | {"price": 1}]},
            {"orders": [BUY_ENTRY]}, {"orders": [BUY_ENTRY], "orders_of_a_subclass": True},
            {"orders": [BUY_ENTRY | {"side": "hold"}]}, {"mode_source": "other"},
            {"cooldown_until_a": -1},
            {"orders": [BUY_ENTRY | {"side": None}]}, {"last_refresh_direction_a": None, "s2_entered_at": 5},
            {"cycle_a": 10**30})),
        *(python("transition_of_python_objects", state={"market_price": 0.1, "now": 0.0}, event=event, order_size_usd=2.0)
          for event in (None, 5, tick(1, 2), tick("x"), fill(1, 0.1, side=5))),
        python("transition_of_python_objects", state={"market_price": 0.1, "now": 0.0}, event=timer(), order_size_usd=2,
        config="nonsense"),
        python("transition_of_python_objects", state={"market_price": 0.1, "now": 0.0}, event=timer(), order_size_usd=2,
        order_sizes=[1]),
        python("transition_of_python_objects", state={"market_price": 0.1, "now": 0.0}, event=timer(), order_size_usd=2,
        order_sizes={"A": 1}),
    ),
)  # fmt: skip
