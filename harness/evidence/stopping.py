"""Signals that ask a command to end: it leaves its record first, as at Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Ctrl-C is an exception already.
STOPPING = (signal.SIGTERM, signal.SIGHUP)
# A shell adds this to the number of the signal that a program ended by.
SHELL = 128


class StoppedError(KeyboardInterrupt):
    """A signal asked the command to end. Whatever ends in order at Ctrl-C does so at this too; `exit_code` is a shell's."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = SHELL + number


def _stop(number: int, _frame: FrameType | None) -> None:
    # Whoever asks twice would take the record away.
    for each in STOPPING:
        signal.signal(each, signal.SIG_IGN)
    raise StoppedError(number)


def _default_again() -> None:
    """Let a forked worker end as soon as it is told to: the record is its parent's."""
    for number in STOPPING:
        if signal.getsignal(number) is _stop:
            signal.signal(number, signal.SIG_DFL)


os.register_at_fork(after_in_child=_default_again)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Raise `StoppedError` within the block at SIGTERM and SIGHUP, unless somebody handles or ignores them already.

    Only the main thread can have a handler; in another one the block changes nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    mine = [number for number in STOPPING if signal.getsignal(number) is signal.SIG_DFL]
    for number in mine:
        signal.signal(number, _stop)
    try:
        yield
    finally:
        for number in mine:
            if signal.getsignal(number) is _stop:
                signal.signal(number, signal.SIG_DFL)
