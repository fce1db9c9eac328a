"""Scenes: states in which the next tick does something that depends on values that are equal, or zero."""

from __future__ import annotations

import math
import sys

from generators.dial import Dial
from generators.plain import INT64_MAX, INT64_MIN
from reducer.types import EngineConfig, OrderState, PairState, RecoveryOrder, Side, TradeId, replace

Scene = tuple[PairState, EngineConfig]

RECOVERY_ORDERS_MAX = 4
LOWEST = -sys.float_info.max
# Recovery orders are evicted at the first of some prices that is above zero.
RECOVERY_PRICES, RECOVERY_ENTRY_PRICES = (0.0, 1.0, 0.0, -0.5, 1.0), (0.5, -0.0, 1.0, -0.5, 0.0)
# The sides of exits with their trades, and prices in multiples of the market, which mostly has moved away from them.
EXITS: tuple[tuple[Side, TradeId, tuple[float, ...]], ...] = (("sell", "B", (2.0, 1.5, 1.5)), ("buy", "A", (0.5, 0.5, 1.5)))


def exit_is_due(dial: Dial, state: PairState, cfg: EngineConfig) -> Scene:
    """Return a state in which the next timer tick orphans an exit, and mostly must evict recovery orders for it."""
    old = state.now - _finite_or_zero(cfg.s1_orphan_after_sec)
    market = dial.of((0.0, state.market_price, -0.5, 0.0, 1.0))
    there = market > 0
    both = dial.flag(2 if there else 4)
    # Without a market, only an exit that sells is left behind; a second one is due at the second tick.
    chosen = EXITS if both else (EXITS[dial.pick(2) if there else 0],) * (1 + dial.pick(2))
    exits: list[OrderState] = []
    for side, trade_id, prices in chosen:
        filled_at, placed_at = dial.of(((old, state.now), (0.0, old), (old, 0.0), (0.0, 0.0)))
        exits.append(
            OrderState(
                local_id=state.next_order_id + len(exits),
                side=side,
                role="exit",
                price=(market if there else 1.0) * dial.of(prices),
                volume=20.0,
                trade_id=trade_id,
                cycle=1,
                placed_at=placed_at,
                entry_price=dial.of((1.0, 0.0, 2.0)),
                entry_filled_at=filled_at,
            )
        )
    state = replace(
        state,
        market_price=market,
        orders=tuple(exits),
        next_order_id=state.next_order_id + len(exits),
        s2_entered_at=state.now - _finite_or_zero(cfg.s2_orphan_after_sec) if both else None,
        recovery_orders=(),
    )
    if dial.flag(2):
        state = replace(state, cooldown_until_a=state.now, cooldown_until_b=state.now)
    count = 1 + dial.pick(RECOVERY_ORDERS_MAX)
    # Too few slots, or one more than is needed.
    cfg = replace(cfg, max_recovery_slots=dial.of((1, count, count + 2, 1, count, 2)))
    return with_recoveries(dial, state, count), cfg


def entry_is_stale(dial: Dial, state: PairState, cfg: EngineConfig) -> Scene:
    """Return a state in which the next price tick refreshes an entry, unless it has been refreshed too often."""
    market = state.market_price if state.market_price > 0 else 1.0
    sides: tuple[tuple[Side, TradeId], ...] = (("buy", "B"), ("sell", "A"))
    side, trade_id = dial.of(sides)
    price = market * dial.of((1.0, 2.0, 0.5))
    order = OrderState(state.next_order_id, side, "entry", price, 20.0, trade_id, 1, placed_at=state.now)
    most = cfg.max_consecutive_refreshes
    count, direction = dial.of((most, most, most + 1, most - 1)), dial.of(("up", "down"))
    # Of the two cooldowns only that of the order's trade decides.
    until, other = dial.of((0.0, 0.0, -0.5, state.now, 0.5)), dial.of((0.0, state.now + 1.0))
    state = replace(
        state,
        market_price=market,
        orders=(order,),
        next_order_id=state.next_order_id + 1,
        consecutive_refreshes_a=count,
        consecutive_refreshes_b=count,
        last_refresh_direction_a=direction,
        last_refresh_direction_b=direction,
        refresh_cooldown_until_a=until if trade_id == "A" else other,
        refresh_cooldown_until_b=other if trade_id == "A" else until,
    )
    if dial.flag(3):
        state, cfg = at_zero(state, cfg)
    # Below zero, any price tick refreshes, even at the order's own price.
    return state, replace(cfg, refresh_pct=dial.of((-1.0, 50.0, -1.0, 100.0, cfg.refresh_pct)))


def at_zero(state: PairState, cfg: EngineConfig) -> Scene:
    """Return a state in which the back-off doubles the next entry's distance to 100 %, so that a buy has a price of zero."""
    cfg = replace(cfg, entry_pct=50.0, entry_pct_a=None, entry_pct_b=None, backoff_factor=1.0, backoff_max_multiplier=2.0)
    return replace(state, consecutive_losses_a=cfg.loss_backoff_start, consecutive_losses_b=cfg.loss_backoff_start), cfg


def result_is_at_its_limit(dial: Dial, state: PairState, cfg: EngineConfig) -> Scene:
    """Return a state in which the next tick reaches the largest or lowest integer, or passes the largest or lowest double."""
    which = dial.pick(5)
    if which < 2:
        state, cfg = (entry_is_stale, exit_is_due)[which](dial, state, cfg)
        orders = tuple(replace(order, cycle=INT64_MIN) for order in state.orders)
        return replace(state, orders=orders, next_order_id=INT64_MAX - 1, next_recovery_id=INT64_MAX - 1), cfg
    if which == 2:
        # A cooldown may end at plus infinity; this one ends at minus infinity.
        state, cfg = entry_is_stale(dial, replace(state, now=LOWEST), replace(cfg, refresh_cooldown_sec=LOWEST))
        state = replace(state, refresh_cooldown_until_a=LOWEST, refresh_cooldown_until_b=LOWEST)
        return state, replace(cfg, max_consecutive_refreshes=1, refresh_pct=-1.0)
    state, cfg = entry_is_stale(dial, replace(state, market_price=-LOWEST / 2.0), cfg)
    state = replace(state, consecutive_refreshes_a=0, consecutive_refreshes_b=0)
    cfg = replace(cfg, max_consecutive_refreshes=3, refresh_pct=-1.0, min_volume=0.0, min_cost_usd=0.0)
    return state, replace(cfg, entry_pct=200.0, entry_pct_a=None, entry_pct_b=None)


def _finite_or_zero(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def with_recoveries(dial: Dial, state: PairState, count: int) -> PairState:
    """Return the state with more recovery orders, so much alike that they tie with each other."""
    for number in range(count):
        trade_id: TradeId = dial.of(("B", "A"))
        recovery = RecoveryOrder(
            recovery_id=state.next_recovery_id,
            side="sell" if trade_id == "B" else "buy",
            price=dial.of(RECOVERY_PRICES),
            volume=20.0,
            trade_id=trade_id,
            cycle=1 + number,
            entry_price=dial.of(RECOVERY_ENTRY_PRICES),
            entry_fee=dial.of((0.0, -0.0)),
            orphaned_at=dial.of((0.0, 1.0, state.now)),
            entry_filled_at=dial.of((0.0, state.now, -0.5, 1.0)),
            txid=dial.of(("RTX", "")),
        )
        # The newest is not always the last, so that the order of ids is not that of the list.
        others = state.recovery_orders
        orders = (*others, recovery) if dial.pick(2) else (recovery, *others)
        state = replace(state, recovery_orders=orders, next_recovery_id=state.next_recovery_id + 1)
    return state
