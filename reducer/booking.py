"""Booking of completed round trips, and the loss counts and cooldowns that follow from their results."""

from __future__ import annotations

from dataclasses import dataclass

from reducer.orders import extend_cooldown
from reducer.types import (
    BookCycleAction,
    CycleRecord,
    EngineConfig,
    OrderState,
    PairState,
    RecoveryOrder,
    TradeId,
    replace,
)


@dataclass(frozen=True)
class ExitFill:
    """The fill that ended a round trip: price in USD per coin, fee in USD, time in seconds."""

    price: float
    fee: float
    timestamp: float


def book_cycle(
    state: PairState, order: OrderState | RecoveryOrder, fill: ExitFill, *, entry_time: float, from_recovery: bool
) -> tuple[PairState, BookCycleAction]:
    """Record the round trip that `fill` ends, with the volume of the order on the book.

    `entry_time` is in seconds. Return the state with its new record and totals, and the action that reports the booking.
    """
    if order.trade_id == "A":
        gross = (order.entry_price - fill.price) * order.volume
        quote_fee = order.entry_fee
    else:
        gross = (fill.price - order.entry_price) * order.volume
        quote_fee = fill.fee
    fees = order.entry_fee + fill.fee
    net = gross - fees
    record = CycleRecord(
        trade_id=order.trade_id,
        cycle=order.cycle,
        entry_price=order.entry_price,
        exit_price=fill.price,
        volume=order.volume,
        gross_profit=gross,
        fees=fees,
        net_profit=net,
        entry_time=entry_time,
        exit_time=fill.timestamp,
        from_recovery=from_recovery,
    )
    loss = state.today_realized_loss
    booked = replace(
        state,
        completed_cycles=(*state.completed_cycles, record),
        total_profit=state.total_profit + net,
        total_settled_usd=state.total_settled_usd + (gross - quote_fee),
        total_fees=state.total_fees + fill.fee,
        today_realized_loss=loss + abs(net) if net < 0 else loss,
        total_round_trips=state.total_round_trips + 1,
    )
    return booked, BookCycleAction(order.trade_id, order.cycle, net, gross, fees, from_recovery)


def book_recovery(state: PairState, order: RecoveryOrder, fill: ExitFill) -> tuple[PairState, BookCycleAction]:
    """Record the round trip that a recovery order ends. An unknown entry time is replaced by the time of orphaning."""
    entry_time = order.entry_filled_at if order.entry_filled_at > 0 else order.orphaned_at
    return book_cycle(state, order, fill, entry_time=entry_time, from_recovery=True)


def update_losses(state: PairState, cfg: EngineConfig, trade_id: TradeId, net: float) -> PairState:
    """Update the trade's count of consecutive losses with a net result in USD, and start the cooldowns that apply."""
    if cfg.reentry_base_cooldown_sec > 0:
        state = extend_cooldown(state, trade_id, state.now + cfg.reentry_base_cooldown_sec)
    losses = state.consecutive_losses_a if trade_id == "A" else state.consecutive_losses_b
    losses = losses + 1 if net < 0 else 0
    if trade_id == "A":
        state = replace(state, consecutive_losses_a=losses)
    else:
        state = replace(state, consecutive_losses_b=losses)
    if losses >= cfg.loss_cooldown_start:
        state = extend_cooldown(state, trade_id, state.now + cfg.loss_cooldown_sec)
    return state
