"""Closed worlds of the reducer: few prices, whole timeouts, so that the states which any events can lead to are finitely many.

Numbers are dyadic: distances of 25 %, prices that are sums of quarters, timeouts of whole seconds. So every equality occurs
exactly: a drift that is the limit, a market that is an order's price, equal distances in S2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import state_machine as sm
from generators.plain import Json, spell_out
from generators.reducer.stepping import Settings
from reducer.domain import mark_checked
from reducer.pricing import entry_backoff_multiplier
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

TICK, TIMER, FILL, LOSS, RECOVERY_FILL, RECOVERY_LOSS, CANCEL, UNKNOWN = (
    "tick", "timer", "fill", "fill at a loss", "recovery fill", "recovery fill at a loss", "cancel", "unknown id",
)  # fmt: skip
KINDS = (TICK, TIMER, FILL, LOSS, RECOVERY_FILL, RECOVERY_LOSS, CANCEL, UNKNOWN)
# No order ever has this id.
NO_ID = 0
# A loss is a fill at this many times the entry's price, or at its inverse: still dyadic.
LOSING = 2.0


@dataclass(frozen=True)
class Limits:
    """Beyond these, more makes no difference: seconds of waiting, losses and refreshes in a row."""

    timeout_sec: float
    losses: int
    refreshes: int


@dataclass(frozen=True, kw_only=True)
class World:
    """A mechanism of the reducer, isolated. Prices in USD, gaps in seconds.

    `sound` worlds begin sound, and no cooldown, size or mode takes an entry from them: `check_invariants` must stay empty.
    `large` ones have more than 10,000 states.
    """

    name: str
    why: str
    cfg: EngineConfig
    roots: tuple[PairState, ...]
    prices: tuple[float, ...]
    gaps_sec: tuple[float, ...] = (1.0,)
    kinds: tuple[str, ...] = KINDS
    order_size_usd: float = 4.0
    order_sizes: Mapping[str, float] | None = None
    sound: bool = False
    large: bool = False

    def __post_init__(self) -> None:
        """Refuse what the view could not merge. Raises `ValueError`."""
        durations = (
            *self.gaps_sec, self.cfg.s1_orphan_after_sec, self.cfg.s2_orphan_after_sec, self.cfg.loss_cooldown_sec,
            self.cfg.reentry_base_cooldown_sec, self.cfg.refresh_cooldown_sec,
        )  # fmt: skip
        if min(durations) < 0:
            raise ValueError(f"world {self.name}: a duration is negative, and a clock that runs backwards is never at an end")

    @cached_property
    def settings(self) -> Settings:
        """What its steps share."""
        return Settings(mark_checked(self.cfg), self.order_size_usd, self.order_sizes)

    @cached_property
    def given(self) -> Json:
        """The same as a case gives it."""
        given: Json = spell_out(
            {"config": encode(self.cfg), "order_size_usd": self.order_size_usd, "order_sizes": self.order_sizes}
        )
        return given

    @cached_property
    def limits(self) -> Limits:
        """Where more makes no difference."""
        cfg = self.cfg
        losses = max(cfg.loss_backoff_start, 0)
        while entry_backoff_multiplier(losses, cfg) != entry_backoff_multiplier(losses + 1, cfg):
            losses += 1
        timeout_sec = max(cfg.s1_orphan_after_sec, cfg.s2_orphan_after_sec)
        return Limits(timeout_sec, max(cfg.loss_cooldown_start, losses), cfg.max_consecutive_refreshes)


def alphabet(world: World, state: PairState) -> Iterator[Event]:
    """Yield the events that a world can meet in a state, in a fixed order, the simplest first."""
    now, kinds = state.now, world.kinds
    if TICK in kinds:
        yield from (PriceTick(price, now) for price in world.prices)
    if TIMER in kinds:
        yield from (TimerTick(now + gap) for gap in world.gaps_sec)
    for order in state.orders:
        if FILL in kinds:
            yield _fill(order, order.price, now)
        if LOSS in kinds and order.role == "exit":
            yield _fill(order, _losing(order), now)
    for recovery in state.recovery_orders:
        yield from _of_recovery(kinds, recovery, now)
    if UNKNOWN in kinds:
        yield FillEvent(NO_ID, "", "buy", 1.0, 1.0, 0.0, now)
        yield RecoveryFillEvent(NO_ID, "", "sell", 1.0, 1.0, 0.0, now)
        yield RecoveryCancelEvent(NO_ID, "", now)


def _of_recovery(kinds: Sequence[str], recovery: RecoveryOrder, now: float) -> Iterator[Event]:
    if RECOVERY_FILL in kinds:
        yield _recovery_fill(recovery, recovery.price, now)
    if RECOVERY_LOSS in kinds:
        yield _recovery_fill(recovery, _losing(recovery), now)
    if CANCEL in kinds:
        yield RecoveryCancelEvent(recovery.recovery_id, recovery.txid, now)


def _fill(order: OrderState, price: float, now: float) -> Event:
    return FillEvent(order.local_id, order.txid, order.side, price, order.volume, 0.0, now)


def _recovery_fill(order: RecoveryOrder, price: float, now: float) -> Event:
    return RecoveryFillEvent(order.recovery_id, order.txid, order.side, price, order.volume, 0.0, now)


def _losing(order: OrderState | RecoveryOrder) -> float:
    """Return a price at which the cycle of an exit is booked at a loss: trade A buys back, trade B sells."""
    return order.entry_price * LOSING if order.trade_id == "A" else order.entry_price / LOSING


def bootstrapped(cfg: EngineConfig, market: float = 1.0, now: float = 1.0, **fields: object) -> PairState:
    """Return a pair with both entries on the book."""
    state = PairState(market_price=market, now=now, profit_pct_runtime=25.0)
    state, _, orders = sm.bootstrap_orders(state, cfg, 4.0)
    return sm.from_dict({**sm.to_dict(state), "orders": [vars(order) for order in orders], **fields})
