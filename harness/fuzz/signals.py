"""Stops a run in order on Ctrl-C or a signal: once, and with a word on how to go on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stopped_in_order() -> Iterator[None]:
    """The first signal interrupts, as Ctrl-C does; what follows changes nothing, since the run is ending already."""

    stopped = False

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in STOPPING}
    try:
        yield
    finally:
        # Whoever stops it again while it says its last words would take them away.
        for number, handler in before.items() if not stopped else ():
            signal.signal(number, handler)
