"""What a bot changes in a state between two calls: the txid of an order that was placed, the mode, totals, its book."""

from __future__ import annotations

import math
from collections.abc import Callable

from generators.plain import INT64_MAX, INT64_MIN
from reducer.types import CycleRecord, OrderState, PairState, replace

Patch = Callable[[PairState], PairState]
_BOOKED = CycleRecord("A", 3, 0.1, 0.099, 20.0, 0.02, 0.01, 0.01, 1.0, 2.0, from_recovery=True)


def named(state: PairState) -> PairState:
    """Give every order that has no txid yet one, as the bot does once the exchange has answered."""
    orders = tuple(order if order.txid else replace(order, txid=f"OTX-{order.local_id}") for order in state.orders)
    return state if orders == state.orders else replace(state, orders=orders)


def _mode(state: PairState) -> PairState:
    return replace(state, long_only=not state.long_only, short_only=False, mode_source="regime")


def _totals(state: PairState) -> PairState:
    return replace(state, today_realized_loss=0.0, total_fees=-0.0, profit_pct_runtime=state.profit_pct_runtime + 0.25)


def _paused(state: PairState) -> PairState:
    return replace(state, cooldown_until_a=math.inf, refresh_cooldown_until_b=state.now + 60.0, now=state.now + 0.25)


def _taken_over(state: PairState) -> PairState:
    """Set cycles to the ends of their range, a recovery order's trade to the other one, and optional fields to None."""
    orders = (*(replace(order, cycle=INT64_MIN) for order in state.orders[:1]), *state.orders[1:])
    recovery_orders = tuple(
        replace(order, txid="é", reason="by hand", trade_id="B" if order.trade_id == "A" else "A", cycle=INT64_MAX)
        for order in state.recovery_orders[:1]
    )
    return replace(state, orders=orders, recovery_orders=recovery_orders, s2_entered_at=None, last_refresh_direction_a=None)


def _book_upside_down(state: PairState) -> PairState:
    return replace(state, orders=tuple(reversed(state.orders)), next_order_id=state.next_order_id + 1)


def _book_repeated(state: PairState) -> PairState:
    return replace(state, orders=(*state.orders, *(replace(order, txid="again") for order in state.orders[:1])))


def _booked(state: PairState) -> PairState:
    return replace(state, completed_cycles=(*state.completed_cycles, _BOOKED), total_round_trips=state.total_round_trips + 1)


def _forgotten(state: PairState) -> PairState:
    return replace(state, completed_cycles=state.completed_cycles[1:])


def _undone(state: PairState) -> PairState:
    return replace(state, completed_cycles=state.completed_cycles[:-1], cycle_b=state.cycle_b + 1)


def _emptied(state: PairState) -> PairState:
    return replace(state, orders=state.orders[1:], recovery_orders=(), market_price=state.market_price / 2)


def _ints(state: PairState) -> PairState:
    orders: tuple[OrderState, ...] = tuple(replace(order, entry_fee=1) for order in state.orders)
    return replace(state, orders=orders, market_price=1, last_price_update_at=5)


PATCHES: tuple[Patch, ...] = (
    named, _taken_over, _totals, _paused, _mode, _book_upside_down, _book_repeated, _booked, _undone, _forgotten, _emptied,
    _ints,
)  # fmt: skip
EVERY = 3


def patched(state: PairState, step: int) -> PairState:
    """Return the state with a bot's change before every third step of a stream: the change depends on the step alone."""
    return PATCHES[step // EVERY % len(PATCHES)](state) if step % EVERY == EVERY - 1 else state
