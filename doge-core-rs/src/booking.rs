//! Booking of completed round trips, and the loss counts and cooldowns that follow from their results.
//! Reference: `reducer/booking.py`.

use crate::orders::extend_cooldown;
use crate::types::{
    BookCycleAction, CycleRecord, EngineConfig, OrderState, PairState, RecoveryOrder, TradeId,
};

/// The fill that ended a round trip: price in USD per coin, fee in USD, time in seconds. Reference: `ExitFill`.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct ExitFill {
    pub price: f64,
    pub fee: f64,
    pub timestamp: f64,
}

/// What booking reads of an order on the book and of a recovery order: volume in coins, price and fee of the entry.
///
/// DIFFERENCE: the reference reads the fields of either type by their common names.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Exit {
    pub trade_id: TradeId,
    pub cycle: i128,
    pub volume: f64,
    pub entry_price: f64,
    pub entry_fee: f64,
}

impl From<&OrderState> for Exit {
    fn from(order: &OrderState) -> Self {
        let OrderState { trade_id, cycle, volume, entry_price, entry_fee, .. } = *order;
        Self { trade_id, cycle, volume, entry_price, entry_fee }
    }
}

impl From<&RecoveryOrder> for Exit {
    fn from(order: &RecoveryOrder) -> Self {
        let RecoveryOrder { trade_id, cycle, volume, entry_price, entry_fee, .. } = *order;
        Self { trade_id, cycle, volume, entry_price, entry_fee }
    }
}

/// Record the round trip that a fill ends, with the volume of the order on the book; the entry time is in seconds.
/// Reference: `book_cycle`.
pub fn book_cycle(
    state: PairState,
    order: Exit,
    fill: ExitFill,
    entry_time: f64,
    from_recovery: bool,
) -> (PairState, BookCycleAction) {
    let (gross, quote_fee) = if order.trade_id == TradeId::A {
        ((order.entry_price - fill.price) * order.volume, order.entry_fee)
    } else {
        ((fill.price - order.entry_price) * order.volume, fill.fee)
    };
    let fees = order.entry_fee + fill.fee;
    let net = gross - fees;
    let record = CycleRecord {
        trade_id: order.trade_id,
        cycle: order.cycle,
        entry_price: order.entry_price,
        exit_price: fill.price,
        volume: order.volume,
        gross_profit: gross,
        fees,
        net_profit: net,
        entry_time,
        exit_time: fill.timestamp,
        from_recovery,
    };
    let loss = state.today_realized_loss;
    let mut booked = PairState {
        total_profit: state.total_profit + net,
        total_settled_usd: state.total_settled_usd + (gross - quote_fee),
        total_fees: state.total_fees + fill.fee,
        today_realized_loss: if net < 0.0 { loss + net.abs() } else { loss },
        total_round_trips: state.total_round_trips + 1,
        ..state
    };
    booked.completed_cycles.push(record);
    let action = BookCycleAction {
        trade_id: order.trade_id,
        cycle: order.cycle,
        net_profit: net,
        gross_profit: gross,
        fees,
        from_recovery,
    };
    (booked, action)
}

/// Record the round trip that a recovery order ends. An unknown entry time is replaced by the time of orphaning.
/// Reference: `book_recovery`.
pub fn book_recovery(
    state: PairState,
    order: &RecoveryOrder,
    fill: ExitFill,
) -> (PairState, BookCycleAction) {
    let entry_time = if order.entry_filled_at > 0.0 { order.entry_filled_at } else { order.orphaned_at };
    book_cycle(state, order.into(), fill, entry_time, true)
}

/// Update the trade's count of consecutive losses with a net result in USD, and start the cooldowns that apply.
/// Reference: `update_losses`.
pub fn update_losses(mut state: PairState, cfg: &EngineConfig, trade_id: TradeId, net: f64) -> PairState {
    if cfg.reentry_base_cooldown_sec > 0.0 {
        let until = state.now + cfg.reentry_base_cooldown_sec;
        state = extend_cooldown(state, trade_id, until);
    }
    let losses = if trade_id == TradeId::A { state.consecutive_losses_a } else { state.consecutive_losses_b };
    let losses = if net < 0.0 { losses + 1 } else { 0 };
    if trade_id == TradeId::A {
        state = PairState { consecutive_losses_a: losses, ..state };
    } else {
        state = PairState { consecutive_losses_b: losses, ..state };
    }
    if losses >= cfg.loss_cooldown_start {
        let until = state.now + cfg.loss_cooldown_sec;
        state = extend_cooldown(state, trade_id, until);
    }
    state
}
