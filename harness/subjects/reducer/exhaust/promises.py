"""What the contract promises for every sequence of events (`docs/contract.md`), checked step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reducer.invariants import check_invariants, derive_phase
from reducer.types import (
    Action,
    BookCycleAction,
    CancelOrderAction,
    EngineConfig,
    Event,
    FillEvent,
    OrphanOrderAction,
    PairState,
    RecoveryCancelEvent,
    RecoveryFillEvent,
)


def broken_promises(
    before: PairState, event: Event, after: PairState, actions: Sequence[Action], cfg: EngineConfig, *, sound: bool
) -> list[str]:
    """Return a sentence for each promise that a step broke; `sound` adds that of a sound start."""
    found = [
        *_of_ids(before, after),
        *_of_money(before, after, actions),
        *_of_removals(before, event, after, actions),
        *_of_recoveries(after, actions, cfg),
    ]
    if after.s2_entered_at is not None and derive_phase(after) != "S2" and before.s2_entered_at != after.s2_entered_at:
        found.append("s2_entered_at is set outside of S2")
    if sound:
        found += [f"a sound start is no longer sound: {violation}" for violation in check_invariants(after)]
    return found


def _of_ids(before: PairState, after: PairState) -> Iterator[str]:
    if after.next_order_id < before.next_order_id or after.next_recovery_id < before.next_recovery_id:
        yield "an id counter shrinks"
    known = {order.local_id for order in before.orders}
    new = [order.local_id for order in after.orders if order.local_id not in known]
    if len(set(new)) != len(new) or any(not before.next_order_id <= each < after.next_order_id for each in new):
        yield "an order's id is not a new one"
    held = {order.recovery_id for order in before.recovery_orders}
    fresh = [order.recovery_id for order in after.recovery_orders if order.recovery_id not in held]
    if any(not before.next_recovery_id <= each < after.next_recovery_id for each in fresh):
        yield "a recovery order's id is not a new one"


def _of_money(before: PairState, after: PairState, actions: Sequence[Action]) -> Iterator[str]:
    if after.cycle_a < before.cycle_a or after.cycle_b < before.cycle_b:
        yield "a cycle counter shrinks"
    count = len(before.completed_cycles)
    if after.completed_cycles[:count] != before.completed_cycles:
        yield "a booked cycle is lost"
    booked = [action for action in actions if isinstance(action, BookCycleAction)]
    nets = [record.net_profit for record in after.completed_cycles[count:]]
    if [action.net_profit for action in booked] != nets or after.total_round_trips != before.total_round_trips + len(nets):
        yield "what is booked is not what is told"
    total = before.total_profit
    for net in nets:
        total += net
    if total != after.total_profit:
        yield "total_profit is not the sum of the booked nets"


def _of_removals(before: PairState, event: Event, after: PairState, actions: Sequence[Action]) -> Iterator[str]:
    told = {action.local_id for action in actions if isinstance(action, CancelOrderAction | OrphanOrderAction)}
    if isinstance(event, FillEvent):
        told.add(event.order_local_id)
    gone = {order.local_id for order in before.orders} - {order.local_id for order in after.orders}
    if not gone <= told:
        yield "an order is removed, and neither an action nor a fill says so"
    # An eviction books each order that it removes; what has a name at the exchange is cancelled besides.
    lost = {order.recovery_id for order in before.recovery_orders} - {order.recovery_id for order in after.recovery_orders}
    if isinstance(event, RecoveryFillEvent | RecoveryCancelEvent):
        lost.discard(event.recovery_id)
    evicted = sum(isinstance(action, BookCycleAction) and action.from_recovery for action in actions)
    if not isinstance(event, RecoveryFillEvent) and len(lost) != evicted:
        yield "a recovery order is removed, and no action says so"


def _of_recoveries(after: PairState, actions: Sequence[Action], cfg: EngineConfig) -> Iterator[str]:
    orphaned = any(isinstance(action, OrphanOrderAction) for action in actions)
    if orphaned and len(after.recovery_orders) > max(1, cfg.max_recovery_slots):
        yield "after an orphaning there are more recovery orders than slots"
