"""Waiting for a shadow in tests, on a machine that the suite keeps busy."""

from __future__ import annotations

import time
from contextlib import suppress

import psutil

from doge_shadow.shadow import Shadow

STEP_SEC = 0.02
# A restarted candidate gives its priority up again.
HURRY_SEC = 0.5


def caught_up(shadow: Shadow, sec: float) -> bool:
    """Wait until nothing waits and nothing is being compared, for at most so many seconds; return True if that is so."""
    give_up = time.monotonic() + sec
    while time.monotonic() < give_up:
        hurry()
        look_again = min(give_up, time.monotonic() + HURRY_SEC)
        while time.monotonic() < look_again:
            if not shadow._queue and not shadow._comparing:
                return True
            time.sleep(STEP_SEC)
    return False


def hurry() -> None:
    """Give candidates the priority back that they gave up, where this user may.

    A candidate that yields to everything hardly works while a suite keeps every CPU busy, and who waits for one does not test
    what it yields to.
    """
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if child.nice() > 0:
                child.nice(0)
