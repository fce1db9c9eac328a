"""What telemetry costs its caller: `taskset -c 1 python -m tests.bench.telemetry [ROUNDS]`.

Microseconds per `transition` and per `check_invariants` of the adapter, the reference answering, with the recorder on and off
in turns; medians of the rounds.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import doge_core
from tests.adapter.traffic import CONFIG, SIZE_USD, start, walk

EVENTS = 2000


def costs() -> tuple[float, float]:
    """Mean microseconds of a transition and of a check."""
    events = [event for _, event, _, _ in walk(3, EVENTS)]
    held, transitions, checks, clock = start(), 0.0, 0.0, time.perf_counter
    for event in events:
        began = clock()
        held, _ = doge_core.transition(held, event, CONFIG, SIZE_USD)
        middle = clock()
        doge_core.check_invariants(held)
        checks += clock() - middle
        transitions += middle - began
    return transitions / EVENTS * 1e6, checks / EVENTS * 1e6


def main(rounds: int) -> None:
    os.environ["DOGE_CORE_BACKEND"] = "python"
    found: dict[str, list[tuple[float, float]]] = {"off": [], "on": []}
    with TemporaryDirectory() as folder:
        for _ in range(rounds + 1):
            for how, file in (("off", None), ("on", Path(folder) / "telemetry.jsonl")):
                os.environ.pop("DOGE_CORE_TELEMETRY", None)
                if file is not None:
                    os.environ["DOGE_CORE_TELEMETRY"] = str(file)
                doge_core.reset()
                found[how].append(costs())
        os.environ.pop("DOGE_CORE_TELEMETRY", None)
        doge_core.reset()
    for number, what in enumerate(("transition", "check_invariants")):
        # The first round warms up.
        off, on = (statistics.median(cost[number] for cost in found[how][1:]) for how in ("off", "on"))
        print(f"{what}: {off:.2f} us without telemetry, {on:.2f} us with it, {on - off:+.2f} us")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
