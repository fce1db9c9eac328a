"""Candidates in tests, on a machine that the suite keeps busy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

HURRY_SEC = 0.5


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
