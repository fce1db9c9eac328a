"""The order in which formulas are evaluated: values for which every other order gives other bits.

In exact arithmetic `pct / 100 * mult` equals `(pct * mult) / 100`; in doubles it sometimes differs. A program searched for
these values: each distinguishes the formula as written from all the ways in which a port might write it, which
`tests/unit/test_evaluation_order.py` lists. With 17 price decimals, rounding hides no difference.
"""

from __future__ import annotations

from typing import Any

from golden.reducer.cases.build import NOW, called, fill, in_s1b, order, pair, recovery, replayed, state, tick, timer, wire
from golden.reducer.corpus import Call, Definition

ALL_DIGITS = {"price_decimals": 17, "volume_decimals": 0, "min_volume": 0.0}


def _entries(market: float, losses: int, **config: Any) -> Call:
    """Return a call that computes the prices of both entries."""
    at = state(market_price=market, consecutive_losses_a=losses, consecutive_losses_b=losses)
    config = {**ALL_DIGITS, "loss_backoff_start": 3, **config}
    return wire("bootstrap_orders", state=at, config=config, order_size_usd=20.0)


def _exit(entry: int, price: float, market: float, *, entry_pct: float, runtime_pct: float = 0.0, pct: float = 1.0) -> Call:
    """Return a call that fills an entry (1 is the buy, 2 the sell) at a price, which places its exit."""
    at = pair(market_price=market, profit_pct_runtime=runtime_pct)
    config = {**ALL_DIGITS, "entry_pct": entry_pct, "profit_pct": pct}
    return wire("transition", state=at, event=fill(entry, price), config=config, order_size_usd=20.0)


def _volume(price: float, size: float, **config: Any) -> Call:
    config = {"min_volume": 0.0, **config}
    return wire("compute_order_volume", price=price, order_size_usd=size, config=config)


DEFINITIONS: tuple[Definition, ...] = (
    called(
        "order_of_entry_price", "market * (1 - (pct * mult) / 100), and the same with plus.",
        _entries(0.286881, 4, entry_pct=2.06, backoff_factor=0.21), _entries(0.371717, 4, entry_pct=2.04, backoff_factor=0.7),
        _entries(0.286881, 4, entry_pct_a=2.06, entry_pct_b=2.04, backoff_factor=0.21),
    ),
    called(
        "order_of_backoff", "1.0 + factor * (n - start + 1), the bracket in whole numbers.",
        _entries(0.326358, 7, entry_pct=17.86, backoff_factor=0.84), _entries(0.350688, 12, entry_pct=4.85, backoff_factor=0.48,
        backoff_max_multiplier=9.0),
    ),
    called(
        "order_of_entry_fallback", "Where back-off leads below zero: p = pct / 100, market * (1 - p), and the same with plus.",
        _entries(0.147447, 4, entry_pct=26.67, backoff_factor=2.0), _entries(0.147447, 4, entry_pct=-26.67, backoff_factor=2.0),
    ),
    called(
        "order_of_exit_price", "fill * (1 + p) and market * (1 + e) for a sell, with minus for a buy.",
        _exit(1, 0.294726, 0.1, entry_pct=0.2, runtime_pct=52.96), _exit(1, 0.294726, 0.1, entry_pct=0.2, pct=52.96),
        _exit(1, 0.01, 0.294726, entry_pct=52.96, runtime_pct=1.0),
        _exit(2, 0.147447, 1.0, entry_pct=0.2, runtime_pct=26.67), _exit(2, 0.147447, 1.0, entry_pct=0.2, pct=26.67),
        _exit(2, 10.0, 0.147447, entry_pct=26.67, runtime_pct=1.0),
    ),
    called(
        "order_of_volume", "size / price, not size times the reciprocal; volume * price against the minimum cost.",
        _volume(0.222001, 6.23, volume_decimals=12), _volume(0.149134, 4.24, volume_decimals=4, min_cost_usd=4.2399989272),
    ),
    replayed(
        "order_of_eviction_fee", "fill * volume * (pct / 100).",
        in_s1b(orders=[order(3, "sell", "exit", "B", 0.5)], market_price=0.334431,
               recoveries=[recovery(1, "B", 0.6, volume=30.0, entry_fee=0.0)]),
        timer(NOW + 2000.0), max_recovery_slots=1, maker_fee_pct=0.33,
    ),
    replayed(
        "order_of_booking", "(entry - fill) * volume - (entry fee + exit fee).",
        state(orders=[order(4, "buy", "exit", "A", 0.31, entry_price=0.285432, volume=71.0, entry_fee=0.00349)]),
        fill(4, 0.317803, fee=0.00497),
    ),
    *(
        replayed(
            f"order_of_drift_{number}", "abs(price - market) / market * 100, and a distance between it and another way.",
            state(orders=[order(1, "buy", "entry", "B", price)]), tick(market), refresh_pct=refresh_pct,
        )
        for number, (price, market, refresh_pct) in enumerate((
            (0.099444, 0.099708, 0.2647731375616804), (0.096045, 0.092865, 3.424325633984819),
            (0.105978, 0.091853, 15.377831970648751),
        ))
    ),
)  # fmt: skip
