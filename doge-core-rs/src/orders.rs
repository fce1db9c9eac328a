//! The orders on the book: look-up, removal and placement. Reference: `reducer/orders.py`.
//!
//! Ids are matched by value: if an invalid state has an id more than once, a look-up finds the first order with it, and a
//! removal affects all of them.
//!
//! DIFFERENCE: `add_entry_order`, `apply_order_txid` and `apply_recovery_txid` are not on the wire, and are not here.

use crate::pricing::{compute_order_volume, entry_price, size_for, OrderSizes};
use crate::python_float::python_max;
use crate::types::{
    Action, EngineConfig, OrderState, PairState, PlaceOrderAction, RecoveryOrder, Role, Side, TradeId,
};

/// The inputs of an entry's volume: the configuration, the order size in USD and the sizes per trade in USD.
/// Reference: `Sizing`.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Sizing {
    pub cfg: EngineConfig,
    pub order_size_usd: f64,
    pub order_sizes: Option<OrderSizes>,
}

impl Sizing {
    /// The volume in coins of an entry at a price, or none if no entry can be placed. Reference: `Sizing.volume`.
    pub fn volume(&self, trade_id: TradeId, price: f64) -> Option<f64> {
        let size_usd = size_for(trade_id, self.order_size_usd, self.order_sizes.as_ref());
        compute_order_volume(price, &self.cfg, size_usd)
    }
}

/// The first order with this id. Reference: `find_order`.
pub fn find_order(state: &PairState, local_id: i128) -> Option<&OrderState> {
    state.orders.iter().find(|order| order.local_id == local_id)
}

/// The first recovery order with this id. Reference: `find_recovery`.
pub fn find_recovery(state: &PairState, recovery_id: i128) -> Option<&RecoveryOrder> {
    state.recovery_orders.iter().find(|order| order.recovery_id == recovery_id)
}

/// The state without the order; an unknown id changes nothing. Reference: `remove_order`.
pub fn remove_order(mut state: PairState, local_id: i128) -> PairState {
    state.orders.retain(|order| order.local_id != local_id);
    state
}

/// The state without the recovery order; an unknown id changes nothing. Reference: `remove_recovery`.
pub fn remove_recovery(mut state: PairState, recovery_id: i128) -> PairState {
    state.recovery_orders.retain(|order| order.recovery_id != recovery_id);
    state
}

/// The time in seconds from which the trade may enter again. Reference: `cooldown_until`.
fn cooldown_until(state: &PairState, trade_id: TradeId) -> f64 {
    if trade_id == TradeId::A {
        state.cooldown_until_a
    } else {
        state.cooldown_until_b
    }
}

/// Extend the trade's cooldown to a time in seconds; a later end stays. Reference: `extend_cooldown`.
pub fn extend_cooldown(state: PairState, trade_id: TradeId, until: f64) -> PairState {
    let later = python_max(cooldown_until(&state, trade_id), until);
    if trade_id == TradeId::A {
        return PairState { cooldown_until_a: later, ..state };
    }
    PairState { cooldown_until_b: later, ..state }
}

/// Create an entry order and use up its id, without putting it on the book; without a volume, do neither.
/// Reference: `new_entry`.
pub fn new_entry(
    state: PairState,
    sizing: &Sizing,
    side: Side,
    trade_id: TradeId,
    cycle: i128,
) -> (PairState, Option<OrderState>) {
    let price = entry_price(&state, &sizing.cfg, side, trade_id);
    let Some(volume) = sizing.volume(trade_id, price) else {
        return (state, None);
    };
    let order = OrderState {
        local_id: state.next_order_id,
        side,
        role: Role::Entry,
        price,
        volume,
        trade_id,
        cycle,
        txid: String::new(),
        placed_at: state.now,
        entry_price: 0.0,
        entry_fee: 0.0,
        entry_filled_at: 0.0,
    };
    (PairState { next_order_id: state.next_order_id + 1, ..state }, Some(order))
}

/// The action that places an order. Reference: `place_action`.
pub fn place_action(order: &OrderState, reason: &str) -> Action {
    Action::PlaceOrder(PlaceOrderAction {
        local_id: order.local_id,
        side: order.side,
        role: order.role,
        price: order.price,
        volume: order.volume,
        trade_id: order.trade_id,
        cycle: order.cycle,
        post_only: true,
        reason: reason.into(),
    })
}

/// Append the order to the book. Reference: `append_order`.
pub fn append_order(mut state: PairState, order: OrderState) -> PairState {
    state.orders.push(order);
    state
}

/// Put a new entry on the book, if there is a volume for it. Reference: `place_entry`.
pub fn place_entry(
    state: PairState,
    sizing: &Sizing,
    side: Side,
    trade_id: TradeId,
    cycle: i128,
    reason: &str,
) -> (PairState, Vec<Action>) {
    let (state, order) = new_entry(state, sizing, side, trade_id, cycle);
    match order {
        None => (state, Vec::new()),
        Some(order) => {
            let action = place_action(&order, reason);
            (append_order(state, order), vec![action])
        }
    }
}

/// Place the trade's next entry with its cycle counter, unless its mode or its cooldown forbids it.
/// Reference: `place_follow_up`.
pub fn place_follow_up(
    state: PairState,
    sizing: &Sizing,
    trade_id: TradeId,
    reason: &str,
) -> (PairState, Vec<Action>) {
    if trade_id == TradeId::A {
        if state.long_only || state.now < state.cooldown_until_a {
            return (state, Vec::new());
        }
        let cycle = state.cycle_a;
        return place_entry(state, sizing, Side::Sell, TradeId::A, cycle, reason);
    }
    if state.short_only || state.now < state.cooldown_until_b {
        return (state, Vec::new());
    }
    let cycle = state.cycle_b;
    place_entry(state, sizing, Side::Buy, TradeId::B, cycle, reason)
}
