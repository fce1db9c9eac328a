//! Properties that hold for every sequence of events, and for every number.

use doge_core_rs::digest::{cycles_digest, state_digest};
use doge_core_rs::invariants::{check_invariants, derive_phase};
use doge_core_rs::json::{Path, Value};
use doge_core_rs::numbers::write_float;
use doge_core_rs::orders::Sizing;
use doge_core_rs::python_float::python_round;
use doge_core_rs::requests::default_config;
use doge_core_rs::schema::Contract;
use doge_core_rs::snapshot::read_state;
use doge_core_rs::transition::transition;
use doge_core_rs::types::{
    Action, EngineConfig, Event, FillEvent, PairPhase, PairState, PriceTick, RecoveryCancelEvent,
    RecoveryFillEvent, Role, Side, TimerTick, TradeId,
};
use doge_core_rs::wire::handle_line;
use doge_core_rs::wire_session::Sessions;
use doge_core_rs::wire_text::read_line;
use proptest::collection::vec;
use proptest::prelude::*;

/// What happens next, without the ids and times that depend on what happened before.
#[derive(Clone, Debug)]
enum Step {
    Tick { price: f64 },
    Timer,
    Fill { which: usize, price: f64, fee: f64 },
    RecoveryFill { which: usize, price: f64 },
    RecoveryCancel { which: usize },
}

fn prices() -> impl Strategy<Value = f64> {
    (800..1250u32).prop_map(|mills| f64::from(mills) / 10_000.0)
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => prices().prop_map(|price| Step::Tick { price }),
        2 => Just(Step::Timer),
        4 => (any::<usize>(), prices(), 0.0..0.1f64).prop_map(|(which, price, fee)| Step::Fill { which, price, fee }),
        1 => (any::<usize>(), prices()).prop_map(|(which, price)| Step::RecoveryFill { which, price }),
        1 => any::<usize>().prop_map(|which| Step::RecoveryCancel { which }),
    ]
}

/// Sequences whose clock never runs backwards.
fn sequences() -> impl Strategy<Value = Vec<(f64, Step)>> {
    vec(((0..2000u32).prop_map(f64::from), steps()), 1..60)
}

/// Configurations under which sizes always pass and no cooldown can start.
fn configs() -> impl Strategy<Value = EngineConfig> {
    (0..4i128, 1..5i128, any::<bool>(), 0..8i128).prop_map(|(slots, refreshes, sticky, decimals)| {
        EngineConfig {
            max_recovery_slots: slots,
            max_consecutive_refreshes: refreshes,
            sticky_mode_enabled: sticky,
            price_decimals: decimals.max(3),
            min_volume: 1.0,
            loss_cooldown_sec: 0.0,
            ..default_config()
        }
    })
}

fn event_of(step: &Step, state: &PairState, timestamp: f64) -> Event {
    let order = |which: &usize| state.orders.get(which % state.orders.len().max(1));
    let recovery = |which: &usize| state.recovery_orders.get(which % state.recovery_orders.len().max(1));
    let (txid, side) = (String::new(), Side::Buy);
    match step {
        Step::Tick { price } => Event::PriceTick(PriceTick { price: *price, timestamp }),
        Step::Timer => Event::TimerTick(TimerTick { timestamp }),
        Step::Fill { which, price, fee } => Event::FillEvent(FillEvent {
            order_local_id: order(which).map_or(-1, |order| order.local_id),
            txid,
            side,
            price: *price,
            volume: order(which).map_or(1.0, |order| order.volume),
            fee: *fee,
            timestamp,
        }),
        Step::RecoveryFill { which, price } => Event::RecoveryFillEvent(RecoveryFillEvent {
            recovery_id: recovery(which).map_or(-1, |order| order.recovery_id),
            txid,
            side,
            price: *price,
            volume: 1.0,
            fee: 0.01,
            timestamp,
        }),
        Step::RecoveryCancel { which } => Event::RecoveryCancelEvent(RecoveryCancelEvent {
            recovery_id: recovery(which).map_or(-1, |order| order.recovery_id),
            txid,
            timestamp,
        }),
    }
}

/// A state from JSON.
fn state(json: &str) -> PairState {
    read_state(&read_line(json.as_bytes()).unwrap(), Path::Root("state")).unwrap()
}

fn empty() -> PairState {
    state("{}")
}

/// A pair as it is after its start: a buy entry of B and a sell entry of A.
fn sound() -> PairState {
    state(
        r#"{"market_price":0.1,"next_order_id":3,"orders":[
        {"local_id":1,"side":"buy","role":"entry","price":0.0998,"volume":20.0,"trade_id":"B","cycle":1},
        {"local_id":2,"side":"sell","role":"entry","price":0.1002,"volume":20.0,"trade_id":"A","cycle":1}]}"#,
    )
}

fn sizing(cfg: EngineConfig) -> Sizing {
    Sizing { cfg, order_size_usd: 10.0, order_sizes: None }
}

fn json_of(state: &PairState) -> Vec<u8> {
    let mut json = Vec::new();
    state.write(&mut json);
    json
}

/// Any number at all: every pattern of bits.
fn anything() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        -10.0..10.0f64,
        Just(-0.0),
        Just(f64::MAX),
        Just(f64::MIN_POSITIVE),
        Just(5e-324),
        Just(f64::INFINITY),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_sound_pair_stays_sound(cfg in configs(), sequence in sequences()) {
        let (mut state, sizing, mut now) = (sound(), sizing(cfg), 0.0);
        for (gap, step) in &sequence {
            now += gap;
            let event = event_of(step, &state, now);
            (state, _) = transition(&state, &event, &sizing).unwrap();
            prop_assert_eq!(check_invariants(&state), Vec::<&str>::new(), "after {:?}", event);
        }
    }

    #[test]
    fn nothing_is_lost_along_any_sequence(cfg in configs(), sequence in sequences()) {
        let (mut before, sizing, mut now) = (sound(), sizing(cfg), 0.0);
        for (gap, step) in &sequence {
            now += gap;
            let event = event_of(step, &before, now);
            let (after, actions) = transition(&before, &event, &sizing).unwrap();
            prop_assert!(after.next_order_id >= before.next_order_id);
            prop_assert!(after.next_recovery_id >= before.next_recovery_id);
            prop_assert!(after.completed_cycles.len() >= before.completed_cycles.len());
            prop_assert!(after.s2_entered_at.is_none() || derive_phase(&after) == PairPhase::S2);
            let total = after.completed_cycles.since(0).fold(0.0, |total, record| total + record.net_profit);
            prop_assert_eq!(total.to_bits(), after.total_profit.to_bits());
            if actions.iter().any(|action| matches!(action, Action::OrphanOrder(_))) {
                prop_assert!(after.recovery_orders.len() as i128 <= sizing.cfg.max_recovery_slots.max(1));
            }
            before = after;
        }
    }

    #[test]
    fn a_digest_that_was_extended_is_the_recomputed_one(cfg in configs(), sequence in sequences()) {
        let (mut state, sizing, mut now, mut chain) = (sound(), sizing(cfg), 0.0, 0);
        for (gap, step) in &sequence {
            now += gap;
            let (after, _) = transition(&state, &event_of(step, &state, now), &sizing).unwrap();
            chain = cycles_digest(after.completed_cycles.since(state.completed_cycles.len()), chain);
            state = after;
            state.completed_cycles.settle();
            let anew = cycles_digest(state.completed_cycles.since(0), 0);
            prop_assert_eq!(state_digest(&state, chain), state_digest(&state, anew));
        }
    }

    #[test]
    fn a_state_round_trips_through_json(cfg in configs(), sequence in sequences()) {
        let (mut state, sizing, mut now) = (sound(), sizing(cfg), 0.0);
        for (gap, step) in &sequence {
            now += gap;
            (state, _) = transition(&state, &event_of(step, &state, now), &sizing).unwrap();
        }
        let json = json_of(&state);
        let again = read_state(&read_line(&json).unwrap(), Path::Root("state")).unwrap();
        prop_assert!(again.same(&state));
        prop_assert_eq!(json_of(&again), json);
    }

    #[test]
    fn numbers_round_trip_to_the_last_bit(number in anything()) {
        prop_assume!(number.is_finite());
        let mut json = Vec::new();
        write_float(number, &mut json);
        prop_assert!(json.iter().any(|byte| b".e".contains(byte)), "it is marked as a float");
        let Value::Float(again) = read_line(&json).unwrap() else { panic!("a float was written") };
        prop_assert_eq!(again.to_bits(), number.to_bits());
    }

    #[test]
    fn rounding_is_idempotent_and_near(number in anything(), places in -20..20i128) {
        let rounded = python_round(number, places);
        prop_assert_eq!(rounded.is_nan(), number.is_nan());
        if rounded.is_finite() {
            prop_assert_eq!(python_round(rounded, places).to_bits(), rounded.to_bits());
            let step = 10f64.powi(-places as i32);
            prop_assert!((rounded - number).abs() <= 0.5 * step + number.abs() * f64::EPSILON);
        }
    }

    #[test]
    fn any_line_is_answered_by_one_line(line in vec(prop_oneof![Just(b'{'), Just(b'"'), Just(b'\\'), Just(b'1'), any::<u8>()], 0..40)) {
        let mut sessions = Sessions::default();
        let answer = handle_line(&line, Some(&mut sessions));
        prop_assert_eq!(answer.line.iter().filter(|byte| **byte == b'\n').count(), 1);
        let is_object = answer.line.ends_with(b"}\n");
        prop_assert!(is_object);
        prop_assert!(answer.error.is_some());
    }
}

#[test]
fn an_exit_follows_an_entry_on_the_other_side() {
    let event = event_of(&Step::Fill { which: 0, price: 0.0998, fee: 0.01 }, &sound(), 1.0);
    let (after, actions) = transition(&sound(), &event, &sizing(default_config())).unwrap();
    let exit = &after.orders[1];
    assert_eq!((exit.side, exit.role, exit.trade_id, actions.len()), (Side::Sell, Role::Exit, TradeId::B, 1));
    assert_eq!(derive_phase(&after), PairPhase::S1b);
}

#[test]
fn the_digest_of_an_empty_state_is_the_reference_s() {
    // Source: `reducer.digest.state_digest(from_dict({}))`.
    assert_eq!(state_digest(&empty(), 0), "ba29b832840ea4c8");
}
