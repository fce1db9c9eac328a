"""What a shadow costs its caller: `python -m tests.bench.shadow full|paced|bad|detector [ROUNDS]`.

Each measures alternately with the shadow on and off, one turn of each a round. `full` makes 200,000 transitions at once,
`paced` 200 a second for 1.5 seconds, a minute each way in all: the medians of longer turns drift apart by a quarter. `bad`
is `paced` beside each of six bad candidates, and holds every result against the one without a shadow. `detector` updates a
detector on 2,000 candles, as a bot does at each new one, and trains it now and then.
"""

from __future__ import annotations

import shlex
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
from tests.bench.bad_candidate import HOWS
from tests.detector_candles import market

BAD = str(Path(__file__).with_name("bad_candidate.py"))
# Calls of a turn, and rounds: a p99 wants a hundred calls and more above it, or it is the machine's noise.
CALLS = {"full": (200_000, 2), "paced": (300, 40)}
BAD_ROUNDS = 60
EVENTS, EVERY_SEC = 2000, 0.005
QUANTILES = (0.5, 0.95, 0.99)
# The detector's rounds, each of so many updates and trainings, a pause after each.
ROUNDS, UPDATES, TRAININGS, CANDLES, PAUSE_SEC = 8, 100, 5, 2000, 0.02


class Traffic:
    """The calls of one side, which goes on where its last turn ended."""

    def __init__(self) -> None:
        self._events = [event for _, event, _, _ in walk(3, EVENTS)]
        self._held, self._number = start(), 0
        self.times: list[float] = []
        self.results: list[str] = []

    def turn(self, calls: int, *, paced: bool) -> None:
        """Make calls; keep the duration of each in seconds, and the results where calls are paced."""
        due = time.perf_counter()
        for _ in range(calls):
            if self._number % EVENTS == 0:
                self._held = start()
            event = self._events[self._number % EVENTS]
            self._number += 1
            began = time.perf_counter()
            self._held, actions = doge_core.transition(self._held, event, CONFIG, SIZE_USD)
            self.times.append(time.perf_counter() - began)
            if paced:
                self.results.append(repr((self._held, actions)))
                due += EVERY_SEC
                time.sleep(max(0.0, due - time.perf_counter()))


def of_the_reducer(how: str, rounds: int, exe: str | None = None, timeout_sec: float = 5.0) -> None:
    """Print the quantiles of a transition with and without a shadow, and what was compared."""
    calls, _ = CALLS[how]
    sides = {False: Traffic(), True: Traffic()}
    longest = 0.0
    with TemporaryDirectory() as folder:
        watched = Python(Settings(exe=exe, timeout_sec=timeout_sec), ShadowSettings(folder=Path(folder)))
        for turn in range(2 * rounds):
            on = turn % 4 in (1, 2)
            doge_core._chosen[:] = [watched if on else None]
            sides[on].turn(calls, paced=how == "paced")
            if on and exe is None:
                ended = time.perf_counter()
                watched.shadow.drain(60.0)
                longest = max(longest, time.perf_counter() - ended)
        status = watched.shadow.status()
        began = time.perf_counter()
        watched.shadow.stop()
        print(f"the shadow ended in {time.perf_counter() - began:.1f} s")
    if exe is None:
        print(f"nothing waits {longest:.1f} s after a pause began, at most")
    tell("transition", sides[False].times, sides[True].times)
    print(f"{status['compared']:,} of {status['calls']:,} calls compared, {status['dropped']:,} dropped")
    print(f"results as without a shadow: {sides[False].results == sides[True].results}; failures: {status['failures']}")


def of_bad_candidates(rounds: int) -> None:
    """The same beside each bad candidate."""
    for how in HOWS:
        print(f"-- {how}")
        with TemporaryDirectory() as folder:
            exe = Path(folder) / how
            exe.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, BAD, how])} "$@"\n')
            exe.chmod(0o755)
            of_the_reducer("paced", rounds, str(exe), timeout_sec=1.0)


def of_the_detector(rounds: int) -> None:
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
        for turn in range(2 * rounds):
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


def main(how: str, rounds: str = "") -> None:
    """Measure one of them."""
    if how == "detector":
        of_the_detector(int(rounds or ROUNDS))
    elif how == "bad":
        of_bad_candidates(int(rounds or BAD_ROUNDS))
    else:
        of_the_reducer(how, int(rounds or CALLS[how][1]))


if __name__ == "__main__":
    main(*sys.argv[1:])
