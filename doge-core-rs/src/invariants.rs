//! The phase of a state, and the invariants of a sound state. Reference: `reducer/invariants.py`.

use std::collections::HashSet;

use crate::types::{OrderState, PairPhase, PairState, Role, Side};

/// The phase, which the exits on the book determine. Reference: `derive_phase`.
pub fn derive_phase(state: &PairState) -> PairPhase {
    let buy_exit = first_of(state, Side::Buy, Role::Exit).is_some();
    let sell_exit = first_of(state, Side::Sell, Role::Exit).is_some();
    match (buy_exit, sell_exit) {
        (true, true) => PairPhase::S2,
        (true, false) => PairPhase::S1a,
        (false, true) => PairPhase::S1b,
        (false, false) => PairPhase::S0,
    }
}

/// The first order of this side and role. Reference: `first_of`.
pub fn first_of(state: &PairState, side: Side, role: Role) -> Option<&OrderState> {
    state.orders.iter().find(|order| order.side == side && order.role == role)
}

/// The distance of a price from the market price, as a fraction of the latter; 0.0 without a market price.
/// Reference: `distance`.
pub fn distance(price: f64, market: f64) -> f64 {
    if market <= 0.0 {
        return 0.0;
    }
    (price - market).abs() / market
}

/// Clear the time at which S2 began, unless the state is still in S2. Reference: `clear_s2_unless_s2`.
pub fn clear_s2_unless_s2(state: PairState) -> PairState {
    if derive_phase(&state) == PairPhase::S2 {
        return state;
    }
    PairState { s2_entered_at: None, ..state }
}

/// The violated invariants in a fixed order; none for a sound state. Reference: `check_invariants`.
pub fn check_invariants(state: &PairState) -> Vec<&'static str> {
    let mut violations = Vec::new();
    if state.orders.iter().map(|order| order.local_id).collect::<HashSet<_>>().len() != state.orders.len() {
        violations.push("duplicate order local_id");
    }
    let phase = derive_phase(state);
    violations.extend(phase_violations(state, phase));
    if state.s2_entered_at.is_some() && phase != PairPhase::S2 {
        violations.push("s2_entered_at must be null outside S2");
    }
    for order in &state.orders {
        if order.cycle < 1 {
            violations.push("order cycle must be >= 1");
        }
        if order.role == Role::Exit && order.entry_price <= 0.0 {
            violations.push("exit must carry entry_price");
        }
        if order.volume <= 0.0 {
            violations.push("order volume must be > 0");
        }
    }
    if state.cycle_a < 1 || state.cycle_b < 1 {
        violations.push("cycle counters must be >= 1");
    }
    violations
}

/// The violation if the book has other sides and roles than its phase allows. Reference: `phase_violations`.
fn phase_violations(state: &PairState, phase: PairPhase) -> Option<&'static str> {
    let count = |side: Side, role: Role| {
        state.orders.iter().filter(|order| order.side == side && order.role == role).count()
    };
    let (buy_entries, sell_entries) = (count(Side::Buy, Role::Entry), count(Side::Sell, Role::Entry));
    let (buy_exits, sell_exits) = (count(Side::Buy, Role::Exit), count(Side::Sell, Role::Exit));
    let book = (buy_entries, sell_entries, buy_exits, sell_exits);
    let (sound, text) = match phase {
        PairPhase::S0 if state.long_only => {
            (book == (1, 0, 0, 0), "S0 long_only must be exactly one buy entry")
        }
        PairPhase::S0 if state.short_only => {
            (book == (0, 1, 0, 0), "S0 short_only must be exactly one sell entry")
        }
        PairPhase::S0 => (book == (1, 1, 0, 0), "S0 must be exactly A sell entry + B buy entry"),
        PairPhase::S1a if state.short_only => (buy_exits == 1, "S1a short_only must have one buy exit"),
        PairPhase::S1a => (book == (1, 0, 1, 0), "S1a must be one buy exit + one buy entry"),
        PairPhase::S1b if state.long_only => (sell_exits == 1, "S1b long_only must have one sell exit"),
        PairPhase::S1b => (book == (0, 1, 0, 1), "S1b must be one sell exit + one sell entry"),
        PairPhase::S2 => (book == (0, 0, 1, 1), "S2 must be one buy exit + one sell exit only"),
    };
    (!sound).then_some(text)
}
