"""The Haskell core behind a pipe and within the process: `taskset -c 1 python -m tests.bench.inproc [ROUNDS]`.

Prints microseconds per transition of the shipped candles' market, medians of the rounds, all backends in turns in each; and
what the library costs a process in time and memory.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import psutil

import state_machine as sm
from doge_core.backend import Haskell
from doge_core.library import Library
from doge_core.locate import require_library
from doge_core.settings import Settings
from generators.candles import sample_candles
from generators.reducer.market import market_cases
from harness.subjects.reducer.bench.loads import Stream, streams
from harness.subjects.reducer.bench.measure import (
    Transition,
    as_a_bot,
    changed_cost,
    changed_state,
    new_settings,
    transitions_cost,
)

MIB = 2**20
WAYS = {"same objects": None, "new settings": new_settings, "changed state": changed_state, "as a bot": as_a_bot}


def cost_of(transition: Transition, load: list[Stream], way: str) -> float:
    change = WAYS[way]
    return (transitions_cost(transition, load) if change is None else changed_cost(transition, load, change)).us


def main(rounds: int) -> None:
    process = psutil.Process()
    before, began = process.memory_info().rss, time.perf_counter()
    Library(require_library()).close()
    taken_ms, more = (time.perf_counter() - began) * 1e3, (process.memory_info().rss - before) / MIB
    print(f"loading the library: {taken_ms:.0f} ms, +{more:.0f} MiB")
    load = streams(market_cases(sample_candles()))
    inproc, pipe = Haskell(Settings(backend="haskell-inproc")), Haskell(Settings(backend="haskell"))
    backends: dict[str, Callable[..., tuple[sm.PairState, list[sm.Action]]]] = {
        "python": sm.transition, "pipe": pipe.transition, "in-process": inproc.transition,
    }  # fmt: skip
    costs: dict[tuple[str, str], list[float]] = {}
    for _ in range(rounds + 1):
        for way in WAYS:
            for name, transition in backends.items():
                costs.setdefault((way, name), []).append(cost_of(transition, load, way))
    print(f"| {'called with':14} | " + " | ".join(f"{name:>10}" for name in backends) + " |")
    for way in WAYS:
        # The first round warms up.
        medians = [statistics.median(costs[way, name][1:]) for name in backends]
        print(f"| {way:14} | " + " | ".join(f"{us:10.1f}" for us in medians) + " |")
    print(f"after that: {process.memory_info().rss / MIB:.0f} MiB; fallbacks {inproc.status()['fallbacks']}")
    pipe.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
