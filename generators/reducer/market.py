"""A market for the reducer: candles become price ticks, timer ticks and the fills that an exchange would have reported.

Within a candle the price goes open, low, high, close if it rose, and open, high, low, close if it fell. A resting order is
filled when that path reaches or crosses its price, at its price and for the maker's fee. The reference is stepped
along the way, so orders placed after a fill can be filled by the rest of the path.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import Any

import state_machine as sm
from generators.candles import Candle, CandleSeries, evenly, spacing_sec
from generators.plain import Json, spell_out
from generators.reducer.case import Case
from generators.reducer.choices import tagged, with_txids
from generators.reducer.stepping import Settings
from reducer.snapshot import encode
from reducer.types import (
    EngineConfig,
    Event,
    FillEvent,
    OrderState,
    PairState,
    PriceTick,
    RecoveryCancelEvent,
    RecoveryFillEvent,
    RecoveryOrder,
    TimerTick,
)

CANDLES_PER_CASE = 24
# The runtime archives old records; a case that kept all of them would consist of little else.
CYCLES_KEPT = 10
# Orders on the wrong side of the market could be filled and replaced for ever.
FILLS_PER_LEG_MAX = 20
CANCEL_SHARE = 0.03  # of candles at whose end a recovery order is cancelled

# Differences from the scaled default configuration, one profile per case in turn, so that every policy meets the market.
PROFILES: tuple[dict[str, Any], ...] = (
    {},
    {"profit_pct": 0.3, "entry_pct": 0.05, "refresh_pct": 0.25, "loss_cooldown_start": 2},
    {"s1_orphan_after_sec": 300.0, "s2_orphan_after_sec": 600.0, "max_recovery_slots": 1},
    {"entry_pct_a": 0.1, "entry_pct_b": 0.6, "reentry_base_cooldown_sec": 120.0},
    {"sticky_mode_enabled": True, "volume_decimals": 4},
    {"s1_orphan_after_sec": float("inf"), "s2_orphan_after_sec": 300.0, "profit_pct": 0.4, "refresh_pct": 0.3},
    {"s1_orphan_after_sec": 60.0, "s2_orphan_after_sec": 60.0, "max_recovery_slots": 3, "loss_backoff_start": 1},
)
ENTRY_PCT = ("entry_pct", "entry_pct_a", "entry_pct_b")
SCALED_PCT = (*ENTRY_PCT, "profit_pct", "refresh_pct")
SCALED_SEC = (
    "s1_orphan_after_sec", "s2_orphan_after_sec", "loss_cooldown_sec", "reentry_base_cooldown_sec", "refresh_cooldown_sec",
)  # fmt: skip
# The contract's defaults fit five-minute candles with a range of a third of a percent.
DEFAULT_SPACING_SEC, DEFAULT_RANGE_PCT, DEFAULT_PRICE_USD = 300.0, 0.33, 0.2
# However quiet the market, the nearest entry stays this many steps of the price grid away from it, so that rounding does not
# decide where it lies.
STEPS_MIN = 10


def scaled_config(candles: Sequence[Candle], profile: dict[str, Any]) -> EngineConfig:
    """Return the profile's configuration with distances, durations and sizes scaled to the candles, upwards and downwards.

    Prices are rounded to as many significant digits as the default configuration has at its price, or to cents.
    """
    cfg = replace(EngineConfig(), **profile)
    lowest = min(candle.low for candle in candles)
    decimals = max(2, cfg.price_decimals - round(math.log10(lowest / DEFAULT_PRICE_USD)))
    sec = spacing_sec(candles) / DEFAULT_SPACING_SEC
    range_pct = median((candle.high - candle.low) / candle.open * 100.0 for candle in candles)
    nearest_pct = min(pct for name in ENTRY_PCT for pct in [getattr(cfg, name)] if pct is not None)
    step_pct = 10.0**-decimals / lowest * 100.0
    pct = max(range_pct / DEFAULT_RANGE_PCT, STEPS_MIN * step_pct / nearest_pct)
    scaled: dict[str, Any] = {"price_decimals": decimals}
    scaled |= {name: getattr(cfg, name) * sec for name in SCALED_SEC}
    scaled |= {name: None if getattr(cfg, name) is None else getattr(cfg, name) * pct for name in SCALED_PCT}
    if median(candle.open for candle in candles) > 10.0:
        scaled |= {"volume_decimals": max(4, cfg.volume_decimals), "min_volume": 0.0001}
    return replace(cfg, **scaled)


def order_size_usd(candles: Sequence[Candle]) -> float:
    """Return a size in USD that buys more than the minimum volume at every price of the series."""
    return max(2.0, round(max(candle.high for candle in candles) * 20.0, 2))


def chunked_cases(
    candles: Sequence[Candle], *, source: str, seed: int = 0, candles_per_case: int = CANDLES_PER_CASE
) -> Iterator[Case]:
    """Make one case for each chunk of candles. The state carries over from chunk to chunk; the profile changes.

    `source` names the series in the metadata of cases, `seed` decides which recovery orders are cancelled.
    """
    size_usd = order_size_usd(candles)
    configs = [scaled_config(candles, profile) for profile in PROFILES]
    duration_sec = spacing_sec(candles)
    state = PairState(market_price=candles[0].open, now=candles[0].start_sec)
    for number, start in enumerate(range(0, len(candles), candles_per_case)):
        sizes = {"A": size_usd * 1.25} if number % 3 == 2 else None
        settings = Settings(configs[number % len(configs)], size_usd, sizes)
        state = open_chunk(state, settings)
        traffic = Traffic(state, settings, random.Random(f"doge-parity market {seed} {number}"))
        for candle in candles[start : start + candles_per_case]:
            traffic.trade(candle, duration_sec)
        yield Case(
            name=f"market-{number}",
            state=spell_out(sm.to_dict(state)),
            config=spell_out(encode(settings.cfg)),
            order_size_usd=size_usd,
            order_sizes=sizes,
            events=tuple(traffic.events),
            metadata={"source": source, "seed": seed, "index": number, "candles": candles_per_case},
        )
        state = traffic.state


def market_cases(series: CandleSeries, *, seed: int = 0, windows_max: int | None = None) -> list[Case]:
    """Make the cases of a series of candles.

    `windows_max` limits the number of cases; they are spread evenly over all of them.
    """
    cases = list(chunked_cases(series.candles, source=series.source, seed=seed))
    return evenly(cases, windows_max)


def open_chunk(state: PairState, settings: Settings) -> PairState:
    """Do the runtime's work between two chunks: archive records, replace a missing entry and name orders."""
    state = replace(state, completed_cycles=state.completed_cycles[-CYCLES_KEPT:])
    on_book = {order.trade_id for order in state.orders}
    if "B" not in on_book:
        state, _ = sm.add_entry_order(state, settings.cfg, "buy", "B", state.cycle_b, settings.order_size_usd)
    if "A" not in on_book:
        state, _ = sm.add_entry_order(state, settings.cfg, "sell", "A", state.cycle_a, settings.order_size_usd)
    state = with_txids(state)
    for recovery in state.recovery_orders:
        state = sm.apply_recovery_txid(state, recovery.recovery_id, recovery.txid or f"RTX-{recovery.recovery_id}")
    return state


class Traffic:
    """The events of consecutive candles, and the state of the reference after them."""

    def __init__(self, state: PairState, settings: Settings, rng: random.Random) -> None:
        self.state = state
        self.settings = settings
        self.events: list[Json] = []
        self._rng = rng

    def emit(self, event: Event) -> None:
        """Add an event and step the reference."""
        self.events.append(tagged(event))
        self.state = self.settings.step(self.state, event)

    def trade(self, candle: Candle, duration_sec: float) -> None:
        """Emit the events of one candle."""
        self.emit(PriceTick(candle.open, candle.start_sec))
        for number, (price, target) in enumerate(pairwise(path_of(candle))):
            self.leg(candle, number, price, target, duration_sec / 4)
        self.end(candle, duration_sec / 4)

    def leg(self, candle: Candle, number: int, price: float, target: float, leg_sec: float) -> None:
        """Emit the events of one leg of a candle's path."""
        started = candle.start_sec + leg_sec * number
        self.follow(price, target, started, leg_sec)
        self.emit(PriceTick(target, started + leg_sec))
        # A second later, or earlier if the candle is so short that the next price comes before.
        self.emit(TimerTick(started + leg_sec + min(1.0, leg_sec / 2)))

    def end(self, candle: Candle, leg_sec: float) -> None:
        """Emit what happens at a candle's end."""
        if self.state.recovery_orders and self._rng.random() < CANCEL_SHARE:
            order = self._rng.choice(self.state.recovery_orders)
            self.emit(RecoveryCancelEvent(order.recovery_id, order.txid, candle.start_sec + leg_sec * 3.5))

    def follow(self, price: float, target: float, started: float, leg_sec: float) -> None:
        """Fill the orders that rest between `price` and `target`, in the order in which the price reaches them."""
        start = price
        for _ in range(FILLS_PER_LEG_MAX):
            order = next_hit([*self.state.orders, *self.state.recovery_orders], price, target)
            if order is None:
                return
            # A marketable order trades at once, at its own price; the path does not go back to that price.
            price = min(max(order.price, min(price, target)), max(price, target))
            way = abs(price - start) / abs(target - start) if target != start else 0.0
            self.emit(self.fill(order, started + leg_sec * way))

    def fill(self, order: OrderState | RecoveryOrder, at: float) -> Event:
        """Return the fill of a resting order at its price."""
        fee = order.price * order.volume * (self.settings.cfg.maker_fee_pct / 100.0)
        if isinstance(order, OrderState):
            return FillEvent(order.local_id, order.txid, order.side, order.price, order.volume, fee, at)
        return RecoveryFillEvent(order.recovery_id, order.txid, order.side, order.price, order.volume, fee, at)


def path_of(candle: Candle) -> list[float]:
    """The corners of a candle's path: open, low, high, close if it rose, and open, high, low, close if it fell."""
    rose = candle.close >= candle.open
    return [candle.open, *((candle.low, candle.high) if rose else (candle.high, candle.low)), candle.close]


def next_hit(orders: Sequence[OrderState | RecoveryOrder], price: float, target: float) -> OrderState | RecoveryOrder | None:
    """Return the order that the path from `price` to `target` reaches first; on a tie, the first in the list."""
    low, high = min(price, target), max(price, target)
    hit = [order for order in orders if (order.price >= low if order.side == "buy" else order.price <= high)]
    return min(hit, key=lambda order: abs(min(max(order.price, low), high) - price), default=None)
