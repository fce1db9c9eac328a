"""A back-test from end to end: `taskset -c 1 python -m tests.bench.backtest [CANDLES] [ROUNDS]`.

Goes over a file of candles, or the shipped ones, as a back-test's own loop does: a price and a timer a candle, a fill for each
order that the candle reached. Prints the time of the whole loop on each Haskell backend as a share of that on Python, medians
of the rounds, all in turns in each: `plain` as it stands, `txid` with an id given to each order that is placed, `bot` with new
equal settings for every call besides.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import state_machine as sm
from doge_core.backend import Haskell
from doge_core.settings import Settings
from generators.candles.read import read_candles, sample_candles
from generators.candles.series import Candle
from reducer.types import replace

CONFIG, SIZE_USD = sm.EngineConfig(price_decimals=5), 20.0
WAYS = ("plain", "txid", "bot")
ROUNDS = 7

Transition = Callable[..., tuple[sm.PairState, list[sm.Action]]]


def quotes(candle: Candle, _state: sm.PairState) -> list[sm.Event]:
    """The price and the timer of a candle."""
    return [sm.PriceTick(candle.close, candle.start_sec), sm.TimerTick(candle.start_sec)]


def fills(candle: Candle, state: sm.PairState) -> list[sm.Event]:
    """A fill for each order that a candle reached."""
    reached = [each for each in state.orders if (candle.low <= each.price if each.side == "buy" else candle.high >= each.price)]
    fee = CONFIG.maker_fee_pct / 100.0
    return [
        sm.FillEvent(each.local_id, "tx", each.side, each.price, each.volume, each.price * each.volume * fee, candle.start_sec)
        for each in reached
    ]


def back_test(transition: Transition, candles: Sequence[Candle], way: str) -> tuple[float, int, sm.PairState]:
    """The seconds of the whole loop, its transitions, and the last state."""
    first = sm.PairState(market_price=candles[0].close, now=candles[0].start_sec)
    state = replace(first, orders=sm.bootstrap_orders(first, CONFIG, SIZE_USD)[2])
    steps = 0
    gc.collect()
    began = time.perf_counter()
    for candle, events_of in ((candle, events_of) for candle in candles for events_of in (quotes, fills)):
        for event in events_of(candle, state):
            state, actions = transition(state, event, replace(CONFIG) if way == "bot" else CONFIG, SIZE_USD)
            steps += 1
            for action in actions if way != "plain" else ():
                if isinstance(action, sm.PlaceOrderAction):
                    state = sm.apply_order_txid(state, action.local_id, f"T{action.local_id}")
    return time.perf_counter() - began, steps, state


def main(file: str | None, rounds: int) -> None:
    """Print a line for each way."""
    candles = (sample_candles() if file is None else read_candles(Path(file))).candles
    backends = {"pipe": Haskell(Settings(backend="haskell")), "in-process": Haskell(Settings(backend="haskell-inproc"))}
    for way in WAYS:
        shares: dict[str, list[float]] = {name: [] for name in backends}
        for number in range(rounds + 1):
            python_sec, steps, expected = back_test(sm.transition, candles, way)
            for name, backend in backends.items():
                seconds, _, state = back_test(backend.transition, candles, way)
                assert state == expected, name
                # The first round warms up.
                shares[name] += [seconds / python_sec] if number else []
        told = ", ".join(f"{name} {statistics.median(found):.2f}" for name, found in shares.items())
        print(f"{way:5} {steps} transitions, python {python_sec / steps * 1e6:.1f} us each; times that: {told}")
    fallbacks: dict[str, Any] = {name: backend.status()["fallbacks"] for name, backend in backends.items()}
    print(f"fallbacks: {fallbacks}")


if __name__ == "__main__":
    words = sys.argv[1:]
    main(words[0] if words else None, int(words[1]) if len(words) > 1 else ROUNDS)
