"""Ordinary events, decoded from integers with an eye on the book.

The decoder sees the state that the reference is in, so that fills meet orders that exist, timers pass the age at which exits
are orphaned, and prices drift just far enough to refresh an entry.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from generators.dial import Dial
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


def finite(value: float, fallback: float) -> float:
    """The value, or the fallback where no event may carry it."""
    return value if math.isfinite(value) else fallback


def decode_event(choice: EventChoice, state: PairState, cfg: EngineConfig) -> Event:
    """One event from three integers: what happens, when, and how. All zeros: a timer tick one second later."""
    what, when, how = choice
    make = Dial(what).of(TABLE)
    now = finite(state.now + _gap_sec(Dial(when), cfg, patient=make is timer_tick), state.now)
    return make(Dial(how), state, cfg, now)


def _gap_sec(dial: Dial, cfg: EngineConfig, *, patient: bool) -> float:
    """Seconds until the event. A patient one (a timer) more often waits until something times out."""
    ages = (cfg.s1_orphan_after_sec, cfg.s2_orphan_after_sec)
    cooldowns = (cfg.refresh_cooldown_sec, cfg.loss_cooldown_sec, cfg.reentry_base_cooldown_sec)
    short = (1.0, 0.0, 0.5, 5.0, 12.25, 60.0)
    waits = (*ages, *ages, ages[0] + 1.0, ages[1] + 0.001, *cooldowns)
    options = (*short, *waits, *waits, *waits, -7.0) if patient else (*short, *short, *short, *waits, -7.0)
    gap = dial.of(options)
    return gap if math.isfinite(gap) else 5000.0


def market_of(state: PairState) -> float:
    """The market price, or one to go on from where there is none."""
    return state.market_price if state.market_price > 0 else FALLBACK_MARKET


def timer_tick(_dial: Dial, _state: PairState, _cfg: EngineConfig, now: float) -> Event:
    """Time passes."""
    return TimerTick(now)


def _moved(dial: Dial, state: PairState, cfg: EngineConfig, pct: float) -> float:
    """The market moved by `pct` percent, with the digits of an exchange, of a mean price, or of a rounding tie."""
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
    """A move that leaves entries where they are, mostly."""
    pct = dial.of((0.0, 0.01, -0.01, 0.1, -0.1, 0.25, -0.25))
    return PriceTick(_moved(dial, state, cfg, pct), now)


def to_an_order(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """The market comes just to where an order stands: there, a limit with and one without equality part."""
    if not state.orders:
        return small_move(dial, state, cfg, now)
    return PriceTick(dial.of(state.orders).price, now)


def drift(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """A move that makes an entry stale."""
    pct = min(max(finite(cfg.refresh_pct, 1.0), 0.05), 5.0) * dial.of((1.3, -1.3, 1.01, -1.01, 2.0, -2.0))
    return PriceTick(_moved(dial, state, cfg, pct), now)


def jump(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """A move that leaves exits behind."""
    pct = dial.of((5.0, -5.0, 20.0, -20.0, 100.0, -50.0))
    return PriceTick(_moved(dial, state, cfg, pct), now)


def left_behind(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """The moment at which the first exit has waited long enough, if the market has left it; else the market leaves it."""
    exits = [order for order in state.orders if order.role == "exit"]
    if not exits or not math.isfinite(cfg.s1_orphan_after_sec):
        return fill_entry(dial, state, cfg, now)
    order = exits[0]
    moved = state.market_price < order.price if order.side == "sell" else state.market_price > order.price
    if not moved:
        return PriceTick(_moved(dial, state, cfg, -3.0 if order.side == "sell" else 3.0), now)
    return TimerTick(max(now, finite(order.entry_filled_at + cfg.s1_orphan_after_sec, now)))


def lost_market(dial: Dial, _state: PairState, _cfg: EngineConfig, now: float) -> Event:
    """No market: a price of nothing, or less."""
    return PriceTick(dial.of((0.0, -0.0, -0.1)), now)


def _fee(dial: Dial, cfg: EngineConfig, cost: float) -> float:
    maker = finite(cost * (finite(cfg.maker_fee_pct, 0.25) / 100.0), 0.0)
    return dial.of((maker, maker, maker, 0.0, 0.01, -0.001))


def _fill(dial: Dial, order: OrderState, cfg: EngineConfig, price: float, now: float) -> Event:
    volume = dial.of((*[order.volume] * 20, order.volume / 2, order.volume / 3, order.volume * 1.000001, 0.0))
    volume = finite(volume, 20.0)
    fee = _fee(dial, cfg, price * volume)
    return FillEvent(order.local_id, dial.of(TXIDS), order.side, price, volume, fee, now)


def fill(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """An order on the book is filled, at its price or near it."""
    if not state.orders:
        return small_move(dial, state, cfg, now)
    order = dial.of(state.orders)
    price = dial.of((order.price, order.price, order.price * 0.9995, order.price * 1.0005, state.market_price))
    return _fill(dial, order, cfg, finite(price, order.price), now)


def fill_entry(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """An entry is filled; with two of them the pair walks into S2."""
    entries = [order for order in state.orders if order.role == "entry"]
    if not entries:
        return fill(dial, state, cfg, now)
    order = dial.of(entries)
    return _fill(dial, order, cfg, order.price, now)


def _losing_price(dial: Dial, trade_id: str, entry_price: float) -> float:
    worse = dial.of((1.01, 1.05, 1.5))
    return finite(entry_price * worse if trade_id == "A" else entry_price / worse, 0.1)


def fill_at_a_loss(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """An exit is filled beyond its entry's price, so that losses in a row add up."""
    exits = [order for order in state.orders if order.role == "exit"]
    if not exits:
        return fill_entry(dial, state, cfg, now)
    order = dial.of(exits)
    return _fill(dial, order, cfg, _losing_price(dial, order.trade_id, order.entry_price), now)


def _fill_recovery(dial: Dial, order: RecoveryOrder, cfg: EngineConfig, price: float, now: float) -> Event:
    fee = _fee(dial, cfg, price * order.volume)
    return RecoveryFillEvent(order.recovery_id, dial.of(TXIDS), order.side, price, order.volume, fee, now)


def recovery_fill(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """A recovery order is filled after all, at its price or at a loss."""
    if not state.recovery_orders:
        return fill(dial, state, cfg, now)
    order = dial.of(state.recovery_orders)
    losing = dial.flag(3)
    price = _losing_price(dial, order.trade_id, order.entry_price) if losing else order.price
    return _fill_recovery(dial, order, cfg, price, now)


def recovery_cancel(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """A recovery order is cancelled."""
    if not state.recovery_orders:
        return fill_entry(dial, state, cfg, now)
    order = dial.of(state.recovery_orders)
    return RecoveryCancelEvent(order.recovery_id, order.txid, now)


def unknown_id(dial: Dial, state: PairState, cfg: EngineConfig, now: float) -> Event:
    """Something happens to an order that is not there: already gone, never known, or of the other kind."""
    wrong_id = dial.of((999, 0, -1, state.next_order_id, state.next_recovery_id, 2**63 - 1, -(2**63)))
    side: Side = dial.of(("buy", "sell"))
    kind = dial.pick(3)
    if kind == 0:
        return FillEvent(wrong_id, "", side, market_of(state), 20.0, 0.005, now)
    if kind == 1:
        return RecoveryFillEvent(wrong_id, "", side, market_of(state), 20.0, 0.005, now)
    return RecoveryCancelEvent(wrong_id, "", now)


Maker = Callable[[Dial, PairState, EngineConfig, float], Event]

_WEIGHTS: tuple[tuple[Maker, int], ...] = (
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
TABLE: tuple[Maker, ...] = tuple(make for make, weight in _WEIGHTS for _ in range(weight))
