//! Orphaning: an exit that waited too long becomes a recovery order; the farthest and oldest of those are evicted.
//! Reference: `reducer/orphaning.py`.

use std::cmp::Ordering;
use std::collections::HashSet;

use crate::booking::{book_recovery, update_losses, ExitFill};
use crate::invariants::distance;
use crate::orders::{extend_cooldown, place_follow_up, remove_order, remove_recovery, Sizing};
use crate::python_float::python_max;
use crate::types::{
    Action, CancelOrderAction, EngineConfig, OrderState, OrphanOrderAction, PairState, RecoveryOrder, TradeId,
};

/// Turn an exit into a recovery order, and place its trade's next entry. Reference: `orphan_exit`.
pub fn orphan_exit(
    state: PairState,
    sizing: &Sizing,
    exit_order: &OrderState,
    reason: &str,
) -> (PairState, Vec<Action>) {
    let cfg = &sizing.cfg;
    let (state, mut actions) = evict_overflow(state, cfg);
    let recovery = RecoveryOrder {
        recovery_id: state.next_recovery_id,
        side: exit_order.side,
        price: exit_order.price,
        volume: exit_order.volume,
        trade_id: exit_order.trade_id,
        cycle: exit_order.cycle,
        entry_price: exit_order.entry_price,
        orphaned_at: state.now,
        entry_fee: exit_order.entry_fee,
        entry_filled_at: exit_order.entry_filled_at,
        txid: exit_order.txid.clone(),
        reason: reason.into(),
    };
    let mut state = remove_order(state, exit_order.local_id);
    actions.push(Action::OrphanOrder(OrphanOrderAction {
        local_id: exit_order.local_id,
        recovery_id: recovery.recovery_id,
        reason: reason.into(),
    }));
    state.recovery_orders.push(recovery);
    state.next_recovery_id += 1;
    let trade_id = exit_order.trade_id;
    if cfg.reentry_base_cooldown_sec > 0.0 {
        let until = state.now + cfg.reentry_base_cooldown_sec;
        state = extend_cooldown(state, trade_id, until);
    }
    if trade_id == TradeId::A {
        state.cycle_a += 1;
    } else {
        state.cycle_b += 1;
    }
    let (state, placed) = place_follow_up(state, sizing, trade_id, &format!("orphan_{}", trade_id.text()));
    actions.extend(placed);
    (state, actions)
}

/// Make room for one more recovery order: the farthest from the market go first, then the oldest, then the lowest id.
///
/// Ids are matched by value: if an invalid state has the id of an evicted order more than once, every order with that id is
/// evicted and booked. Reference: `evict_overflow`.
fn evict_overflow(mut state: PairState, cfg: &EngineConfig) -> (PairState, Vec<Action>) {
    let cap = cfg.max_recovery_slots.max(1);
    let overflow = (state.recovery_orders.len() as i128 + 1 - cap).max(0) as usize;
    let before = state.recovery_orders.clone();
    let market = state.market_price;
    let mut ranked: Vec<&RecoveryOrder> = before.iter().collect();
    ranked.sort_by(|one, other| {
        compared(distance(other.price, market), distance(one.price, market))
            .then_with(|| compared(one.orphaned_at, other.orphaned_at))
            .then_with(|| one.recovery_id.cmp(&other.recovery_id))
    });
    let evicted_ids: HashSet<i128> =
        ranked[..overflow.min(ranked.len())].iter().map(|order| order.recovery_id).collect();
    let mut actions = Vec::new();
    for order in &before {
        if evicted_ids.contains(&order.recovery_id) {
            let evicted;
            (state, evicted) = evict(state, cfg, order);
            actions.extend(evicted);
        }
    }
    (state, actions)
}

/// The order of two floats, neither of which is NaN; both zeros are equal.
fn compared(one: f64, other: f64) -> Ordering {
    one.partial_cmp(&other).unwrap_or(Ordering::Equal)
}

/// Cancel one recovery order and book it at the market price. Reference: `evict`.
fn evict(state: PairState, cfg: &EngineConfig, order: &RecoveryOrder) -> (PairState, Vec<Action>) {
    let mut actions = Vec::new();
    if !order.txid.is_empty() {
        actions.push(Action::CancelOrder(CancelOrderAction {
            local_id: -order.recovery_id,
            txid: order.txid.clone(),
            reason: "recovery_cap_evict_priority".into(),
        }));
    }
    let price = eviction_price(&state, order);
    let fee = python_max(0.0, price * order.volume * (cfg.maker_fee_pct / 100.0));
    let state = remove_recovery(state, order.recovery_id);
    let fill = ExitFill { price, fee, timestamp: state.now };
    let (state, booked) = book_recovery(state, order, fill);
    let net_profit = booked.net_profit;
    actions.push(Action::BookCycle(booked));
    (update_losses(state, cfg, order.trade_id, net_profit), actions)
}

/// The first positive price of: the market, the order, its entry; 0.0 if there is none. Reference: `eviction_price`.
fn eviction_price(state: &PairState, order: &RecoveryOrder) -> f64 {
    if state.market_price > 0.0 {
        return state.market_price;
    }
    if order.price > 0.0 {
        return order.price;
    }
    if order.entry_price > 0.0 {
        return order.entry_price;
    }
    0.0
}
