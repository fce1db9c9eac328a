"""Wakes a thread that is blocked on the pipes of a process that was killed, where another process still holds their ends.

A pipe ends when nobody holds its other end any more. A process that the killed one had started, and that left its process
group, may hold it for ever, and to close this process's end wakes nobody. What wakes is a byte to read, or room to write.
"""

from __future__ import annotations

import contextlib
import os
import time

_ROOM_BYTES = 1 << 20
# So long nobody has written anything more: a writer that was woken writes at once.
_QUIET_SEC, _STEP_SEC = 0.005, 0.001


def wake(reading: int, writing: int) -> None:
    """Let a thread go on that reads from one descriptor, or writes to the other; -1 is none.

    Both are opened anew for the opposite direction, which Linux allows; elsewhere nothing happens.
    """
    with contextlib.suppress(OSError):
        _put(reading)
    with contextlib.suppress(OSError):
        _make_room(writing)


def _put(reading: int) -> None:
    descriptor = os.open(f"/proc/self/fd/{reading}", os.O_WRONLY | os.O_NONBLOCK)
    try:
        os.write(descriptor, b"\0")
    finally:
        os.close(descriptor)


def _make_room(writing: int) -> None:
    descriptor = os.open(f"/proc/self/fd/{writing}", os.O_RDONLY | os.O_NONBLOCK)
    try:
        quiet = time.monotonic() + _QUIET_SEC
        while time.monotonic() < quiet:
            try:
                if not os.read(descriptor, _ROOM_BYTES):
                    return
                quiet = time.monotonic() + _QUIET_SEC
            except BlockingIOError:
                time.sleep(_STEP_SEC)
    finally:
        os.close(descriptor)
