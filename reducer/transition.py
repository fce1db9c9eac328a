"""The reducer itself: the next state and the actions that follow from a state and an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from reducer.booking import ExitFill, book_cycle, book_recovery, update_losses
from reducer.domain import check_event, check_result, check_settings, check_state
from reducer.invariants import clear_s2_unless_s2, derive_phase, distance, first_of
from reducer.orders import (
    Sizing,
    append_order,
    find_order,
    find_recovery,
    place_action,
    place_entry,
    place_follow_up,
    remove_order,
    remove_recovery,
)
from reducer.orphaning import orphan_exit
from reducer.pricing import exit_price
from reducer.types import (
    Action,
    CancelOrderAction,
    EngineConfig,
    Event,
    FillEvent,
    OrderState,
    PairState,
    PriceTick,
    RecoveryCancelEvent,
    RecoveryFillEvent,
    RefreshDirection,
    Side,
    TimerTick,
    replace,
)

Result = tuple[PairState, list[Action]]


def transition(
    state: PairState,
    event: Event,
    cfg: EngineConfig,
    order_size_usd: float,
    order_sizes: Mapping[str, float] | None = None,
) -> Result:
    """Advance the state by one event.

    `order_size_usd` is the size of an entry in USD, `order_sizes` overrides it per trade. Raises `ValueError` with the path
    of a value outside the domain, `TypeError` if `event` is no event, `OverflowError` if a result is too large for its type.
    The given state is never changed.
    """
    before = check_state(state)
    event = check_event(event)
    sizing = Sizing(*check_settings(cfg, order_size_usd, order_sizes))
    state = replace(before, now=event.timestamp)
    result: Result
    if isinstance(event, PriceTick):
        result = on_price_tick(state, event, sizing)
    elif isinstance(event, TimerTick):
        result = on_timer_tick(state, sizing)
    elif isinstance(event, FillEvent):
        result = on_fill(state, event, sizing)
    elif isinstance(event, RecoveryFillEvent):
        result = on_recovery_fill(state, event, sizing)
    elif isinstance(event, RecoveryCancelEvent):
        result = on_recovery_cancel(state, event)
    else:
        assert_never(event)
    check_result(before, *result)
    return result


def on_price_tick(state: PairState, event: PriceTick, sizing: Sizing) -> Result:
    """Update the market price, and refresh at most one entry that is too far away from it."""
    state = replace(state, market_price=event.price, last_price_update_at=event.timestamp)
    for order in state.orders:
        if order.role != "entry":
            continue
        drift = distance(order.price, state.market_price) * 100.0
        if drift <= sizing.cfg.refresh_pct:
            continue
        cooldown = state.refresh_cooldown_until_a if order.trade_id == "A" else state.refresh_cooldown_until_b
        if state.now < cooldown:
            continue
        return refresh_entry(state, order, sizing)
    return state, []


def refresh_entry(state: PairState, order: OrderState, sizing: Sizing) -> Result:
    """Move a stale entry to the market, unless it has been moved too often in the same direction."""
    cfg = sizing.cfg
    if order.trade_id == "A":
        count, cooldown = state.consecutive_refreshes_a, state.refresh_cooldown_until_a
        last_direction = state.last_refresh_direction_a
    else:
        count, cooldown = state.consecutive_refreshes_b, state.refresh_cooldown_until_b
        last_direction = state.last_refresh_direction_b
    if count >= cfg.max_consecutive_refreshes and cooldown > 0:
        count, cooldown = 0, 0.0
    direction = refresh_direction(state, order)
    count = count + 1 if direction == last_direction else 1
    if count >= cfg.max_consecutive_refreshes:
        cooldown = state.now + cfg.refresh_cooldown_sec
        return store_refresh(state, order, count, direction, cooldown), []
    state = store_refresh(state, order, count, direction, cooldown)
    state = remove_order(state, order.local_id)
    cancel = CancelOrderAction(order.local_id, order.txid, "stale_entry")
    state, placed = place_entry(state, sizing, order.side, order.trade_id, order.cycle, "refresh_entry")
    return state, [cancel, *placed]


def refresh_direction(state: PairState, order: OrderState) -> RefreshDirection:
    """Return the direction in which the market has moved away from the order."""
    if order.side == "buy":
        return "down" if state.market_price < order.price else "up"
    return "up" if state.market_price > order.price else "down"


def store_refresh(state: PairState, order: OrderState, count: int, direction: RefreshDirection, cooldown: float) -> PairState:
    """Store the refresh count, the direction and the end of the refresh cooldown (seconds) of the order's trade."""
    if order.trade_id == "A":
        return replace(
            state,
            consecutive_refreshes_a=count,
            last_refresh_direction_a=direction,
            refresh_cooldown_until_a=cooldown,
        )
    return replace(
        state,
        consecutive_refreshes_b=count,
        last_refresh_direction_b=direction,
        refresh_cooldown_until_b=cooldown,
    )


def on_timer_tick(state: PairState, sizing: Sizing) -> Result:
    """Orphan at most one exit that has waited too long."""
    if sizing.cfg.sticky_mode_enabled:
        return replace(state, s2_entered_at=None), []
    phase = derive_phase(state)
    if phase == "S2":
        return orphan_worse_exit(state, sizing)
    state = replace(state, s2_entered_at=None)
    if phase == "S0":
        return state, []
    return orphan_stale_exit(state, sizing)


def orphan_stale_exit(state: PairState, sizing: Sizing) -> Result:
    """In S1, orphan the first exit once it has waited long enough and the market has moved away from it."""
    exit_order = next(order for order in state.orders if order.role == "exit")
    started_at = exit_order.entry_filled_at or exit_order.placed_at or state.now
    if state.now - started_at < sizing.cfg.s1_orphan_after_sec:
        return state, []
    if exit_order.side == "sell":
        moved_away = state.market_price < exit_order.price
    else:
        moved_away = state.market_price > exit_order.price
    if not moved_away:
        return state, []
    return orphan_exit(state, sizing, exit_order, "s1_timeout")


def orphan_worse_exit(state: PairState, sizing: Sizing) -> Result:
    """In S2, orphan the exit that is farther from the market, once both have waited long enough."""
    if state.s2_entered_at is None:
        return replace(state, s2_entered_at=state.now), []
    if state.now - state.s2_entered_at < sizing.cfg.s2_orphan_after_sec or state.market_price <= 0:
        return state, []
    buy_exit, sell_exit = first_of(state, "buy", "exit"), first_of(state, "sell", "exit")
    assert buy_exit is not None, "S2 has a buy exit"
    assert sell_exit is not None, "S2 has a sell exit"
    buy_distance = distance(buy_exit.price, state.market_price)
    sell_distance = distance(sell_exit.price, state.market_price)
    worse = buy_exit if buy_distance > sell_distance else sell_exit
    state, actions = orphan_exit(state, sizing, worse, "s2_timeout")
    return replace(state, s2_entered_at=None), actions


def on_fill(state: PairState, event: FillEvent, sizing: Sizing) -> Result:
    """Process the fill of an order: place the exit of an entry, or end the cycle of an exit."""
    order = find_order(state, event.order_local_id)
    if order is None:
        return state, []
    state = remove_order(state, order.local_id)
    if order.role == "entry":
        state, actions = on_entry_fill(state, order, event, sizing.cfg)
    else:
        state, actions = on_exit_fill(state, order, event, sizing)
    return clear_s2_unless_s2(state), actions


def on_entry_fill(state: PairState, order: OrderState, event: FillEvent, cfg: EngineConfig) -> Result:
    """Place the exit that takes the profit of a filled entry."""
    exit_side: Side = "sell" if order.side == "buy" else "buy"
    exit_order = OrderState(
        local_id=state.next_order_id,
        side=exit_side,
        role="exit",
        price=exit_price(state, cfg, exit_side, event.price),
        volume=event.volume,
        trade_id=order.trade_id,
        cycle=order.cycle,
        placed_at=event.timestamp,
        entry_price=event.price,
        entry_fee=event.fee,
        entry_filled_at=event.timestamp,
    )
    state = replace(state, total_fees=state.total_fees + event.fee, next_order_id=state.next_order_id + 1)
    return append_order(state, exit_order), [place_action(exit_order, "entry_fill_exit")]


def on_exit_fill(state: PairState, order: OrderState, event: FillEvent, sizing: Sizing) -> Result:
    """Book the cycle of a filled exit, and place the trade's next entry."""
    fill = ExitFill(event.price, event.fee, event.timestamp)
    state, booked = book_cycle(state, order, fill, entry_time=order.entry_filled_at, from_recovery=False)
    state = update_losses(state, sizing.cfg, order.trade_id, booked.net_profit)
    if order.trade_id == "A":
        state = replace(state, cycle_a=max(state.cycle_a, order.cycle + 1))
    else:
        state = replace(state, cycle_b=max(state.cycle_b, order.cycle + 1))
    state, placed = place_follow_up(state, sizing, order.trade_id, "cycle_complete")
    return state, [booked, *placed]


def on_recovery_fill(state: PairState, event: RecoveryFillEvent, sizing: Sizing) -> Result:
    """Book the cycle of a recovery order that was filled; its trade has moved on, so no entry follows."""
    order = find_recovery(state, event.recovery_id)
    if order is None:
        return state, []
    state = remove_recovery(state, order.recovery_id)
    state, booked = book_recovery(state, order, ExitFill(event.price, event.fee, event.timestamp))
    state = update_losses(state, sizing.cfg, order.trade_id, booked.net_profit)
    return clear_s2_unless_s2(state), [booked]


def on_recovery_cancel(state: PairState, event: RecoveryCancelEvent) -> Result:
    """Remove a recovery order that was cancelled."""
    return clear_s2_unless_s2(remove_recovery(state, event.recovery_id)), []
