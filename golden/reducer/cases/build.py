"""Helpers to write fixtures: plain states, events and calls, with the numbers of a small DOGE pair as defaults.

Prices are in USD per coin, volumes in coins, fees in USD, times in seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import state_machine as sm
from generators.plain import Json, spell_out
from generators.reducer.case import Case
from golden.reducer.corpus import LINE, PYTHON, WIRE, Call, Definition

NOW = 1000.0


def order(local_id: int, side: str, role: str, trade_id: str, price: float, **fields: Any) -> Json:
    """Return an order of 20 coins in cycle 1; an exit has an entry price 2 % on the profitable side."""
    entry_price = 0.0
    if role == "exit":
        entry_price = round(price * (0.98 if side == "sell" else 1.02), 6)
    filled_at = NOW if role == "exit" else 0.0
    return {
        "local_id": local_id, "side": side, "role": role, "price": price, "volume": 20.0, "trade_id": trade_id, "cycle": 1,
        "txid": "", "placed_at": NOW, "entry_price": entry_price, "entry_fee": 0.005 if role == "exit" else 0.0,
        "entry_filled_at": filled_at, **fields,
    }  # fmt: skip


def recovery(recovery_id: int, trade_id: str, price: float, **fields: Any) -> Json:
    """Return a recovery order of 20 coins: a buy for trade A, a sell for trade B."""
    side = "buy" if trade_id == "A" else "sell"
    return {
        "recovery_id": recovery_id, "side": side, "price": price, "volume": 20.0, "trade_id": trade_id, "cycle": 1,
        "entry_price": 0.1, "orphaned_at": NOW - 500.0, "entry_fee": 0.005, "entry_filled_at": NOW - 2000.0,
        "txid": f"RTX-{recovery_id}", "reason": "s1_timeout", **fields,
    }  # fmt: skip


BUY_ENTRY = order(1, "buy", "entry", "B", 0.0998)
SELL_ENTRY = order(2, "sell", "entry", "A", 0.1002)
SELL_EXIT = order(3, "sell", "exit", "B", 0.101)
BUY_EXIT = order(4, "buy", "exit", "A", 0.099)


def state(*, orders: Sequence[Any] = (), recoveries: Sequence[Any] = (), **fields: Any) -> Json:
    """Return a whole state. Fields that are not given have the reference's defaults; new ids follow those of the orders."""
    plain = {
        "market_price": 0.1,
        "now": NOW,
        "next_order_id": max([0, *(item["local_id"] for item in orders)]) + 1,
        "next_recovery_id": max([0, *(item["recovery_id"] for item in recoveries)]) + 1,
        "orders": list(orders),
        "recovery_orders": list(recoveries),
        **fields,
    }
    whole: Json = spell_out(sm.to_dict(sm.from_dict(plain)))
    return whole


def pair(**fields: Any) -> Json:
    """Return a valid state in S0."""
    return state(**{"orders": [BUY_ENTRY, SELL_ENTRY], **fields})


def in_s1a(**fields: Any) -> Json:
    """Return a state in which only the buy exit of trade A is open."""
    return state(**{"orders": [BUY_ENTRY, BUY_EXIT], **fields})


def in_s1b(**fields: Any) -> Json:
    """Return a state in which only the sell exit of trade B is open."""
    return state(**{"orders": [SELL_ENTRY, SELL_EXIT], **fields})


def in_s2(**fields: Any) -> Json:
    """Return a state in which both exits are open."""
    return state(**{"orders": [SELL_EXIT, BUY_EXIT], **fields})


def tick(price: Any, at: Any = NOW + 1.0) -> Json:
    """Return a price tick."""
    return {"_type": "PriceTick", "price": price, "timestamp": at}


def timer(at: Any = NOW + 1.0) -> Json:
    """Return a timer tick."""
    return {"_type": "TimerTick", "timestamp": at}


def fill(local_id: Any, price: Any, at: Any = NOW + 1.0, **fields: Any) -> Json:
    """Return the fill of an order on the book."""
    event = {"_type": "FillEvent", "order_local_id": local_id, "txid": "OTX", "side": "buy", "price": price}
    return {**event, "volume": 20.0, "fee": 0.005, "timestamp": at, **fields}


def recovery_fill(recovery_id: Any, price: Any, at: Any = NOW + 1.0, **fields: Any) -> Json:
    """Return the fill of a recovery order."""
    event = {"_type": "RecoveryFillEvent", "recovery_id": recovery_id, "txid": "RTX", "side": "sell", "price": price}
    return {**event, "volume": 20.0, "fee": 0.005, "timestamp": at, **fields}


def recovery_cancel(recovery_id: Any, at: Any = NOW + 1.0) -> Json:
    """Return the cancellation of a recovery order."""
    return {"_type": "RecoveryCancelEvent", "recovery_id": recovery_id, "txid": "RTX", "timestamp": at}


def replayed(
    name: str,
    about: str,
    start: Any,
    *events: Any,
    size: Any = 2.0,
    sizes: Any = None,
    cfg: Any = None,
    calls: Sequence[Call] = (),
    **config: Any,
) -> Definition:
    """Define a fixture of a case. `config` holds the fields that differ from the default; `cfg` replaces the whole of it."""
    case = Case(
        name=name,
        state=start,
        config=spell_out(config) if cfg is None else cfg,
        order_size_usd=size,
        order_sizes=sizes,
        events=events,
        metadata={"source": "golden"},
    )
    return Definition(name=name, about=about, case=case, calls=tuple(calls))


def called(name: str, about: str, *calls: Call) -> Definition:
    """Define a fixture of calls."""
    return Definition(name=name, about=about, calls=calls)


def wire(method: str, **request: Any) -> Call:
    """Return a call that every port answers."""
    return Call(via=WIRE, name=method, request=spell_out(request))


def line(text: str) -> Call:
    """Return a line that is sent as it is, which every port answers."""
    return Call(via=LINE, name="line", request={"line": text})


def python(function: str, **request: Any) -> Call:
    """Return a call of a function that only Python has; its data are not in the wire format."""
    return Call(via=PYTHON, name=function, request=request)
