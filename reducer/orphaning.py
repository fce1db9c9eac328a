"""Orphaning: an exit that waited too long becomes a recovery order; the farthest and oldest of those are evicted."""

from __future__ import annotations

from reducer.booking import ExitFill, book_recovery, update_losses
from reducer.invariants import distance
from reducer.orders import Sizing, extend_cooldown, place_follow_up, remove_order, remove_recovery
from reducer.types import (
    Action,
    CancelOrderAction,
    EngineConfig,
    OrderState,
    OrphanOrderAction,
    PairState,
    RecoveryOrder,
    replace,
)


def orphan_exit(state: PairState, sizing: Sizing, exit_order: OrderState, reason: str) -> tuple[PairState, list[Action]]:
    """Turn an exit into a recovery order, and place its trade's next entry."""
    cfg = sizing.cfg
    state, actions = evict_overflow(state, cfg)
    recovery = RecoveryOrder(
        recovery_id=state.next_recovery_id,
        side=exit_order.side,
        price=exit_order.price,
        volume=exit_order.volume,
        trade_id=exit_order.trade_id,
        cycle=exit_order.cycle,
        entry_price=exit_order.entry_price,
        orphaned_at=state.now,
        entry_fee=exit_order.entry_fee,
        entry_filled_at=exit_order.entry_filled_at,
        txid=exit_order.txid,
        reason=reason,
    )
    state = remove_order(state, exit_order.local_id)
    state = replace(
        state,
        recovery_orders=(*state.recovery_orders, recovery),
        next_recovery_id=state.next_recovery_id + 1,
    )
    actions.append(OrphanOrderAction(exit_order.local_id, recovery.recovery_id, reason))
    trade_id = exit_order.trade_id
    if cfg.reentry_base_cooldown_sec > 0:
        state = extend_cooldown(state, trade_id, state.now + cfg.reentry_base_cooldown_sec)
    if trade_id == "A":
        state = replace(state, cycle_a=state.cycle_a + 1)
    else:
        state = replace(state, cycle_b=state.cycle_b + 1)
    state, placed = place_follow_up(state, sizing, trade_id, f"orphan_{trade_id}")
    return state, [*actions, *placed]


def evict_overflow(state: PairState, cfg: EngineConfig) -> tuple[PairState, list[Action]]:
    """Make room for one more recovery order: the farthest from the market go first, then the oldest, then the lowest id.

    Ids are matched by value: if an invalid state has the id of an evicted order more than once, every order with that id is
    evicted and booked.
    """
    cap = max(1, cfg.max_recovery_slots)
    overflow = max(0, len(state.recovery_orders) + 1 - cap)
    ranked = sorted(
        state.recovery_orders,
        key=lambda order: (-distance(order.price, state.market_price), order.orphaned_at, order.recovery_id),
    )
    evicted_ids = {order.recovery_id for order in ranked[:overflow]}
    actions: list[Action] = []
    for order in state.recovery_orders:
        if order.recovery_id in evicted_ids:
            state, evicted = evict(state, cfg, order)
            actions += evicted
    return state, actions


def evict(state: PairState, cfg: EngineConfig, order: RecoveryOrder) -> tuple[PairState, list[Action]]:
    """Cancel one recovery order and book it at the market price."""
    actions: list[Action] = []
    if order.txid:
        actions.append(CancelOrderAction(-order.recovery_id, order.txid, "recovery_cap_evict_priority"))
    price = eviction_price(state, order)
    fee = max(0.0, price * order.volume * (cfg.maker_fee_pct / 100.0))
    state = remove_recovery(state, order.recovery_id)
    state, booked = book_recovery(state, order, ExitFill(price, fee, state.now))
    actions.append(booked)
    return update_losses(state, cfg, order.trade_id, booked.net_profit), actions


def eviction_price(state: PairState, order: RecoveryOrder) -> float:
    """Return the first positive price of: the market, the order, its entry; 0.0 if there is none."""
    if state.market_price > 0:
        return state.market_price
    if order.price > 0:
        return order.price
    if order.entry_price > 0:
        return order.entry_price
    return 0.0
