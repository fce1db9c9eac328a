"""A small market for the adapter's tests: enough fills, timeouts and refreshes to move every part of the state."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import state_machine as sm
from doge_core.backend import Haskell
from doge_core.client import Server
from generators.reducer.patches import patched
from reducer.types import replace

CONFIG = sm.EngineConfig(price_decimals=5)
SIZE_USD = 2.0


def start() -> sm.PairState:
    """A pair with both entries on its book."""
    state, _, orders = sm.bootstrap_orders(sm.PairState(market_price=0.1, now=0.0), CONFIG, SIZE_USD)
    return replace(state, orders=orders)


def opened(haskell: Haskell) -> int:
    """How many sessions a backend has opened: one that was lost is opened again."""
    count: int = haskell.status()["sessions"]["opened"]
    return count


def spoil_replays(monkeypatch: pytest.MonkeyPatch, spoil: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Let every server answer something else to a request with several events."""
    request = Server.request

    def spoiling(server: Server, line: bytes) -> bytes:
        answer = request(server, line)
        return json.dumps(spoil(json.loads(answer))).encode() if b'"events"' in line else answer

    monkeypatch.setattr(Server, "request", spoiling)


def drive(haskell: Haskell, steps: int, seed: int = 1, *, bot: bool = False) -> None:
    """Hold a backend against the reference. A bot changes its state before some steps, and has new settings for each."""
    held = start()
    for step, (_, event, after, actions) in enumerate(walk(seed, steps, bot=bot)):
        given = patched(held, step) if bot else held
        held, got = haskell.transition(given, event, replace(CONFIG) if bot else CONFIG, SIZE_USD)
        assert (repr(held), repr(got)) == (repr(after), repr(actions))
        assert haskell.check_invariants(held) == sm.check_invariants(after)


def drive_in_threads(haskell: Haskell, steps: int, threads: int = 6) -> None:
    """Drive a backend by several threads at once, every second one as a bot; raises what the first one that fails raised."""
    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(drive, haskell, steps, seed, bot=seed % 2 == 1) for seed in range(threads)]
    for each in running:
        each.result()


def drive_in_a_child(haskell: Haskell, steps: int, seed: int, *, starts: int) -> int:
    """Fork a child that drives the backend as a bot, and return its process id.

    Its exit code is 0 if nothing fell back, and so many servers were started by then, those of the parent among them.
    """
    child = os.fork()
    if child == 0:
        code = 1
        try:
            drive(haskell, steps, seed, bot=True)
            status = haskell.status()
            code = 0 if status["server_starts"] == starts and not status["fallbacks"] else 3
            haskell.close()
        finally:
            os._exit(code)
    return child


def walk(seed: int, steps: int, *, bot: bool = False) -> Iterator[tuple[sm.PairState, sm.Event, sm.PairState, list[sm.Action]]]:
    """States, events, and what the reference makes of them; a bot changes its state before some of the events."""
    rng = random.Random(seed)
    state, now, price = start(), 0.0, 0.1
    for step in range(steps):
        state = patched(state, step) if bot else state
        now += rng.choice([1.0, 30.0, 600.0, 2000.0])
        price *= 1 + rng.gauss(0, 0.004)
        event = _event(rng, state, price, now)
        after, actions = sm.transition(state, event, CONFIG, SIZE_USD)
        yield state, event, after, actions
        state = after


def _event(rng: random.Random, state: sm.PairState, price: float, now: float) -> sm.Event:
    draw = rng.random()
    if draw < 0.5:
        return sm.PriceTick(price, now)
    if draw < 0.8 and state.orders:
        order = rng.choice(state.orders)
        fee = order.price * order.volume * 0.0025
        return sm.FillEvent(order.local_id, "tx", order.side, order.price, order.volume, fee, now)
    if draw < 0.9 and state.recovery_orders:
        lost = rng.choice(state.recovery_orders)
        return sm.RecoveryFillEvent(lost.recovery_id, "tx", lost.side, lost.price, lost.volume, 0.005, now)
    return sm.TimerTick(now)
