"""What a shadow costs its caller: `python -m tests.bench.shadow full` or `paced`, alternately with the shadow on and off.

`full` makes 200,000 calls without a pause, `paced` 200 a second for 7.5 seconds, each a few times.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import doge_core
from doge_core.settings import Settings
from doge_core.watching import Python
from doge_shadow.settings import ShadowSettings
from tests.adapter.traffic import CONFIG, SIZE_USD, start, walk

CALLS = {"full": (200_000, 2), "paced": (1_500, 4)}
EVENTS, EVERY_SEC = 2000, 0.005
QUANTILES = (0.5, 0.95, 0.99)


def timed(calls: int, *, paced: bool) -> list[float]:
    """The duration of each call, in seconds."""
    events = [event for _, event, _, _ in walk(3, EVENTS)]
    found, held, due = [], start(), time.perf_counter()
    for number in range(calls):
        if number % EVENTS == 0:
            held = start()
        began = time.perf_counter()
        held, _ = doge_core.transition(held, events[number % EVENTS], CONFIG, SIZE_USD)
        found.append(time.perf_counter() - began)
        if paced:
            due += EVERY_SEC
            time.sleep(max(0.0, due - time.perf_counter()))
    return found


def main(how: str) -> None:
    """Print the quantiles of both, and what was compared."""
    calls, rounds = CALLS[how]
    times: dict[bool, list[float]] = {False: [], True: []}
    with TemporaryDirectory() as folder:
        watched = Python(Settings(), ShadowSettings(folder=Path(folder)))
        for turn in range(2 * rounds):
            on = turn % 4 in (1, 2)
            doge_core._chosen[:] = [watched if on else None]
            times[on] += timed(calls, paced=how == "paced")
            if on:
                ended = time.perf_counter()
                watched.shadow.drain(60.0)
                print(f"nothing waits {time.perf_counter() - ended:.1f} s after the pause")
        status = watched.shadow.status()
        watched.shadow.stop()
    for quantile in QUANTILES:
        off, on_ = (sorted(times[each])[int(quantile * len(times[each]))] for each in (False, True))
        print(f"p{100.0 * quantile:g}: {1e6 * off:.1f} us off, {1e6 * on_:.1f} us on, {100.0 * (on_ / off - 1.0):+.1f} %")
    print(f"{status['compared']:,} of {status['calls']:,} calls compared, {status['dropped']:,} dropped")


if __name__ == "__main__":
    main(sys.argv[1])
