"""Load on the adapter, as a bot makes it: paced events, new settings for every call, each result held against the reference."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator

import doge_core
import state_machine as sm
from reducer.types import replace

# As a bot at a busy time.
EVENTS_PER_SEC = 200.0
SIZE_USD = 2.0
SEED = 20260216


class Load(threading.Thread):
    """Makes calls until it is stopped. `calls` and the other counts are of the step that `begin` began."""

    def __init__(self) -> None:
        super().__init__(name="load of a drill", daemon=True)
        self.errors: list[str] = []
        self._ending = False
        self._known: sm.PairState | None = None
        self.begin()

    def begin(self) -> None:
        """Begin to count anew."""
        self.calls = self.lost = self.doubled = self.unequal = 0
        self.slowest_sec = 0.0
        self.begun_at = self.done_at = 0.0

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
        self.begun_at = began = time.monotonic()
        try:
            got = doge_core.transition(held, event, sm.EngineConfig(price_decimals=5), SIZE_USD)
        except Exception as error:
            self.lost += 1
            self.errors.append(repr(error))
        else:
            if repr(got) != repr(expected):
                twice = sm.transition(expected[0], event, sm.EngineConfig(price_decimals=5), SIZE_USD)
                self.doubled += repr(got) == repr(twice)
                self.unequal += repr(got) != repr(twice)
        self.done_at = time.monotonic()
        self.slowest_sec = max(self.slowest_sec, self.done_at - began)
        self.calls += 1
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
