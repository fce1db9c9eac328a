"""The view of a world: states that differ only in id numbers, in the absolute clock, in history and totals are one.

Every field of a state and of its orders is named, as kept, as abstracted or as left out, with the reason. A field that is named
nowhere is an error when this module is imported, so that a new one cannot slip through.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from generators.reducer.worlds import Limits
from reducer.types import OrderState, PairState, RecoveryOrder

Value = Callable[["Seen", Any], Any]


@dataclass(frozen=True)
class Field:
    """What the view makes of a field. `value` is None for one that is left out; `why` says how, or why not."""

    why: str
    value: Value | None


class Seen:
    """What the values of a state's view depend on: the world's limits, and the state itself."""

    def __init__(self, limits: Limits, state: PairState) -> None:
        self.limits, self.state, self.now = limits, state, state.now
        self.order_ids = sorted(order.local_id for order in state.orders)
        self.recovery_ids = sorted(order.recovery_id for order in state.recovery_orders)

    def age(self, since: float) -> float:
        """The seconds since a time, at most the longest timeout. A time to come keeps its sign."""
        return min(self.now - since, self.limits.timeout_sec)

    def left(self, until: float) -> float:
        """The seconds until a time; 0.0 if it is over."""
        return max(until - self.now, 0.0)


def _kept(name: str, why: str) -> Field:
    return Field(why, lambda _seen, holder: getattr(holder, name))


def _out(why: str) -> Field:
    return Field(why, None)


def _capped(name: str, limit: str, why: str) -> Field:
    return Field(why, lambda seen, holder: min(getattr(holder, name), getattr(seen.limits, limit)))


def _started(seen: Seen, order: OrderState) -> tuple[str, float] | None:
    """Return how long an exit has waited, by the time that the reference takes; entries wait for nothing."""
    if order.role != "exit":
        return None
    if order.entry_filled_at:
        return "filled", seen.age(order.entry_filled_at)
    return ("placed", seen.age(order.placed_at)) if order.placed_at else ("unknown", 0.0)


DECIDES, TOLD, NEVER_READ = "decides", "is only told in a record or an action", "is added to and never read"
CYCLE = "counts for the invariants alone, which ask if it is below one"

STATE: dict[str, Field] = {
    "market_price": _kept("market_price", DECIDES),
    "now": Field("is what times are told by; up to zero it is kept, since zero is no time", lambda seen, _: min(seen.now, 1.0)),
    "orders": Field("each as below, in order", lambda seen, state: tuple(_told(ORDER, seen, each) for each in state.orders)),
    "recovery_orders": Field(
        "each as below, in order", lambda seen, state: tuple(_told(RECOVERY, seen, each) for each in state.recovery_orders)
    ),
    "completed_cycles": _out(NEVER_READ),
    "cycle_a": Field(CYCLE, lambda _, state: min(state.cycle_a, 1)),
    "cycle_b": Field(CYCLE, lambda _, state: min(state.cycle_b, 1)),
    "next_order_id": _out("is larger than every id before it"),
    "next_recovery_id": _out("is larger than every id before it"),
    "total_profit": _out(NEVER_READ),
    "total_settled_usd": _out(NEVER_READ),
    "total_fees": _out(NEVER_READ),
    "today_realized_loss": _out(NEVER_READ),
    "total_round_trips": _out(NEVER_READ),
    "s2_entered_at": Field(
        "as an age, at most the longest timeout",
        lambda seen, state: None if state.s2_entered_at is None else seen.age(state.s2_entered_at),
    ),
    "last_price_update_at": _out("is set and never read"),
    "consecutive_losses_a": _capped("consecutive_losses_a", "losses", "up to where more losses change nothing"),
    "consecutive_losses_b": _capped("consecutive_losses_b", "losses", "up to where more losses change nothing"),
    "cooldown_until_a": Field("as the time that is left", lambda seen, state: seen.left(state.cooldown_until_a)),
    "cooldown_until_b": Field("as the time that is left", lambda seen, state: seen.left(state.cooldown_until_b)),
    "long_only": _kept("long_only", DECIDES),
    "short_only": _kept("short_only", DECIDES),
    "mode_source": _out("is carried and never read"),
    "consecutive_refreshes_a": _capped("consecutive_refreshes_a", "refreshes", "up to the limit, from which on it is compared"),
    "consecutive_refreshes_b": _capped("consecutive_refreshes_b", "refreshes", "up to the limit, from which on it is compared"),
    "last_refresh_direction_a": _kept("last_refresh_direction_a", DECIDES),
    "last_refresh_direction_b": _kept("last_refresh_direction_b", DECIDES),
    "refresh_cooldown_until_a": Field(
        "as the time that is left, and if it is after zero",
        lambda seen, state: (seen.left(state.refresh_cooldown_until_a), state.refresh_cooldown_until_a > 0),
    ),
    "refresh_cooldown_until_b": Field(
        "as the time that is left, and if it is after zero",
        lambda seen, state: (seen.left(state.refresh_cooldown_until_b), state.refresh_cooldown_until_b > 0),
    ),
    "profit_pct_runtime": _kept("profit_pct_runtime", DECIDES),
}

# Both kinds of orders have these.
_OF_BOTH: dict[str, Field] = {
    **{name: _kept(name, DECIDES) for name in ("side", "price", "volume", "trade_id", "entry_price")},
    "entry_fee": _kept("entry_fee", "decides if a cycle is a loss"),
    "txid": _kept("txid", "decides if an eviction cancels"),
}

ORDER: dict[str, Field] = {
    **_OF_BOTH,
    "local_id": Field("as its place among the ids", lambda seen, order: seen.order_ids.index(order.local_id)),
    "role": _kept("role", DECIDES),
    "cycle": Field(CYCLE, lambda _, order: min(order.cycle, 1)),
    "placed_at": _out("is told with `entry_filled_at`, and else never read"),
    "entry_filled_at": Field("as the age of the start that the reference takes", _started),
}

RECOVERY: dict[str, Field] = {
    **_OF_BOTH,
    "recovery_id": Field("as its place among the ids", lambda seen, order: seen.recovery_ids.index(order.recovery_id)),
    "cycle": _out(TOLD),
    "orphaned_at": Field(
        "as its place among the times, which decides a tie", lambda seen, order: _place(seen.state, order.orphaned_at)
    ),
    "entry_filled_at": _out(TOLD),
    "reason": _out("is carried and never read"),
}


def _place(state: PairState, orphaned_at: float) -> int:
    return sorted({each.orphaned_at for each in state.recovery_orders}).index(orphaned_at)


def _check(cls: type, table: dict[str, Field]) -> tuple[tuple[str, Value], ...]:
    """Return the fields that are told. Raises `ValueError` for a field that is named nowhere and a name that is no field."""
    known = {field.name for field in fields(cls)}
    if known != set(table):
        raise ValueError(f"the view of {cls.__name__} is not about {', '.join(sorted(known ^ set(table)))}")
    return tuple((name, field.value) for name, field in table.items() if field.value is not None)


_TOLD = {id(table): _check(cls, table) for cls, table in ((PairState, STATE), (OrderState, ORDER), (RecoveryOrder, RECOVERY))}


def _told(table: dict[str, Field], seen: Seen, holder: Any) -> tuple[Any, ...]:
    return tuple([value(seen, holder) for _, value in _TOLD[id(table)]])


def view_of(limits: Limits, state: PairState) -> tuple[Any, ...]:
    """Return what the view keeps of a state; equal for states that are one."""
    return _told(STATE, Seen(limits, state), state)
