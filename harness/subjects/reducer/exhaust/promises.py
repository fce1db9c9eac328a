"""What the contract promises for every sequence of events (section 9 of its description), checked step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

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
    PlaceOrderAction,
    RecoveryCancelEvent,
    RecoveryFillEvent,
)


def broken_promises(
    before: PairState, event: Event, after: PairState, actions: Sequence[Action], cfg: EngineConfig, *, sound: bool
) -> list[str]:
    """Return a sentence for each promise that a step broke; `sound` adds that of a sound start."""
    found = [
        *_of_ids(before, after),
        *_of_placements(before, after, actions),
        *_of_money(before, event, after, actions),
        *_of_orders(before, event, after, actions),
        *_of_recoveries(before, event, after, actions),
    ]
    orphaned = any(isinstance(action, OrphanOrderAction) for action in actions)
    if orphaned and len(after.recovery_orders) > max(1, cfg.max_recovery_slots):
        found.append("after an orphaning there are more recovery orders than slots")
    # A start may have a time of S2 outside of it; no step may set one there, or leave one behind.
    outside = after.s2_entered_at is not None and derive_phase(after) != "S2"
    if outside and (before.s2_entered_at != after.s2_entered_at or derive_phase(before) == "S2"):
        found.append("s2_entered_at is set outside of S2")
    if sound:
        found += [f"a sound start is no longer sound: {violation}" for violation in check_invariants(after)]
    return found


def _of_ids(before: PairState, after: PairState) -> Iterator[str]:
    if after.next_order_id < before.next_order_id or after.next_recovery_id < before.next_recovery_id:
        yield "an id counter shrinks"
    old, new = ([(each.local_id, each) for each in state.orders] for state in (before, after))
    yield from _of_named("an order", old, new, range(before.next_order_id, after.next_order_id))
    held, kept = ([(each.recovery_id, each) for each in state.recovery_orders] for state in (before, after))
    yield from _of_named("a recovery order", held, kept, range(before.next_recovery_id, after.next_recovery_id))


def _of_named(what: str, old: Sequence[tuple[int, Any]], new: Sequence[tuple[int, Any]], given: range) -> Iterator[str]:
    known = dict(old)
    if len(dict(new)) != len(new):
        yield f"{what} has the id of another one"
    for ident, each in new:
        if ident in known and known[ident] != each:
            yield f"{what} is another one than before under the same id"
        if ident not in known and ident not in given:
            yield f"{what} has an id that is not a new one"


def _of_placements(before: PairState, after: PairState, actions: Sequence[Action]) -> Iterator[str]:
    known = {order.local_id for order in before.orders}
    names = ("local_id", "side", "role", "price", "volume", "trade_id", "cycle")
    placed = [[getattr(order, name) for name in names] for order in after.orders if order.local_id not in known]
    told = [[getattr(each, name) for name in names] for each in actions if isinstance(each, PlaceOrderAction)]
    if sorted(placed) != sorted(told):
        yield "what is placed is not what is told"


def _of_money(before: PairState, event: Event, after: PairState, actions: Sequence[Action]) -> Iterator[str]:
    if after.cycle_a < before.cycle_a or after.cycle_b < before.cycle_b:
        yield "a cycle counter shrinks"
    count = len(before.completed_cycles)
    if after.completed_cycles[:count] != before.completed_cycles:
        yield "a booked cycle is lost"
    names = ("trade_id", "cycle", "net_profit", "gross_profit", "fees", "from_recovery")
    booked = [[getattr(record, name) for name in names] for record in after.completed_cycles[count:]]
    told = [[getattr(each, name) for name in names] for each in actions if isinstance(each, BookCycleAction)]
    if booked != told or after.total_round_trips != before.total_round_trips + len(booked):
        yield "what is booked is not what is told"
    total = before.total_profit
    for record in after.completed_cycles[count:]:
        total += record.net_profit
    if total != after.total_profit:
        yield "total_profit is not the sum of the booked nets"
    if _ends_a_cycle(before, event) and not booked:
        yield "an exit is filled, and no cycle is booked"


def _ends_a_cycle(before: PairState, event: Event) -> bool:
    if isinstance(event, RecoveryFillEvent):
        return any(order.recovery_id == event.recovery_id for order in before.recovery_orders)
    exits = [order.local_id for order in before.orders if order.role == "exit"]
    return isinstance(event, FillEvent) and event.order_local_id in exits


def _of_orders(before: PairState, event: Event, after: PairState, actions: Sequence[Action]) -> Iterator[str]:
    told = {action.local_id for action in actions if isinstance(action, CancelOrderAction | OrphanOrderAction)}
    if isinstance(event, FillEvent):
        told.add(event.order_local_id)
    left = {order.local_id for order in after.orders}
    if not {order.local_id for order in before.orders} - left <= told:
        yield "an order is removed, and neither an action nor a fill says so"
    if left & told:
        yield "an order that is filled, cancelled or orphaned stays on the book"


def _of_recoveries(before: PairState, event: Event, after: PairState, actions: Sequence[Action]) -> Iterator[str]:
    left = {order.recovery_id for order in after.recovery_orders}
    lost = {order.recovery_id for order in before.recovery_orders} - left
    evicted = sum(isinstance(action, BookCycleAction) and action.from_recovery for action in actions)
    if isinstance(event, RecoveryFillEvent | RecoveryCancelEvent):
        named = event.recovery_id in lost
        lost.discard(event.recovery_id)
        evicted -= named and isinstance(event, RecoveryFillEvent)
        if event.recovery_id in left:
            yield "a recovery order that is filled or cancelled stays"
    # An eviction books each order that it removes; what has a name at the exchange is cancelled besides.
    if len(lost) != evicted:
        yield "a recovery order is removed, and no action says so"
    if any(isinstance(action, CancelOrderAction) and -action.local_id in left for action in actions):
        yield "a recovery order that is cancelled stays"
    if not {action.recovery_id for action in actions if isinstance(action, OrphanOrderAction)} <= left:
        yield "an orphaned exit is no recovery order"
