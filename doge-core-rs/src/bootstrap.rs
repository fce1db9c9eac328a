//! The first two entries of a pair. Reference: `reducer/bootstrap.py`.

use crate::domain::check_result;
use crate::kinds::TooLarge;
use crate::orders::{new_entry, place_action, Sizing};
use crate::types::{Action, ModeSource, OrderState, PairState, Side, TradeId};

/// Create a buy entry of B, then a sell entry of A, and set the one-sided mode if only one of them was possible.
///
/// The orders are returned beside the state, not in it: the runtime puts them on the book after its balance check.
/// Reference: `bootstrap_orders`.
pub fn bootstrap_orders(
    state: PairState,
    sizing: &Sizing,
    allow_long_only: bool,
    allow_short_only: bool,
) -> Result<(PairState, Vec<Action>, Vec<OrderState>), TooLarge> {
    let cycle_b = state.cycle_b;
    let (state, buy) = new_entry(state, sizing, Side::Buy, TradeId::B, cycle_b);
    let cycle_a = state.cycle_a;
    let (state, sell) = new_entry(state, sizing, Side::Sell, TradeId::A, cycle_a);
    let long_only = buy.is_some() && sell.is_none() && allow_long_only;
    let short_only = sell.is_some() && buy.is_none() && allow_short_only;
    let mode_source = if long_only || short_only { ModeSource::Balance } else { ModeSource::None };
    let state = PairState { long_only, short_only, mode_source, ..state };
    let orders: Vec<OrderState> = [buy, sell].into_iter().flatten().collect();
    let actions: Vec<Action> = orders.iter().map(|order| place_action(order, "bootstrap")).collect();
    check_result(&state, &actions)?;
    Ok((state, actions, orders))
}
