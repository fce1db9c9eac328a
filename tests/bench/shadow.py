"""What a shadow costs its caller: `python -m tests.bench.shadow full`, `paced` or `detector`, alternately with it on and off.

`full` makes 200,000 transitions without a pause, `paced` 200 a second for 7.5 seconds, each a few times. `detector` updates a
detector on 2,000 candles, as a bot does at each new one, and trains it now and then.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import doge_core
import hmm_regime_detector as reference
from doge_core.settings import Settings
from doge_core.watching import Python
from doge_detector import watch, watching
from doge_detector.settings import DEFAULT_QUEUE
from doge_detector.settings import Settings as DetectorSettings
from doge_shadow.settings import ShadowSettings
from tests.adapter.traffic import CONFIG, SIZE_USD, start, walk
from tests.detector_candles import market

CALLS = {"full": (200_000, 2), "paced": (1_500, 4)}
EVENTS, EVERY_SEC = 2000, 0.005
QUANTILES = (0.5, 0.95, 0.99)
# The detector's rounds, each of so many updates and trainings, a pause after each.
ROUNDS, UPDATES, TRAININGS, CANDLES, PAUSE_SEC = 8, 100, 5, 2000, 0.02


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


def of_the_reducer(how: str) -> None:
    """Print the quantiles of a transition with and without a shadow, and what was compared."""
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
    tell("transition", times[False], times[True])
    print(f"{status['compared']:,} of {status['calls']:,} calls compared, {status['dropped']:,} dropped")


def of_the_detector() -> None:
    """Print the quantiles of an update and of a training with and without a shadow, and what was compared."""
    closes, volumes = (np.array(each) for each in market(3, CANDLES + UPDATES))
    whats = ("update", "update's own time", "train", "train's own time")
    times: dict[tuple[str, bool], list[float]] = {(what, on): [] for what in whats for on in (False, True)}

    def call(what: str, on: bool, function: Any, row: int) -> None:
        series = closes[row : row + CANDLES], volumes[row : row + CANDLES]
        began, used = time.perf_counter(), time.thread_time()
        function(*series)
        # On a machine that has other work, the time of the caller's thread says more than the clock.
        times[f"{what}'s own time", on].append(time.thread_time() - used)
        times[what, on].append(time.perf_counter() - began)
        time.sleep(PAUSE_SEC)

    with TemporaryDirectory() as folder:
        watched = watch.start(DetectorSettings(), ShadowSettings(folder=Path(folder), queue=DEFAULT_QUEUE))
        for turn in range(2 * ROUNDS):
            on = turn % 4 in (1, 2)
            detector = (watching if on else reference).RegimeDetector()
            for row in range(TRAININGS):
                call("train", on, detector.train, row)
            for row in range(UPDATES):
                call("update", on, detector.update, row)
            watched.shadow.drain(60.0)
        status = watched.shadow.status()
        watch.stop()
    for what in whats:
        tell(what, times[what, False], times[what, True])
    print(f"{status['compared']:,} of {status['calls']:,} calls compared, {sum(status['divergences'].values())} differ")


def tell(what: str, off: Sequence[float], on: Sequence[float]) -> None:
    """Print the quantiles of a call's duration."""
    for quantile in QUANTILES:
        before, after = (sorted(each)[int(quantile * len(each))] for each in (off, on))
        share = 100.0 * (after / before - 1.0)
        print(f"{what} p{100.0 * quantile:g}: {1e6 * before:.1f} us off, {1e6 * after:.1f} us on, {share:+.1f} %")


if __name__ == "__main__":
    if sys.argv[1] == "detector":
        of_the_detector()
    else:
        of_the_reducer(sys.argv[1])
