"""Load on the adapter, as a bot makes it: paced events, new settings for every call, each result held against the reference."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import doge_core
import state_machine as sm
from reducer.types import replace

# As a bot at a busy time.
EVENTS_PER_SEC = 200.0
SIZE_USD = 2.0
SEED = 20260216


@dataclass
class Counts:
    """What calls met that began in one part of a drill; `slowest_sec` is in seconds."""

    calls: int = 0
    lost: int = 0
    doubled: int = 0
    unequal: int = 0
    slowest_sec: float = 0.0

    def __add__(self, other: Counts) -> Counts:
        """Both parts as one."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in ("calls", "lost", "doubled", "unequal")}
        return Counts(**sums, slowest_sec=max(self.slowest_sec, other.slowest_sec))


class Load(threading.Thread):
    """Makes calls until it is stopped. A call belongs to the counts in which it began, however late its answer is."""

    def __init__(self) -> None:
        super().__init__(name="load of a drill", daemon=True)
        self.errors: list[str] = []
        self.counts = Counts()
        self.begun_at = self.done_at = 0.0
        self._ending = False
        self._known: sm.PairState | None = None
        self._beginning = threading.Lock()

    @contextmanager
    def between_calls(self) -> Iterator[Counts]:
        """Begin to count anew, and let no call begin within the block; one that was begun goes on. Yields the earlier counts.

        What is switched in the block answers every call of the new counts, and none of the earlier ones that began before it.
        """
        with self._beginning:
            earlier, self.counts = self.counts, Counts()
            yield earlier

    def run(self) -> None:
        """Call, compare, wait for the next event's time."""
        cfg = sm.EngineConfig(price_decimals=5)
        held, _, orders = sm.bootstrap_orders(sm.PairState(market_price=0.1, now=0.0), cfg, SIZE_USD)
        held = replace(held, orders=orders)
        due = time.monotonic()
        for event in self._events():
            if self._ending:
                return
            held = self._step(held, event)
            due = max(due + 1.0 / EVENTS_PER_SEC, time.monotonic() - 1.0)
            time.sleep(max(0.0, due - time.monotonic()))

    def _events(self) -> Iterator[sm.Event]:
        rng, now, price = random.Random(SEED), 0.0, 0.1
        while True:
            now += rng.choice([1.0, 30.0, 600.0, 2000.0])
            price = min(10.0, max(0.001, price * (1.0 + rng.gauss(0.0, 0.004))))
            if rng.random() < 0.5 or self._known is None or not self._known.orders:
                yield sm.PriceTick(price, now) if rng.random() < 0.7 else sm.TimerTick(now)
            else:
                order = rng.choice(self._known.orders)
                fee = order.price * order.volume * 0.0025
                yield sm.FillEvent(order.local_id, "tx", order.side, order.price, order.volume, fee, now)

    def _step(self, held: sm.PairState, event: sm.Event) -> sm.PairState:
        expected = sm.transition(held, event, sm.EngineConfig(price_decimals=5), SIZE_USD)
        with self._beginning:
            counts = self.counts
            self.begun_at = began = time.monotonic()
        try:
            got = doge_core.transition(held, event, sm.EngineConfig(price_decimals=5), SIZE_USD)
        except Exception as error:
            counts.lost += 1
            self.errors.append(repr(error))
        else:
            if repr(got) != repr(expected):
                twice = sm.transition(expected[0], event, sm.EngineConfig(price_decimals=5), SIZE_USD)
                counts.doubled += repr(got) == repr(twice)
                counts.unequal += repr(got) != repr(twice)
        done = time.monotonic()
        counts.slowest_sec = max(counts.slowest_sec, done - began)
        counts.calls += 1
        # Last, so that whoever waits for it finds the call counted.
        self.done_at = done
        self._known = expected[0]
        return expected[0]

    def next_answer(self, after: float, timeout_sec: float) -> float | None:
        """Wait for the first call that began after a moment to be answered; return when that was, None if none was in time."""
        give_up = time.monotonic() + timeout_sec
        while time.monotonic() < give_up:
            began, done = self.begun_at, self.done_at
            if began >= after and done >= began:
                return done
            time.sleep(0.0005)
        return None

    def stop(self) -> None:
        """End it, with the call that is going on."""
        self._ending = True
        self.join(60.0)
