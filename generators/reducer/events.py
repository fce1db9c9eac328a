"""Ordinary events, decoded from integers and the state of the reference.

Since the decoder knows the state, fills name orders that exist, timers pass the age at which exits are orphaned, and prices
drift just far enough to refresh an entry.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from generators.dial import Dial, weighted
from generators.plain import INT64_MAX, INT64_MIN
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
    Side,
    TimerTick,
)

EventChoice = tuple[int, int, int]

TXIDS = ("", "OTX-1", "O2345-ABCDE-FGHIJ", "ünï-☃-🐕", "\x00\u2028", "e\u0301 q\u0323\u0307", "\ufb01\u212b")
FALLBACK_MARKET = 0.1
# Gaps in seconds: short ones, one by which the clock runs backwards, and one that stands for an infinite wait.
SHORT_GAPS_SEC, BACKWARDS_SEC, FOREVER_SEC = (1.0, 0.0, 0.5, 5.0, 12.25, 60.0), -7.0, 5000.0
# Gaps of the likelier kind are this many times as likely as the others.
LIKELIER = 3
# The number of durations after which something times out.
WAITS = 9
# Fills of an order's whole volume for each fill of another one.
WHOLE_FILLS, UNUSUAL_FILLS = 20, 4


def finite(value: float, fallback: float) -> float:
    """Return the value, or the fallback if it is not finite, which no event may carry."""
    return value if math.isfinite(value) else fallback


def decode_event(choice: EventChoice, state: PairState, cfg: EngineConfig) -> Event:
    """Decode an event from three integers: its type, its time and its fields. All zeros are a timer tick one second later."""
    what, when, how = choice
    # The same as `Dial(what).of(TABLE)`, without an object for a single question.
    make = TABLE[what % len(TABLE)]
    now = finite(state.now + _gap_sec(when, cfg, patient=make is timer_tick), state.now)
    return make(Dial(how), state, cfg, now)


def _gap_sec(when: int, cfg: EngineConfig, *, patient: bool) -> float:
    """Pick the seconds until the event. A patient one (a timer) mostly waits until something times out."""
    short, waits = len(SHORT_GAPS_SEC) * (1 if patient else LIKELIER), WAITS * (LIKELIER if patient else 1)
    picked = when % (short + waits + 1)
    if picked < short:
        return SHORT_GAPS_SEC[picked % len(SHORT_GAPS_SEC)]
    return finite(_waits_sec(cfg)[(picked - short) % WAITS], FOREVER_SEC) if picked < short + waits else BACKWARDS_SEC


def _waits_sec(cfg: EngineConfig) -> tuple[float, ...]:
    """Return the durations after which something times out, in seconds; there are `WAITS` of them."""
    ages = (cfg.s1_orphan_after_sec, cfg.s2_orphan_after_sec)
    cooldowns = (cfg.refresh_cooldown_sec, cfg.loss_cooldown_sec, cfg.reentry_base_cooldown_sec)
    return (*ages, *ages, ages[0] + 1.0, ages[1] + 0.001, *cooldowns)


def market_of(state: PairState) -> float:
    """Return the market price, or a fallback if there is none."""
    return state.market_price if state.market_price > 0 else FALLBACK_MARKET


def timer_tick(_dial: Dial, _state: PairState, _cfg: EngineConfig, now: float) -> Event:
    """Make a timer tick."""
    return TimerTick(now)


def _moved(dial: Dial, state: PairState, cfg: EngineConfig, pct: float) -> float:
    """Return the market price moved by `pct` percent, with the digits of an exchange, of a mean, or of a rounding tie."""
    price = market_of(state) * (1.0 + pct / 100.0)
    spelling = dial.pick(4)
    if spelling == 0:
        return finite(round(price, 6), price)
    if spelling == 1:
        return finite(price * (1.0 + dial.fraction() * 1e-4), price)
    decimals = min(max(cfg.price_decimals, 0), 12)
    if spelling == 2:
        return round(price, decimals) + 0.5 * 10.0**-decimals
    return price


def small_move(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """Make a move that mostly leaves entries where they are."""
    pct = dial.of((0.0, 0.01, -0.01, 0.1, -0.1, 0.25, -0.25))
    return PriceTick(_moved(dial, state, cfg, pct), now)


def to_an_order(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """Move the market exactly to an order's price, where `<` and `<=` differ."""
    if not state.orders:
        return small_move(dial, state, cfg, now)
    return PriceTick(dial.of(state.orders).price, now)


def drift(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """Make a move that makes an entry stale."""
    pct = min(max(finite(cfg.refresh_pct, 1.0), 0.05), 5.0) * dial.of((1.3, -1.3, 1.01, -1.01, 2.0, -2.0))
    return PriceTick(_moved(dial, state, cfg, pct), now)


def jump(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """Make a move that leaves exits far from the market."""
    pct = dial.of((5.0, -5.0, 20.0, -20.0, 100.0, -50.0))
    return PriceTick(_moved(dial, state, cfg, pct), now)


def left_behind(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """Tick when the first exit is old enough to be orphaned if the market has left it; otherwise move the market away."""
    exits = [order for order in state.orders if order.role == "exit"]
    if not exits or not math.isfinite(cfg.s1_orphan_after_sec):
        return fill_entry(dial, state, cfg, now)
    order = exits[0]
    moved = state.market_price < order.price if order.side == "sell" else state.market_price > order.price
    if not moved:
        return PriceTick(_moved(dial, state, cfg, -3.0 if order.side == "sell" else 3.0), now)
    return TimerTick(max(now, finite(order.entry_filled_at + cfg.s1_orphan_after_sec, now)))


def lost_market(dial: Dial, _state: PairState, _cfg: EngineConfig, now: float) -> Event:
    """Make a price tick at zero or below, which means that there is no market."""
    return PriceTick(dial.of((0.0, -0.0, -0.1)), now)


def _fee(dial: Dial, cfg: EngineConfig, cost: float) -> float:
    maker = finite(cost * (finite(cfg.maker_fee_pct, 0.25) / 100.0), 0.0)
    return dial.of((maker, maker, maker, 0.0, 0.01, -0.001))


def _fill(dial: Dial, order: OrderState, cfg: EngineConfig, price: float, now: float) -> Event:
    volume, picked = order.volume, dial.pick(WHOLE_FILLS + UNUSUAL_FILLS)
    if picked >= WHOLE_FILLS:
        volume = (volume / 2, volume / 3, volume * 1.000001, 0.0)[picked - WHOLE_FILLS]
    volume = finite(volume, 20.0)
    fee = _fee(dial, cfg, price * volume)
    return FillEvent(order.local_id, dial.of(TXIDS), order.side, price, volume, fee, now)


def fill(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """Fill an order on the book, at its price or near it."""
    if not state.orders:
        return small_move(dial, state, cfg, now)
    order = dial.of(state.orders)
    price = dial.of((order.price, order.price, order.price * 0.9995, order.price * 1.0005, state.market_price))
    return _fill(dial, order, cfg, finite(price, order.price), now)


def fill_entry(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """Fill an entry; once both are filled, the pair enters S2."""
    entries = [order for order in state.orders if order.role == "entry"]
    if not entries:
        return fill(dial, state, cfg, now)
    order = dial.of(entries)
    return _fill(dial, order, cfg, order.price, now)


def _losing_price(dial: Dial, trade_id: str, entry_price: float) -> float:
    worse = dial.of((1.01, 1.05, 1.5))
    return finite(entry_price * worse if trade_id == "A" else entry_price / worse, 0.1)


def fill_at_a_loss(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """Fill an exit at a loss, so that consecutive losses add up."""
    exits = [order for order in state.orders if order.role == "exit"]
    if not exits:
        return fill_entry(dial, state, cfg, now)
    order = dial.of(exits)
    return _fill(dial, order, cfg, _losing_price(dial, order.trade_id, order.entry_price), now)


def _fill_recovery(dial: Dial, order: RecoveryOrder, cfg: EngineConfig, price: float, now: float) -> Event:
    fee = _fee(dial, cfg, price * order.volume)
    return RecoveryFillEvent(order.recovery_id, dial.of(TXIDS), order.side, price, order.volume, fee, now)


def recovery_fill(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """Fill a recovery order, at its price or at a loss."""
    if not state.recovery_orders:
        return fill(dial, state, cfg, now)
    order = dial.of(state.recovery_orders)
    losing = dial.flag(3)
    price = _losing_price(dial, order.trade_id, order.entry_price) if losing else order.price
    return _fill_recovery(dial, order, cfg, price, now)


def recovery_cancel(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """Cancel a recovery order."""
    if not state.recovery_orders:
        return fill_entry(dial, state, cfg, now)
    order = dial.of(state.recovery_orders)
    return RecoveryCancelEvent(order.recovery_id, order.txid, now)


def unknown_id(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """Fill or cancel an order that is not there: already gone, never known, or of the other kind."""
    wrong_id = dial.of((999, 0, -1, state.next_order_id, state.next_recovery_id, INT64_MAX, INT64_MIN))
    side: Side = dial.of(("buy", "sell"))
    kind = dial.pick(3)
    if kind == 0:
        return FillEvent(wrong_id, "", side, market_of(state), 20.0, 0.005, now)
    if kind == 1:
        return RecoveryFillEvent(wrong_id, "", side, market_of(state), 20.0, 0.005, now)
    return RecoveryCancelEvent(wrong_id, "", now)


Maker = Callable[[Dial, PairState, EngineConfig, float], Event]

TABLE: tuple[Maker, ...] = weighted(
    (timer_tick, 15),
    (small_move, 6),
    (fill, 10),
    (fill_entry, 10),
    (drift, 8),
    (jump, 6),
    (fill_at_a_loss, 6),
    (recovery_fill, 4),
    (recovery_cancel, 2),
    (left_behind, 8),
    (unknown_id, 2),
    (lost_market, 1),
    (to_an_order, 3),
)
