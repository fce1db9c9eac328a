"""Coincidences: times, prices, durations and limits drawn from so few round values that many of them are equal, or zero.

A port that writes `<` for `<=`, or takes 0.0 for "unknown" where the reference does not, differs only where two values are
equal or one is zero. Ordinary cases meet each of these equalities too seldom.
"""

from __future__ import annotations

import math
from typing import Any

from generators.dial import Dial, weighted
from generators.reducer.scenes import RECOVERY_ORDERS_MAX, entry_is_stale, exit_is_due, result_is_at_its_limit, with_recoveries
from reducer.types import (
    EngineConfig,
    Event,
    FillEvent,
    OrderState,
    PairState,
    PriceTick,
    RecoveryFillEvent,
    Role,
    Side,
    TimerTick,
    TradeId,
    replace,
)

INF = math.inf
PRICES = (1.0, 0.0, 2.0, 0.5, 1.5)
MARKETS = (0.0, 1.0, 2.0, 0.0, 0.5, -0.5)
CLOCKS_SEC = (0.0, 1.0, 60.0, 2.0, -1.0)
# After as many losses as start the back-off, an entry lies at a price of exactly zero, or at twice the market.
STEEP_FIELDS = ("entry_pct", "backoff_factor", "entry_pct_a", "entry_pct_b", "backoff_max_multiplier")
STEEP = ((-50.0, 1.0, None, None, 5.0), (100.0, -2.0, None, None, 5.0), (50.0, 1.0, None, None, 2.0))
# A state of any kind, or one in which the next timer tick or price tick does something.
SCENES = weighted((None, 4), (exit_is_due, 8), (entry_is_stale, 8), (result_is_at_its_limit, 5))
# Long only and short only.
MODES = ((False, False), (True, False), (False, True))
BOOK: tuple[tuple[Side, Role, TradeId], ...] = (
    ("buy", "entry", "B"), ("sell", "entry", "A"), ("sell", "exit", "B"), ("buy", "exit", "A"),
)  # fmt: skip

# The first of each list is the contract's default, as in `configs.OPTIONS`; a field that is not named has the options there.
ROUND: dict[str, tuple[Any, ...]] = {
    "entry_pct": (0.2, 50.0, 100.0, -50.0, 0.0, 1.0),
    "entry_pct_a": (None, 0.0, 50.0, 100.0),
    "entry_pct_b": (None, 0.0, 50.0, 100.0),
    "profit_pct": (1.0, 100.0, 50.0, 0.0),
    "refresh_pct": (1.0, 50.0, -1.0, 100.0, 0.0),
    "price_decimals": (6, 0, 1, 2),
    "volume_decimals": (0, -1, 1, 2),
    "min_volume": (13.0, 0.0, 1.0, 2.0, 20.0),
    "min_cost_usd": (0.0, 1.0, 2.0, 10.0, 20.0),
    "maker_fee_pct": (0.25, 0.0, 1.0, -1.0, -0.0),
    "s1_orphan_after_sec": (1350.0, 60.0, 1.0, 0.0),
    "s2_orphan_after_sec": (1800.0, 60.0, 1.0, 0.0),
    "loss_backoff_start": (3, 1, 2, 0),
    "loss_cooldown_start": (5, 1, 2, 0),
    "loss_cooldown_sec": (900.0, 60.0, 1.0, 0.0),
    "reentry_base_cooldown_sec": (0.0, 60.0, 1.0, -1.0),
    "backoff_factor": (0.5, 1.0, -2.0, -1.0, 0.0),
    "backoff_max_multiplier": (5.0, 1.0, 2.0),
    "max_consecutive_refreshes": (3, 1, 2, 0),
    "refresh_cooldown_sec": (300.0, 60.0, 1.0, 0.0, -1.0),
    "max_recovery_slots": (2, 1, 3, 0),
}


def times_of(state: PairState, cfg: EngineConfig) -> tuple[float, ...]:
    """Return moments that compare as equal with others of the state: the clock, zero, and both moved by each duration."""
    durations = (cfg.s1_orphan_after_sec, cfg.s2_orphan_after_sec, cfg.refresh_cooldown_sec, cfg.loss_cooldown_sec, 1.0)
    moved = (state.now + sign * length for length in durations if math.isfinite(length) for sign in (-1.0, 1.0))
    return (0.0, state.now, -0.5, 1.0, 0.0, state.now, -1.0, 0.5, *moved)


def coincident_state(dial: Dial, state: PairState, cfg: EngineConfig) -> tuple[PairState, EngineConfig]:
    """Return the state with a round clock and market, and with limits that are met exactly or nearly; mostly in a scene.

    The configuration is returned with some limits that decide just then.
    """
    cfg = _limits(dial, cfg)
    if dial.pick(3):
        state = replace(state, now=dial.of(CLOCKS_SEC))
    if dial.pick(2):
        state = replace(state, market_price=dial.of(MARKETS))
    times = times_of(state, cfg)
    changes: dict[str, Any] = {}
    for leg in ("a", "b"):
        changes |= _leg(dial, state, cfg, leg, times)
    if dial.flag(3):
        cfg = replace(cfg, **dict(zip(STEEP_FIELDS, dial.of(STEEP), strict=True)))
        changes |= dict.fromkeys(("consecutive_losses_a", "consecutive_losses_b"), cfg.loss_backoff_start)
    changes["s2_entered_at"] = dial.of((state.s2_entered_at, state.s2_entered_at, None, *times))
    changes["profit_pct_runtime"] = dial.of((state.profit_pct_runtime, 0.0, 100.0, 50.0))
    changes["long_only"], changes["short_only"] = dial.of(((state.long_only, state.short_only),) * 2 + MODES)
    state = replace(state, **changes)
    scene = dial.of(SCENES)
    if scene is not None:
        return scene(dial, state, cfg)
    if dial.pick(2):
        state = _with_book(dial, state)
    state = replace(state, orders=tuple(_order(dial, order, state, times) for order in state.orders))
    return with_recoveries(dial, state, dial.pick(RECOVERY_ORDERS_MAX + 1)), cfg


def _limits(dial: Dial, cfg: EngineConfig) -> EngineConfig:
    """Return the configuration with some limits at or near zero, each as often as it stays."""
    limits: dict[str, tuple[Any, ...]] = {
        "min_volume": (0.0, 1.0),
        "volume_decimals": (-1, 0),
        "maker_fee_pct": (-0.0, -1.0),
        "refresh_pct": (-1.0, 50.0, -1.0, 100.0),
        "reentry_base_cooldown_sec": (1.0, 0.0),
    }
    changes: dict[str, Any] = {}
    for name, options in limits.items():
        if dial.flag(2):
            changes[name] = dial.of(options)
    return replace(cfg, **changes)


def _leg(dial: Dial, state: PairState, cfg: EngineConfig, leg: str, times: tuple[float, ...]) -> dict[str, Any]:
    """Pick the counts and cooldowns of a trade, each of which may stay as it is."""
    starts, refreshes = (cfg.loss_backoff_start, cfg.loss_cooldown_start), cfg.max_consecutive_refreshes
    losses = tuple(max(0, start - less) for start in starts for less in (0, 1, 2))
    options: dict[str, tuple[Any, ...]] = {
        "cycle": (1, 0, 3),
        "consecutive_losses": losses,
        "cooldown_until": times,
        "consecutive_refreshes": (refreshes, refreshes, refreshes - 1, refreshes + 1, 0),
        "last_refresh_direction": ("up", "down"),
        "refresh_cooldown_until": times,
    }
    changes: dict[str, Any] = {}
    for name, choices in options.items():
        if dial.pick(3):
            changes[f"{name}_{leg}"] = dial.of(choices)
    return changes


def _with_book(dial: Dial, state: PairState) -> PairState:
    """Return the state with at most one order of each side and role, so that every phase meets sound books and unsound ones."""
    made: list[OrderState] = []
    market = state.market_price if state.market_price > 0 else 1.0
    for side, role, trade_id in BOOK:
        if dial.pick(2):
            local_id = state.next_order_id + len(made)
            price = market * dial.of((2.0, 0.5, 1.0) if side == "sell" else (0.5, 2.0, 1.0))
            order = OrderState(local_id, side, role, price, 20.0, trade_id, 1, placed_at=state.now)
            made.append(replace(order, entry_price=1.0, entry_filled_at=state.now) if role == "exit" else order)
    return replace(state, orders=tuple(made), next_order_id=state.next_order_id + len(made))


def _order(dial: Dial, order: OrderState, state: PairState, times: tuple[float, ...]) -> OrderState:
    """Return the order with some values that coincide with others of the state, or are zero."""
    prices = (order.price, state.market_price, *PRICES)
    changes: dict[str, Any] = {}
    if dial.pick(2):
        changes["price"] = dial.of(prices)
    if dial.flag(4):
        changes["volume"] = dial.of((1.0, 0.0, 2.0))
    if order.role == "exit":
        changes |= {"entry_price": dial.of((order.entry_price, *prices)), "entry_fee": dial.of((0.0, order.entry_fee))}
        changes |= {"entry_filled_at": dial.of(times), "placed_at": dial.of(times)}
    return replace(order, **changes)


def coincident_event(dial: Dial, event: Event, state: PairState, cfg: EngineConfig, *, early: bool) -> Event:
    """Return the event, mostly at a moment when something ends, and at a price that is on the book already; or a timer tick.

    An `early` one mostly is a timer tick at once, for an exit that is due, or else a price tick.
    """
    near = [price for order in state.orders for price in (order.price, order.price * 2.0, order.price / 2.0)]
    if early and dial.pick(5):
        waiting = any(order.role == "exit" for order in state.orders)
        own = [order.price for order in state.orders]
        return TimerTick(state.now) if waiting else PriceTick(dial.of((*own, *near, 0.0)), state.now)
    if dial.flag(4):
        event = TimerTick(event.timestamp)
    changes: dict[str, Any] = {}
    if dial.pick(3):
        changes["timestamp"] = dial.of(_appointments(dial, state, cfg))
    if isinstance(event, PriceTick) and dial.pick(2):
        changes["price"] = dial.of((*near, state.market_price, -0.5, *PRICES))
    if isinstance(event, FillEvent | RecoveryFillEvent) and dial.pick(2):
        changes |= {"price": dial.of((_even(event, state), event.price, *PRICES)), "fee": dial.of((0.0, 0.0, event.fee, -0.5))}
    return replace(event, **changes)


def _even(event: FillEvent | RecoveryFillEvent, state: PairState) -> float:
    """Return the price at which a fill neither wins nor loses."""
    if isinstance(event, FillEvent):
        mine = [order.entry_price for order in state.orders if order.local_id == event.order_local_id and order.role == "exit"]
    else:
        mine = [order.entry_price for order in state.recovery_orders if order.recovery_id == event.recovery_id]
    return mine[0] if mine else event.price


def _appointments(dial: Dial, state: PairState, cfg: EngineConfig) -> tuple[float, ...]:
    """Return the moments at which a cooldown ends or an exit is old enough, or those a little before or after."""
    ends = [state.cooldown_until_a, state.cooldown_until_b, state.refresh_cooldown_until_a, state.refresh_cooldown_until_b]
    for order in state.orders:
        if order.role == "exit":
            ends.append((order.entry_filled_at or order.placed_at or state.now) + cfg.s1_orphan_after_sec)
    if state.s2_entered_at is not None:
        ends.append(state.s2_entered_at + cfg.s2_orphan_after_sec)
    shift = dial.of((0.0, 0.0, 0.5, -0.5))
    return (state.now, *(end + shift for end in ends if math.isfinite(end)))
