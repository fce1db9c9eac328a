"""The order state machine of one trading pair: the reference that every port follows.

Pure: `transition(state, event, cfg, order_size_usd, order_sizes)` returns the next state and the actions that the runtime
carries out; nothing here does input or output, reads a clock or draws a random number. The parts are in `reducer/`; this
module is the whole public surface, and needs only the standard library.
"""

from reducer.bootstrap import bootstrap_orders
from reducer.invariants import check_invariants, derive_phase
from reducer.orders import (
    add_entry_order,
    apply_order_txid,
    apply_recovery_txid,
    find_order,
    remove_order,
    remove_recovery,
)
from reducer.pricing import compute_order_volume, entry_backoff_multiplier
from reducer.snapshot import from_dict, to_dict
from reducer.transition import transition
from reducer.types import (
    Action,
    BookCycleAction,
    CancelOrderAction,
    CycleRecord,
    EngineConfig,
    Event,
    FillEvent,
    OrderState,
    OrphanOrderAction,
    PairPhase,
    PairState,
    PlaceOrderAction,
    PriceTick,
    RecoveryCancelEvent,
    RecoveryFillEvent,
    RecoveryOrder,
    Role,
    Side,
    TimerTick,
    TradeId,
)

__all__ = [
    "Action",
    "BookCycleAction",
    "CancelOrderAction",
    "CycleRecord",
    "EngineConfig",
    "Event",
    "FillEvent",
    "OrderState",
    "OrphanOrderAction",
    "PairPhase",
    "PairState",
    "PlaceOrderAction",
    "PriceTick",
    "RecoveryCancelEvent",
    "RecoveryFillEvent",
    "RecoveryOrder",
    "Role",
    "Side",
    "TimerTick",
    "TradeId",
    "add_entry_order",
    "apply_order_txid",
    "apply_recovery_txid",
    "bootstrap_orders",
    "check_invariants",
    "compute_order_volume",
    "derive_phase",
    "entry_backoff_multiplier",
    "find_order",
    "from_dict",
    "remove_order",
    "remove_recovery",
    "to_dict",
    "transition",
]
