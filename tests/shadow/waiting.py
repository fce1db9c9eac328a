"""Waiting for a shadow in tests, on a machine that the suite keeps busy."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from doge_shadow.shadow import Shadow

STEP_SEC, HURRY_SEC = 0.02, 0.5


def caught_up(shadow: Shadow, sec: float) -> bool:
    """Wait until nothing waits and nothing is being compared, for at most so many seconds; return True if that is so."""
    give_up = time.monotonic() + sec
    while shadow._queue or shadow._comparing:
        if time.monotonic() >= give_up:
            return False
        time.sleep(STEP_SEC)
    return True


@contextmanager
def hurried() -> Iterator[None]:
    """Give candidates that start meanwhile the priority back that they gave up, where this user may.

    A candidate that yields to everything hardly works while a suite keeps every CPU busy.
    """
    ended = threading.Event()
    thread = threading.Thread(target=_hurry, args=(ended,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _hurry(ended: threading.Event) -> None:
    own = psutil.Process().nice()
    while not ended.wait(HURRY_SEC):
        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                if child.nice() > own:
                    child.nice(own)
