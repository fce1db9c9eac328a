//! The reducer's data types: configuration, orders, records, state, events and actions. Reference: `reducer/types.py`.
//!
//! Prices are in USD per coin, volumes in coins, fees and totals in USD, times in seconds, distances in percent.
//! Trade A sells first (sell entry, then buy exit); trade B buys first (buy entry, then sell exit).

use crate::contract_type;
use crate::cycles::{Cycles, CyclesKind};
use crate::json::{Path, Value, WireError};
use crate::kinds::{Cooldown, Finite, Flag, Int, Kind, Number, Optional, Text, TooLarge};
pub use crate::literals::{ModeSource, PairPhase, RefreshDirection, Role, Side, TradeId};
use crate::schema::{write_name, Contract, FieldView, ListOf};

contract_type! {
    /// The trading parameters of a pair: percentages of a price, sizes in USD, durations in seconds.
    EngineConfig {
        entry_pct: Number = 0.2,
        entry_pct_a: Optional<Number> = None,
        entry_pct_b: Optional<Number> = None,
        profit_pct: Number = 1.0,
        refresh_pct: Number = 1.0,
        order_size_usd: Number = 2.0,
        price_decimals: Int = 6,
        volume_decimals: Int = 0,
        min_volume: Number = 13.0,
        min_cost_usd: Number = 0.0,
        maker_fee_pct: Number = 0.25,
        stale_price_max_age_sec: Number = 60.0,
        s1_orphan_after_sec: Number = 1350.0,
        s2_orphan_after_sec: Number = 1800.0,
        loss_backoff_start: Int = 3,
        loss_cooldown_start: Int = 5,
        loss_cooldown_sec: Number = 900.0,
        reentry_base_cooldown_sec: Number = 0.0,
        backoff_factor: Number = 0.5,
        backoff_max_multiplier: Number = 5.0,
        max_consecutive_refreshes: Int = 3,
        refresh_cooldown_sec: Number = 300.0,
        max_recovery_slots: Int = 2,
        sticky_mode_enabled: Flag = false,
    }
}

contract_type! {
    /// An order on the book: an entry, or the exit that follows its fill.
    OrderState {
        local_id: Int,
        side: Side,
        role: Role,
        price: Finite,
        volume: Finite,
        trade_id: TradeId,
        cycle: Int,
        txid: Text = String::new(),
        placed_at: Finite = 0.0,
        entry_price: Finite = 0.0,
        entry_fee: Finite = 0.0,
        entry_filled_at: Finite = 0.0,
    }
}

contract_type! {
    /// An orphaned exit: it rests at the exchange until it is filled, cancelled or evicted.
    RecoveryOrder {
        recovery_id: Int,
        side: Side,
        price: Finite,
        volume: Finite,
        trade_id: TradeId,
        cycle: Int,
        entry_price: Finite,
        orphaned_at: Finite,
        entry_fee: Finite = 0.0,
        entry_filled_at: Finite = 0.0,
        txid: Text = String::new(),
        reason: Text = "stale".into(),
    }
}

contract_type! {
    /// A completed round trip as it was booked.
    CycleRecord {
        trade_id: TradeId,
        cycle: Int,
        entry_price: Finite,
        exit_price: Finite,
        volume: Finite,
        gross_profit: Finite,
        fees: Finite,
        net_profit: Finite,
        entry_time: Finite = 0.0,
        exit_time: Finite = 0.0,
        from_recovery: Flag = false,
    }
}

contract_type! {
    /// The complete state of one pair.
    PairState {
        market_price: Finite,
        now: Finite,
        orders: ListOf<OrderState> = Vec::new(),
        recovery_orders: ListOf<RecoveryOrder> = Vec::new(),
        completed_cycles: CyclesKind = Cycles::default(),
        cycle_a: Int = 1,
        cycle_b: Int = 1,
        next_order_id: Int = 1,
        next_recovery_id: Int = 1,
        total_profit: Finite = 0.0,
        total_settled_usd: Finite = 0.0,
        total_fees: Finite = 0.0,
        today_realized_loss: Finite = 0.0,
        total_round_trips: Int = 0,
        s2_entered_at: Optional<Finite> = None,
        last_price_update_at: Optional<Finite> = None,
        consecutive_losses_a: Int = 0,
        consecutive_losses_b: Int = 0,
        cooldown_until_a: Cooldown = 0.0,
        cooldown_until_b: Cooldown = 0.0,
        long_only: Flag = false,
        short_only: Flag = false,
        mode_source: ModeSource = ModeSource::None,
        consecutive_refreshes_a: Int = 0,
        consecutive_refreshes_b: Int = 0,
        last_refresh_direction_a: Optional<RefreshDirection> = None,
        last_refresh_direction_b: Optional<RefreshDirection> = None,
        refresh_cooldown_until_a: Cooldown = 0.0,
        refresh_cooldown_until_b: Cooldown = 0.0,
        profit_pct_runtime: Finite = 1.0,
    }
}

contract_type! {
    /// The market price moved.
    PriceTick { price: Finite, timestamp: Finite }
}

contract_type! {
    /// Time passed.
    TimerTick { timestamp: Finite }
}

contract_type! {
    /// An order on the book was filled.
    FillEvent {
        order_local_id: Int,
        txid: Text,
        side: Side,
        price: Finite,
        volume: Finite,
        fee: Finite,
        timestamp: Finite,
    }
}

contract_type! {
    /// A recovery order was filled.
    RecoveryFillEvent {
        recovery_id: Int,
        txid: Text,
        side: Side,
        price: Finite,
        volume: Finite,
        fee: Finite,
        timestamp: Finite,
    }
}

contract_type! {
    /// A recovery order was cancelled at the exchange.
    RecoveryCancelEvent { recovery_id: Int, txid: Text, timestamp: Finite }
}

contract_type! {
    /// Place this order at the exchange.
    PlaceOrderAction {
        local_id: Int,
        side: Side,
        role: Role,
        price: Finite,
        volume: Finite,
        trade_id: TradeId,
        cycle: Int,
        post_only: Flag = true,
        reason: Text = String::new(),
    }
}

contract_type! {
    /// Cancel this order; the id of a recovery order is negated.
    CancelOrderAction { local_id: Int, txid: Text, reason: Text = String::new() }
}

contract_type! {
    /// The exit `local_id` now rests as recovery order `recovery_id`.
    OrphanOrderAction { local_id: Int, recovery_id: Int, reason: Text }
}

contract_type! {
    /// A round trip was booked.
    BookCycleAction {
        trade_id: TradeId,
        cycle: Int,
        net_profit: Finite,
        gross_profit: Finite,
        fees: Finite,
        from_recovery: Flag = false,
    }
}

/// What happened. Reference: `Event`.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Event {
    PriceTick(PriceTick),
    TimerTick(TimerTick),
    FillEvent(FillEvent),
    RecoveryFillEvent(RecoveryFillEvent),
    RecoveryCancelEvent(RecoveryCancelEvent),
}

impl Event {
    /// The time of the event, in seconds.
    pub fn timestamp(&self) -> f64 {
        match self {
            Event::PriceTick(event) => event.timestamp,
            Event::TimerTick(event) => event.timestamp,
            Event::FillEvent(event) => event.timestamp,
            Event::RecoveryFillEvent(event) => event.timestamp,
            Event::RecoveryCancelEvent(event) => event.timestamp,
        }
    }
}

/// What the runtime has to do. Reference: `Action`.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Action {
    PlaceOrder(PlaceOrderAction),
    CancelOrder(CancelOrderAction),
    OrphanOrder(OrphanOrderAction),
    BookCycle(BookCycleAction),
}

/// Call a method on whatever action it is.
macro_rules! each_action {
    ($self:expr, $action:ident => $body:expr) => {
        match $self {
            Action::PlaceOrder($action) => $body,
            Action::CancelOrder($action) => $body,
            Action::OrphanOrder($action) => $body,
            Action::BookCycle($action) => $body,
        }
    };
}

impl Action {
    /// The name of the type in the contract.
    pub fn type_name(&self) -> &'static str {
        fn name_of<T: Contract>(_: &T) -> &'static str {
            T::NAME
        }
        each_action!(self, action => name_of(action))
    }

    /// Write the action with its type first. Reference: `tagged`.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        write_name("_type", out);
        out.extend_from_slice(format!("\"{}\"", self.type_name()).as_bytes());
        each_action!(self, action => action.write_members(out));
        out.push(b'}');
    }

    /// Write the type and the values as an array.
    pub fn write_row(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("[\"{}\",", self.type_name()).as_bytes());
        each_action!(self, action => action.write_values(out));
        out.push(b']');
    }

    /// Refuse an action that is too large. Reference: `_check_object_fits`.
    pub fn check_fits(&self, path: Path<'_>) -> Result<(), TooLarge> {
        each_action!(self, action => action.check_fits(path))
    }
}
