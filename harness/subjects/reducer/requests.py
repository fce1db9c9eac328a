"""Requests for the methods other than `replay`: some made from a case, and edge cases that are seldom generated."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from generators.plain import INT64_MAX, Json
from generators.reducer.case import Case, spelled, to_line

# Size, price, decimals, minimum volume and minimum cost; volumes are at or near a rounding tie, or just at a limit.
VOLUMES = (
    (20.5, 1.0, 0, 1.0, 0.0),
    (10.75, 0.5, 0, 1.0, 0.0),
    (20.15, 1.0, 1, 1.0, 0.0),
    (2.675, 1.0, 2, 1.0, 0.0),
    (20.25, 1.0, 1, 1.0, 20.25),
    (20.0, 0.5, 0, 1.0, 20.0),
    (0.0, 1.0, 0, -9.0, 0.0),
    (-0.5, 1.0, 0, -9.0, 0.0),
    (0.4, 0.25, 0, 0.0, 0.5),
    (0.6, 0.25, 0, 0.0, 0.55),
    (3.0, 1.0, 0, 0.0, 4.0),
)

# Values that are not a state, or have malformed lists of orders.
MALFORMED_STATES = (5, None, {"orders": [5]}, {"recovery_orders": "none"})
_EXITS: dict[str, Json] = {
    side: {
        "local_id": number, "side": side, "role": "exit", "price": 0.1, "volume": 20.0, "trade_id": trade_id, "cycle": 1,
        "entry_price": 0.1,
    }
    for number, (side, trade_id) in enumerate((("buy", "A"), ("sell", "B")), start=1)
}  # fmt: skip
# States with one exit too many, in every phase and mode.
BOOKS: tuple[Json, ...] = tuple(
    {"orders": [_EXITS[side] for side in sides for _ in range(2)], "long_only": mode == "long", "short_only": mode == "short"}
    for sides in ((), ("buy",), ("sell",), ("buy", "sell"))
    for mode in ("both", "long", "short")
)
# Values of a cooldown that are not a time.
COOLDOWNS = ("NaN", "Infinity", "-Infinity", -(10**400), "soon")
# Fields of a state and a configuration that bring a bootstrap to a limit: the last id, the last digit of a price (where a
# back-off shows), a price of zero, the largest double.
BOOTSTRAPS: tuple[tuple[Json, Json], ...] = (
    ({"next_order_id": INT64_MAX, "market_price": 0.1}, {}),
    (
        {"consecutive_losses_a": 3, "consecutive_losses_b": 4, "market_price": 3.101},
        {"entry_pct": 16.4, "price_decimals": 17, "loss_backoff_start": 1, "backoff_factor": 0.76},
    ),
    (
        {"consecutive_losses_b": 2, "market_price": 0.1},
        {"entry_pct": 50.0, "loss_backoff_start": 2, "backoff_factor": 1.0},
    ),
    ({"market_price": 1.6e308}, {"price_decimals": -308, "min_volume": 0.0}),
)

# Fields of a state, its only order and fields of the fill: zeros of both signs, an order with the next id, and a record that
# overflows a double.
_ENTRY: Json = {
    "local_id": 1, "side": "buy", "role": "entry", "price": 0.1, "volume": 27.4, "trade_id": "B", "cycle": 1,
}  # fmt: skip
FILLS: tuple[tuple[Json, Json, Json], ...] = (
    ({"market_price": 0.0}, _ENTRY, {"price": -0.0}),
    ({"market_price": 0.0}, {**_ENTRY, "side": "sell", "trade_id": "A"}, {"price": -0.0}),
    ({"cooldown_until_b": -0.0}, _EXITS["sell"], {"timestamp": -1800.0}),
    ({"today_realized_loss": -0.0}, _EXITS["sell"], {"price": 0.1}),
    ({"next_order_id": 1}, _ENTRY, {}),
    ({}, {**_EXITS["sell"], "entry_price": -1.797e308, "volume": 27.4}, {}),
)


class Asked(NamedTuple):
    """A request, and its line. `always` is set where every case asks it."""

    method: str
    request: Json
    line: bytes
    always: bool


def thorough_requests(case: Case, answer: Json) -> Iterator[Asked]:
    """Yield requests for the methods other than `replay`: those of every case, and those made from this one and its answer."""
    yield from _constant_requests()
    lines = _Lines()
    yield from (Asked(method, request, lines.line(method, request), False) for method, request in _requests_of(case, answer))


class _Lines:
    """The lines of requests that share states and configurations, each of which is spelled once."""

    def __init__(self) -> None:
        # With the object, so that no other one has its id.
        self._spelled: dict[int, tuple[object, str]] = {}

    def line(self, method: str, request: Json) -> bytes:
        """Return the line that `to_line` gives."""
        fields = [f'{{"method":"{method}"', *(f'"{name}":{self._spell(value)}' for name, value in request.items())]
        return (",".join(fields) + "}").encode()

    def _spell(self, value: Any) -> str:
        if not isinstance(value, dict):
            return spelled(value)
        known = self._spelled.get(id(value))
        if known is None:
            known = self._spelled[id(value)] = (value, spelled(value))
        return known[1]


@cache
def _constant_requests() -> tuple[Asked, ...]:
    return tuple(_asked(method, request, always=True) for method, request in _requests_of_no_case())


def _asked(method: str, request: Json, *, always: bool = False) -> Asked:
    return Asked(method, request, to_line({"method": method, **request}), always)


def _requests_of_no_case() -> Iterator[tuple[str, Json]]:
    for state in MALFORMED_STATES:
        yield "derive_phase", {"state": state}
    for state in BOOKS:
        yield "check_invariants", {"state": state}
    for fields, order, fill in FILLS:
        yield "transition", _filled(fields, order, fill)
    for size, price, volume_decimals, min_volume, min_cost_usd in VOLUMES:
        limits = {"volume_decimals": volume_decimals, "min_volume": min_volume, "min_cost_usd": min_cost_usd}
        yield "compute_order_volume", {"price": price, "config": limits, "order_size_usd": size}


def _requests_of(case: Case, answer: Json) -> Iterator[tuple[str, Json]]:
    states = [case.state] if "state" not in answer else [case.state, answer["state"]]
    for state in states:
        yield "check_invariants", {"state": state}
        yield "derive_phase", {"state": state}
        if isinstance(state, dict):
            yield from _of_changed_states(state)
        settings = {"state": state, "config": case.config, "order_size_usd": case.order_size_usd}
        yield "bootstrap_orders", settings
        yield "bootstrap_orders", {**settings, "allow_long_only": False, "allow_short_only": True}
        for config in _one_sided(case.config):
            for allowed in (True, False):
                one_sided = {**settings, "config": config}
                yield "bootstrap_orders", {**one_sided, "allow_long_only": allowed, "allow_short_only": allowed}
    for price in _prices(case):
        yield "compute_order_volume", {"price": price, "config": case.config, "order_size_usd": case.order_size_usd}


def _of_changed_states(state: Json) -> Iterator[tuple[str, Json]]:
    """Yield requests about modified copies of a state."""
    yield "check_invariants", {"state": _unsound(state)}
    for cooldown in COOLDOWNS:
        yield "derive_phase", {"state": {**state, "cooldown_until_a": cooldown}}
    for fields, config in BOOTSTRAPS:
        yield "bootstrap_orders", {"state": {**state, **fields}, "config": config, "order_size_usd": 200.0}


def _filled(fields: Json, order: Json, fill: Json) -> Json:
    """Return the `transition` request that fills a state's only order."""
    event = {
        "_type": "FillEvent", "order_local_id": order["local_id"], "txid": "t", "side": order["side"], "price": 0.1,
        "volume": order["volume"], "fee": 0.0, "timestamp": 1000.0, **fill,
    }  # fmt: skip
    state = {"market_price": 0.1, "next_order_id": 3, **fields, "orders": [order]}
    return {"state": state, "event": event, "config": {"reentry_base_cooldown_sec": 1800.0}, "order_size_usd": 20.0}


def _unsound(state: Json) -> Json:
    """Return the state with many violations at once, because their order is part of the answer."""
    orders = state.get("orders")
    if not isinstance(orders, list):
        return state
    wrong = {"cycle": 0, "role": "exit", "entry_price": 0.0, "volume": 0.0}
    unsound = [{**order, **wrong} if isinstance(order, dict) else order for order in orders]
    return {**state, "s2_entered_at": 1.0, "cycle_a": 0, "orders": unsound}


def _one_sided(config: Any) -> Iterator[Json]:
    """Yield configurations in which only one of the two entries has a price above zero."""
    if isinstance(config, dict):
        yield {**config, "entry_pct_b": 120.0}
        yield {**config, "entry_pct": -120.0, "entry_pct_a": None, "entry_pct_b": 0.5}


def _prices(case: Case) -> list[Any]:
    prices = [event["price"] for event in case.events if isinstance(event, dict) and "price" in event]
    return [*prices[:3], 0.0, -0.0, 5e-324]
