"""The worlds, by name: each isolates a mechanism of the reducer (`generators.reducer.worlds` says what a world is)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from generators.reducer.worlds import (
    CANCEL,
    FILL,
    LOSS,
    RECOVERY_FILL,
    RECOVERY_LOSS,
    TICK,
    TIMER,
    UNKNOWN,
    World,
    bootstrapped,
)
from reducer.types import EngineConfig, OrderState, PairState, RecoveryOrder, Side, TradeId

# Refreshes are off where a world is not about them, losses change nothing, and a start waits for a second.
BASE = EngineConfig(
    entry_pct=25.0, profit_pct=25.0, refresh_pct=1000.0, min_volume=1.0, s1_orphan_after_sec=1.0, s2_orphan_after_sec=1.0,
    loss_backoff_start=1, backoff_factor=0.0, loss_cooldown_start=1, loss_cooldown_sec=0.0, refresh_cooldown_sec=1.0,
    max_consecutive_refreshes=1, max_recovery_slots=1,
)  # fmt: skip
NARROW = (1.0, 1.25)
TRADING = (TICK, TIMER, FILL, RECOVERY_FILL, CANCEL, UNKNOWN)
LOSING = (TICK, TIMER, FILL, LOSS)
REFRESHING = (TICK, TIMER)


def _exit(local_id: int, side: Side, trade_id: TradeId, price: float, entry_price: float, **fields: Any) -> OrderState:
    times: dict[str, Any] = {"placed_at": 1.0, "entry_filled_at": 1.0, **fields}
    return OrderState(local_id, side, "exit", price, 4.0, trade_id, 1, entry_price=entry_price, **times)


def _entry(local_id: int, side: Side, trade_id: TradeId, price: float, cycle: int = 1) -> OrderState:
    return OrderState(local_id, side, "entry", price, 4.0, trade_id, cycle, placed_at=1.0)


def _pair(*orders: OrderState, **fields: Any) -> PairState:
    given = {"market_price": 1.0, "now": 1.0, "profit_pct_runtime": 25.0, "next_order_id": 9, "next_recovery_id": 9, **fields}
    return PairState(orders=orders, **given)


S1B = (_exit(1, "sell", "B", 1.0, 0.75), _entry(2, "sell", "A", 1.25))
S1A = (_exit(1, "buy", "A", 1.0, 1.25), _entry(2, "buy", "B", 0.75))
S2 = (_exit(1, "sell", "B", 1.25, 1.0), _exit(2, "buy", "A", 0.75, 1.0))


def _of(name: str, why: str, cfg: EngineConfig = BASE, **fields: Any) -> World:
    given: dict[str, Any] = {"roots": (bootstrapped(cfg),), "prices": NARROW, "kinds": TRADING, **fields}
    return World(name=name, why=why, cfg=cfg, **given)


def _refreshing(name: str, why: str, **changes: Any) -> World:
    cfg = replace(BASE, **{"refresh_pct": 25.0, **changes})
    return _of(name, why, cfg, prices=(0.5, 0.75, 1.0, 1.25, 1.5, 2.5), kinds=REFRESHING)


REFRESHES = (
    _refreshing("refresh once", "The first refresh in a direction already begins a cooldown."),
    _refreshing("refresh twice", "Two refreshes in a direction, and the cooldown that follows.", max_consecutive_refreshes=2),
    replace(
        _refreshing("refresh three times", "Three refreshes in a direction.", max_consecutive_refreshes=3),
        prices=(0.5, 1.0, 1.5, 2.5),
    ),
    _refreshing("refresh never", "A limit of no refresh at all.", max_consecutive_refreshes=0),
    _refreshing("refresh without a cooldown", "A cooldown of no time begins and ends at once.", refresh_cooldown_sec=0.0),
    replace(
        _refreshing("refresh at time zero", "A cooldown that ends at zero is none.", refresh_cooldown_sec=0.0),
        roots=(bootstrapped(replace(BASE, refresh_pct=25.0), now=0.0),),
    ),
)  # fmt: skip

LOSSES = replace(BASE, backoff_factor=1.0, backoff_max_multiplier=2.0)
COOLING = replace(LOSSES, loss_cooldown_start=2, loss_cooldown_sec=1.0)
STEEP = replace(BASE, backoff_factor=4.0, backoff_max_multiplier=9.0)

# Exits without any time, and recoveries without a price, as old snapshots may have them.
UNTIMED = (
    _exit(1, "sell", "B", 1.25, 1.0, placed_at=0.0, entry_filled_at=0.0),
    _exit(1, "buy", "A", 1.0, 1.25, placed_at=0.0, entry_filled_at=0.0),
    _exit(1, "buy", "A", 1.0, 1.25, placed_at=1.0, entry_filled_at=0.0),
)
UNPRICED = tuple(
    RecoveryOrder(1, "sell", price, 4.0, "B", 1, entry, 0.5, txid=txid)
    for price, entry, txid in ((0.0, 0.75, ""), (0.0, 0.0, ""), (1.0, 0.75, "R1"))
)


def _recoveries(*given: tuple[int, float]) -> tuple[RecoveryOrder, ...]:
    """Recoveries that are equally far from any price, by their ids and times; none is like another."""
    return tuple(
        RecoveryOrder(ident, "sell", 1.0, 4.0, "B", 1, entry_price, orphaned_at)
        for (ident, orphaned_at), entry_price in zip(given, (0.75, 0.5), strict=True)
    )


# These take longest and begin first, so that no process is left alone with one.
LONGEST = (
    _of("losses", "Losses move the next entry away, and begin a cooldown.", COOLING, kinds=LOSING, large=True),
    _of("recovery slots", "A third recovery evicts the farthest of two.", replace(BASE, max_recovery_slots=2), large=True),
    _of(
        "S2 distances", "Exits at equal and at different distances, with a wait of two seconds.",
        replace(BASE, s2_orphan_after_sec=2.0), roots=(_pair(*S2),), large=True,
    ),
    _of(
        "txids", "Orders that the exchange has named, and others: a cancel needs a name.",
        roots=(_pair(replace(S1B[0], txid="T1"), S1B[1]), _pair(S2[0], replace(S2[1], txid="T2"), s2_entered_at=0.5)),
        large=True,
    ),
    _of("clock through zero", "Times before, at and after zero, which is no time.", roots=(bootstrapped(BASE, now=-2.0),)),
    _of(
        "cycle zero", "Cycles that begin at zero, which is a violation until they are counted up.",
        roots=(
            bootstrapped(BASE, cycle_a=0, cycle_b=0),
            *(_pair(_entry(1, "buy", "B", 0.75, cycle=each), cycle_b=0) for each in (0, 1)),
        ),
    ),
    _of(
        "filled in the future", "An exit whose entry is filled two seconds from now.",
        roots=(_pair(replace(S1B[0], entry_filled_at=3.0), S1B[1]),),
    ),
    _of("plain", "Round trips, orphans and recoveries with nothing in their way."),
    _of("no recovery slot", "A limit below one counts as one.", replace(BASE, max_recovery_slots=0)),
    _of("minimum cost", "Entries that cost less than the minimum.", replace(BASE, min_cost_usd=3.7), prices=(1.0, 2.5)),
)  # fmt: skip

WORLDS: tuple[World, ...] = (
    *LONGEST,
    _of("sound", "A sound start, whose invariants stay empty.", kinds=(*TRADING, LOSS), sound=True, prices=(1.0,)),
    _of("backed off below zero", "A distance beyond 100 % falls back to the usual one.", STEEP, kinds=LOSING, prices=(1.0,)),
    _of(
        "losing recoveries", "Recoveries that lose count as well.", COOLING, kinds=(TIMER, TICK, FILL, RECOVERY_LOSS),
        prices=(1.0,),
    ),
    _of("two slots", "As before, at one price.", replace(BASE, max_recovery_slots=2), prices=(1.0,)),
    *REFRESHES,
    _of("no market", "No prices and no distances; evictions at the order's own price.", prices=(0.0, 1.0)),
    _of("re-entry cooldown", "Each cycle keeps its trade out for a second.", replace(BASE, reentry_base_cooldown_sec=1.0)),
    _of(
        "end of a cooldown", "An entry follows from the very end of a cooldown on.",
        roots=tuple(
            _pair(orders[0], cooldown_until_a=until_a, cooldown_until_b=until_b)
            for until_a, until_b in ((2.0, 2.0), (2.0, 0.0), (0.0, 2.0), (0.0, 0.0)) for orders in (S1A, S1B)
        ),
        prices=(1.0,),
    ),
    _of(
        "sticky", "Sticky mode orphans nothing.", replace(BASE, sticky_mode_enabled=True),
        roots=(bootstrapped(BASE), _pair(*S2, s2_entered_at=1.0)),
    ),
    _of("long only", "Trade A is not entered.", roots=(bootstrapped(BASE, long_only=True), _pair(*S1A, long_only=True))),
    _of("short only", "Trade B is not entered.", roots=(bootstrapped(BASE, short_only=True), _pair(*S1B, short_only=True))),
    _of(
        "modes", "The same pairs with and without a mode that keeps a trade out.", prices=(1.0,),
        roots=(_pair(*S1A, long_only=True), _pair(*S1A), _pair(*S1B, short_only=True), _pair(*S1B)),
    ),
    _of(
        "profit at run time", "A profit of the pair's own, and that of the settings where it is zero.",
        replace(BASE, profit_pct=50.0), roots=tuple(bootstrapped(BASE, profit_pct_runtime=each) for each in (25.0, 0.0)),
        prices=(1.0,),
    ),
    _of(
        "fees and names", "The same orders without a fee or a name and with one.", replace(COOLING, max_recovery_slots=1),
        prices=(0.5, 1.0), kinds=LOSING,
        roots=tuple(
            _pair(replace(S1B[0], **each), recovery_orders=(replace(UNPRICED[2], **other),))
            for each in ({}, {"txid": "T1"}, {"entry_fee": 2.0}) for other in ({}, {"txid": ""}, {"entry_fee": 2.0})
        ),
    ),
    _of(
        "ages", "The same exit, filled or placed now, a second ago and at no time.", prices=(0.5,),
        roots=tuple(
            _pair(replace(S1B[0], entry_filled_at=filled_at, placed_at=placed_at), market_price=0.5, now=3.0)
            for filled_at, placed_at in ((3.0, 3.0), (2.0, 3.0), (0.0, 3.0), (0.0, 2.0), (0.0, 0.0))
        ),
    ),
    _of(
        "the oldest recovery", "Of recoveries equally far from the market the oldest goes, and then that with the lowest id.",
        replace(BASE, max_recovery_slots=2), prices=(0.5,),
        roots=tuple(
            _pair(S1B[0], market_price=0.5, now=3.0, recovery_orders=recoveries)
            for recoveries in (_recoveries((1, 1.0), (2, 2.0)), _recoveries((1, 2.0), (2, 1.0)),
                               _recoveries((1, 1.0), (2, 1.0)), _recoveries((2, 1.0), (1, 1.0)))
        ),
    ),
    _of("steep", "A buy entry at or below zero is none.", replace(BASE, entry_pct_b=100.0)),
    _of("one-sided S1", "An exit alone on the book.", roots=(_pair(S1A[0]), _pair(S1B[0]))),
    _of("minimum volume", "Entries whose volume is below the minimum at some prices.", replace(BASE, min_volume=4.0)),
    _of("sizes per trade", "A trade without a size has no entry.", order_sizes={"A": 0.0, "B": 4.0}),
    _of(
        "size below the minimum cost", "A trade whose size the exchange would refuse has no entry.",
        replace(BASE, min_cost_usd=3.0), order_sizes={"A": 2.0, "B": 4.0},
    ),
    _of("without times", "Exits that do not know when their entry was filled.", roots=tuple(_pair(each) for each in UNTIMED)),
    _of(
        "unsound", "Orders without a price of their entry or a volume, and times of S2 outside of it.",
        roots=(_pair(_exit(1, "sell", "B", 1.0, 0.0)), _pair(replace(S1A[0], volume=0.0), s2_entered_at=0.5)),
    ),
    _of(
        "eviction without a market", "Recoveries without a price are evicted where there is no market.",
        roots=tuple(_pair(S1B[0], market_price=0.0, recovery_orders=(each,)) for each in UNPRICED), prices=(0.0, 1.0),
    ),
)  # fmt: skip
