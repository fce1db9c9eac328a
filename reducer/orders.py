"""The orders on the book: look-up, removal, updates and placement.

Ids are matched by value: if an invalid state has an id more than once, a look-up finds the first order with it, and a removal
or an update affects all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from reducer.domain import check_int, check_literal, check_result, check_settings, check_state, check_text
from reducer.pricing import compute_order_volume, entry_price, size_for
from reducer.types import EngineConfig, OrderState, PairState, PlaceOrderAction, RecoveryOrder, Side, TradeId, replace


@dataclass(frozen=True)
class Sizing:
    """The inputs of an entry's volume: the configuration, the order size in USD and the sizes per trade in USD."""

    cfg: EngineConfig
    order_size_usd: float
    order_sizes: Mapping[str, float] | None = None

    def volume(self, trade_id: TradeId, price: float) -> float | None:
        """Return the volume in coins of an entry at `price`, or None if no entry can be placed."""
        size_usd = size_for(trade_id, self.order_size_usd, self.order_sizes)
        return compute_order_volume(price, self.cfg, size_usd)


def find_order(state: PairState, local_id: int) -> OrderState | None:
    """Return the first order with this id, or None."""
    return next((order for order in state.orders if order.local_id == local_id), None)


def find_recovery(state: PairState, recovery_id: int) -> RecoveryOrder | None:
    """Return the first recovery order with this id, or None."""
    return next((order for order in state.recovery_orders if order.recovery_id == recovery_id), None)


def remove_order(state: PairState, local_id: int) -> PairState:
    """Return the state without the order; an unknown id changes nothing."""
    return replace(state, orders=tuple(order for order in state.orders if order.local_id != local_id))


def remove_recovery(state: PairState, recovery_id: int) -> PairState:
    """Return the state without the recovery order; an unknown id changes nothing."""
    kept = tuple(order for order in state.recovery_orders if order.recovery_id != recovery_id)
    return replace(state, recovery_orders=kept)


def apply_order_txid(state: PairState, local_id: int, txid: str) -> PairState:
    """Set the exchange's transaction id of an order; an unknown id changes nothing."""
    patched = tuple(replace(order, txid=txid) if order.local_id == local_id else order for order in state.orders)
    return replace(state, orders=patched)


def apply_recovery_txid(state: PairState, recovery_id: int, txid: str) -> PairState:
    """Set the exchange's transaction id of a recovery order; an unknown id changes nothing."""
    patched = tuple(replace(order, txid=txid) if order.recovery_id == recovery_id else order for order in state.recovery_orders)
    return replace(state, recovery_orders=patched)


def cooldown_until(state: PairState, trade_id: TradeId) -> float:
    """Return the time in seconds from which the trade may enter again."""
    return state.cooldown_until_a if trade_id == "A" else state.cooldown_until_b


def extend_cooldown(state: PairState, trade_id: TradeId, until: float) -> PairState:
    """Extend the trade's cooldown to `until`, in seconds; a later end stays."""
    later = max(cooldown_until(state, trade_id), until)
    if trade_id == "A":
        return replace(state, cooldown_until_a=later)
    return replace(state, cooldown_until_b=later)


def new_entry(
    state: PairState, sizing: Sizing, side: Side, trade_id: TradeId, cycle: int
) -> tuple[PairState, OrderState | None]:
    """Create an entry order and use up its id, without putting it on the book; without a volume, do neither."""
    price = entry_price(state, sizing.cfg, side, trade_id)
    volume = sizing.volume(trade_id, price)
    if volume is None:
        return state, None
    order = OrderState(
        local_id=state.next_order_id,
        side=side,
        role="entry",
        price=price,
        volume=volume,
        trade_id=trade_id,
        cycle=cycle,
        placed_at=state.now,
    )
    return replace(state, next_order_id=state.next_order_id + 1), order


def place_action(order: OrderState, reason: str) -> PlaceOrderAction:
    """Return the action that places `order`."""
    return PlaceOrderAction(
        local_id=order.local_id,
        side=order.side,
        role=order.role,
        price=order.price,
        volume=order.volume,
        trade_id=order.trade_id,
        cycle=order.cycle,
        reason=reason,
    )


def append_order(state: PairState, order: OrderState) -> PairState:
    """Append the order to the book."""
    return replace(state, orders=(*state.orders, order))


def place_entry(
    state: PairState, sizing: Sizing, side: Side, trade_id: TradeId, cycle: int, reason: str
) -> tuple[PairState, list[PlaceOrderAction]]:
    """Put a new entry on the book, if there is a volume for it."""
    state, order = new_entry(state, sizing, side, trade_id, cycle)
    if order is None:
        return state, []
    return append_order(state, order), [place_action(order, reason)]


def place_follow_up(
    state: PairState, sizing: Sizing, trade_id: TradeId, reason: str
) -> tuple[PairState, list[PlaceOrderAction]]:
    """Place the trade's next entry with its cycle counter, unless its mode or its cooldown forbids it."""
    if trade_id == "A":
        if state.long_only or state.now < state.cooldown_until_a:
            return state, []
        return place_entry(state, sizing, "sell", "A", state.cycle_a, reason)
    if state.short_only or state.now < state.cooldown_until_b:
        return state, []
    return place_entry(state, sizing, "buy", "B", state.cycle_b, reason)


def add_entry_order(
    state: PairState,
    cfg: EngineConfig,
    side: Side,
    trade_id: TradeId,
    cycle: int,
    order_size_usd: float,
    reason: str = "manual",
) -> tuple[PairState, PlaceOrderAction | None]:
    """Place one entry manually; there is no order during the trade's cooldown or without a volume.

    Raises `ValueError` for a value outside the domain and `OverflowError` for a result that is too large.
    """
    before = check_state(state)
    sizing = Sizing(*check_settings(cfg, order_size_usd, None))
    check_literal(side, "side", get_args(Side))
    check_literal(trade_id, "trade_id", get_args(TradeId))
    cycle = check_int(cycle, "cycle")
    reason = check_text(reason, "reason")
    if before.now < cooldown_until(before, trade_id):
        return before, None
    after, actions = place_entry(before, sizing, side, trade_id, cycle, reason)
    check_result(before, after, actions)
    return after, actions[0] if actions else None
