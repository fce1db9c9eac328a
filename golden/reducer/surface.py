"""Functions of `state_machine` that are not on the wire, callable with plain data so that fixtures can hold the calls.

They run in Python under every backend, so their fixtures guard the reference and the drop-in package, not a port.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import state_machine as sm
from generators.plain import Json, spell_out
from reducer.requests import error_object, read_config
from reducer.snapshot import encode

REFUSED = (ValueError, TypeError, OverflowError)


def call_surface(name: str, request: Mapping[str, Any]) -> Json:
    """Call a function with plain data; return its answer, or its error in the wire format."""
    try:
        answer: Json = spell_out(FUNCTIONS[name](request))
    except REFUSED as error:
        return error_object(error)
    return answer


def _add_entry_order(request: Mapping[str, Any]) -> Json:
    after, action = sm.add_entry_order(
        sm.from_dict(request["state"]),
        read_config(request["config"]),
        request["side"],
        request["trade_id"],
        request["cycle"],
        request["order_size_usd"],
    )
    return {"state": encode(after), "action": None if action is None else encode(action)}


def _find_order(request: Mapping[str, Any]) -> Json:
    order = sm.find_order(sm.from_dict(request["state"]), request["local_id"])
    return {"order": None if order is None else encode(order)}


def _transition_of_python_objects(request: Mapping[str, Any]) -> Json:
    """Call `transition` as a Python caller does, with objects whose fields were never validated."""
    state = sm.PairState(**_objects(request["state"]))
    cfg = sm.EngineConfig(**request.get("config", {})) if request.get("config") != "nonsense" else "nonsense"
    event = _event(request["event"])
    sizes = request.get("order_sizes")
    after, actions = sm.transition(state, event, cfg, request["order_size_usd"], sizes)  # type: ignore[arg-type]
    return {"state": encode(after), "actions": [encode(action) for action in actions]}


def _objects(state: Mapping[str, Any]) -> Json:
    """Return the keyword arguments of a state; items given as dicts become objects of their class."""
    makers: dict[str, Any] = {"orders": sm.OrderState, "recovery_orders": sm.RecoveryOrder, "completed_cycles": sm.CycleRecord}
    # A caller's own subclass, with a field that no port knows.
    subclass = type("OrderOfTheRuntime", (sm.OrderState,), {})
    plain = dict(state)
    if plain.pop("orders_of_a_subclass", False):
        makers["orders"] = subclass
    for name, maker in makers.items():
        if isinstance(plain.get(name), list):
            plain[name] = tuple(maker(**item) if isinstance(item, dict) else item for item in plain[name])
    return plain


def _event(data: Any) -> Any:
    """Return an event object that was never validated; a value that is not an object stays as it is."""
    if not isinstance(data, Mapping):
        return data
    fields = {key: value for key, value in data.items() if key != "_type"}
    return getattr(sm, data["_type"])(**fields)


def _state_function(function: Callable[..., sm.PairState], *names: str) -> Callable[[Mapping[str, Any]], Json]:
    def call(request: Mapping[str, Any]) -> Json:
        return {"state": encode(function(sm.from_dict(request["state"]), *(request[name] for name in names)))}

    return call


FUNCTIONS: dict[str, Callable[[Mapping[str, Any]], Json]] = {
    "add_entry_order": _add_entry_order,
    "apply_order_txid": _state_function(sm.apply_order_txid, "local_id", "txid"),
    "apply_recovery_txid": _state_function(sm.apply_recovery_txid, "recovery_id", "txid"),
    "find_order": _find_order,
    "from_dict": lambda request: {"state": sm.to_dict(sm.from_dict(request["snapshot"]))},
    "remove_order": _state_function(sm.remove_order, "local_id"),
    "remove_recovery": _state_function(sm.remove_recovery, "recovery_id"),
    "transition_of_python_objects": _transition_of_python_objects,
    "entry_backoff_multiplier": lambda request: {
        "multiplier": sm.entry_backoff_multiplier(request["loss_count"], read_config(request["config"]))
    },
}
