//! The reducer itself: the next state and the actions that follow from a state and an event.
//! Reference: `reducer/transition.py`.

use crate::booking::{book_cycle, book_recovery, update_losses, ExitFill};
use crate::domain::check_result;
use crate::invariants::{clear_s2_unless_s2, derive_phase, distance, first_of};
use crate::kinds::TooLarge;
use crate::orders::{
    append_order, find_order, find_recovery, place_action, place_entry, place_follow_up, remove_order,
    remove_recovery, Sizing,
};
use crate::orphaning::orphan_exit;
use crate::pricing::exit_price;
use crate::python_float::or_else;
use crate::types::{
    Action, CancelOrderAction, EngineConfig, Event, FillEvent, OrderState, PairPhase, PairState, PriceTick,
    RecoveryCancelEvent, RecoveryFillEvent, RefreshDirection, Role, Side, TradeId,
};

/// The next state and its actions.
pub type Moved = (PairState, Vec<Action>);

/// Advance the state by one event. Refuses a result that is too large for its type; the given state is never changed.
/// Reference: `transition`.
pub fn transition(before: &PairState, event: &Event, sizing: &Sizing) -> Result<Moved, TooLarge> {
    let state = PairState { now: event.timestamp(), ..before.clone() };
    let (state, actions) = match event {
        Event::PriceTick(event) => on_price_tick(state, event, sizing),
        Event::TimerTick(_) => on_timer_tick(state, sizing),
        Event::FillEvent(event) => on_fill(state, event, sizing),
        Event::RecoveryFillEvent(event) => on_recovery_fill(state, event, sizing),
        Event::RecoveryCancelEvent(event) => on_recovery_cancel(state, event),
    };
    check_result(&state, &actions)?;
    Ok((state, actions))
}

/// Update the market price, and refresh at most one entry that is too far away from it. Reference: `on_price_tick`.
fn on_price_tick(state: PairState, event: &PriceTick, sizing: &Sizing) -> Moved {
    let state = PairState { market_price: event.price, last_price_update_at: Some(event.timestamp), ..state };
    for order in &state.orders {
        if order.role != Role::Entry {
            continue;
        }
        let drift = distance(order.price, state.market_price) * 100.0;
        if drift <= sizing.cfg.refresh_pct {
            continue;
        }
        let cooldown = if order.trade_id == TradeId::A {
            state.refresh_cooldown_until_a
        } else {
            state.refresh_cooldown_until_b
        };
        if state.now < cooldown {
            continue;
        }
        let order = order.clone();
        return refresh_entry(state, &order, sizing);
    }
    (state, Vec::new())
}

/// Move a stale entry to the market, unless it has been moved too often in the same direction. Reference: `refresh_entry`.
fn refresh_entry(state: PairState, order: &OrderState, sizing: &Sizing) -> Moved {
    let cfg = &sizing.cfg;
    let (mut count, mut cooldown, last_direction) = if order.trade_id == TradeId::A {
        (state.consecutive_refreshes_a, state.refresh_cooldown_until_a, state.last_refresh_direction_a)
    } else {
        (state.consecutive_refreshes_b, state.refresh_cooldown_until_b, state.last_refresh_direction_b)
    };
    if count >= cfg.max_consecutive_refreshes && cooldown > 0.0 {
        (count, cooldown) = (0, 0.0);
    }
    let direction = refresh_direction(&state, order);
    count = if Some(direction) == last_direction { count + 1 } else { 1 };
    if count >= cfg.max_consecutive_refreshes {
        cooldown = state.now + cfg.refresh_cooldown_sec;
        return (store_refresh(state, order, count, direction, cooldown), Vec::new());
    }
    let state = store_refresh(state, order, count, direction, cooldown);
    let state = remove_order(state, order.local_id);
    let cancel = Action::CancelOrder(CancelOrderAction {
        local_id: order.local_id,
        txid: order.txid.clone(),
        reason: "stale_entry".into(),
    });
    let (state, placed) =
        place_entry(state, sizing, order.side, order.trade_id, order.cycle, "refresh_entry");
    (state, [vec![cancel], placed].concat())
}

/// The direction in which the market has moved away from the order. Reference: `refresh_direction`.
fn refresh_direction(state: &PairState, order: &OrderState) -> RefreshDirection {
    let down = match order.side {
        Side::Buy => state.market_price < order.price,
        Side::Sell => !(state.market_price > order.price),
    };
    if down {
        RefreshDirection::Down
    } else {
        RefreshDirection::Up
    }
}

/// Store the refresh count, the direction and the end of the refresh cooldown (seconds) of the order's trade.
/// Reference: `store_refresh`.
fn store_refresh(
    state: PairState,
    order: &OrderState,
    count: i128,
    direction: RefreshDirection,
    cooldown: f64,
) -> PairState {
    if order.trade_id == TradeId::A {
        return PairState {
            consecutive_refreshes_a: count,
            last_refresh_direction_a: Some(direction),
            refresh_cooldown_until_a: cooldown,
            ..state
        };
    }
    PairState {
        consecutive_refreshes_b: count,
        last_refresh_direction_b: Some(direction),
        refresh_cooldown_until_b: cooldown,
        ..state
    }
}

/// Orphan at most one exit that has waited too long. Reference: `on_timer_tick`.
fn on_timer_tick(state: PairState, sizing: &Sizing) -> Moved {
    if sizing.cfg.sticky_mode_enabled {
        return (PairState { s2_entered_at: None, ..state }, Vec::new());
    }
    let phase = derive_phase(&state);
    if phase == PairPhase::S2 {
        return orphan_worse_exit(state, sizing);
    }
    let state = PairState { s2_entered_at: None, ..state };
    if phase == PairPhase::S0 {
        return (state, Vec::new());
    }
    orphan_stale_exit(state, sizing)
}

/// In S1, orphan the first exit once it has waited long enough and the market has moved away from it.
/// Reference: `orphan_stale_exit`.
fn orphan_stale_exit(state: PairState, sizing: &Sizing) -> Moved {
    let exit_order = state
        .orders
        .iter()
        .find(|order| order.role == Role::Exit)
        .expect("a state in S1 has an exit")
        .clone();
    let started_at = or_else(or_else(exit_order.entry_filled_at, exit_order.placed_at), state.now);
    if state.now - started_at < sizing.cfg.s1_orphan_after_sec {
        return (state, Vec::new());
    }
    let moved_away = match exit_order.side {
        Side::Sell => state.market_price < exit_order.price,
        Side::Buy => state.market_price > exit_order.price,
    };
    if !moved_away {
        return (state, Vec::new());
    }
    orphan_exit(state, sizing, &exit_order, "s1_timeout")
}

/// In S2, orphan the exit that is farther from the market, once both have waited long enough.
/// Reference: `orphan_worse_exit`.
fn orphan_worse_exit(state: PairState, sizing: &Sizing) -> Moved {
    let Some(s2_entered_at) = state.s2_entered_at else {
        return (PairState { s2_entered_at: Some(state.now), ..state }, Vec::new());
    };
    if state.now - s2_entered_at < sizing.cfg.s2_orphan_after_sec || state.market_price <= 0.0 {
        return (state, Vec::new());
    }
    let buy_exit = first_of(&state, Side::Buy, Role::Exit).expect("S2 has a buy exit");
    let sell_exit = first_of(&state, Side::Sell, Role::Exit).expect("S2 has a sell exit");
    let buy_distance = distance(buy_exit.price, state.market_price);
    let sell_distance = distance(sell_exit.price, state.market_price);
    let worse = if buy_distance > sell_distance { buy_exit } else { sell_exit }.clone();
    let (state, actions) = orphan_exit(state, sizing, &worse, "s2_timeout");
    (PairState { s2_entered_at: None, ..state }, actions)
}

/// Process the fill of an order: place the exit of an entry, or end the cycle of an exit. Reference: `on_fill`.
fn on_fill(state: PairState, event: &FillEvent, sizing: &Sizing) -> Moved {
    let Some(order) = find_order(&state, event.order_local_id).cloned() else {
        return (state, Vec::new());
    };
    let state = remove_order(state, order.local_id);
    let (state, actions) = match order.role {
        Role::Entry => on_entry_fill(state, &order, event, &sizing.cfg),
        Role::Exit => on_exit_fill(state, &order, event, sizing),
    };
    (clear_s2_unless_s2(state), actions)
}

/// Place the exit that takes the profit of a filled entry. Reference: `on_entry_fill`.
fn on_entry_fill(state: PairState, order: &OrderState, event: &FillEvent, cfg: &EngineConfig) -> Moved {
    let exit_side = match order.side {
        Side::Buy => Side::Sell,
        Side::Sell => Side::Buy,
    };
    let exit_order = OrderState {
        local_id: state.next_order_id,
        side: exit_side,
        role: Role::Exit,
        price: exit_price(&state, cfg, exit_side, event.price),
        volume: event.volume,
        trade_id: order.trade_id,
        cycle: order.cycle,
        txid: String::new(),
        placed_at: event.timestamp,
        entry_price: event.price,
        entry_fee: event.fee,
        entry_filled_at: event.timestamp,
    };
    let state = PairState {
        total_fees: state.total_fees + event.fee,
        next_order_id: state.next_order_id + 1,
        ..state
    };
    let action = place_action(&exit_order, "entry_fill_exit");
    (append_order(state, exit_order), vec![action])
}

/// Book the cycle of a filled exit, and place the trade's next entry. Reference: `on_exit_fill`.
fn on_exit_fill(state: PairState, order: &OrderState, event: &FillEvent, sizing: &Sizing) -> Moved {
    let fill = ExitFill { price: event.price, fee: event.fee, timestamp: event.timestamp };
    let (state, booked) = book_cycle(state, order.into(), fill, order.entry_filled_at, false);
    let mut state = update_losses(state, &sizing.cfg, order.trade_id, booked.net_profit);
    if order.trade_id == TradeId::A {
        state.cycle_a = state.cycle_a.max(order.cycle + 1);
    } else {
        state.cycle_b = state.cycle_b.max(order.cycle + 1);
    }
    let (state, placed) = place_follow_up(state, sizing, order.trade_id, "cycle_complete");
    (state, [vec![Action::BookCycle(booked)], placed].concat())
}

/// Book the cycle of a recovery order that was filled; its trade has moved on, so no entry follows.
/// Reference: `on_recovery_fill`.
fn on_recovery_fill(state: PairState, event: &RecoveryFillEvent, sizing: &Sizing) -> Moved {
    let Some(order) = find_recovery(&state, event.recovery_id).cloned() else {
        return (state, Vec::new());
    };
    let state = remove_recovery(state, order.recovery_id);
    let fill = ExitFill { price: event.price, fee: event.fee, timestamp: event.timestamp };
    let (state, booked) = book_recovery(state, &order, fill);
    let state = update_losses(state, &sizing.cfg, order.trade_id, booked.net_profit);
    (clear_s2_unless_s2(state), vec![Action::BookCycle(booked)])
}

/// Remove a recovery order that was cancelled. Reference: `on_recovery_cancel`.
fn on_recovery_cancel(state: PairState, event: &RecoveryCancelEvent) -> Moved {
    (clear_s2_unless_s2(remove_recovery(state, event.recovery_id)), Vec::new())
}
