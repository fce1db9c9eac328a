"""Wakes a thread that is blocked on the pipes of a process that was killed, where another process still holds their ends.

A pipe ends when nobody holds its other end any more. A process that the killed one had started, and that left its process
group, may hold it for ever, and to close this process's end wakes nobody. What wakes is a byte to read, or room to write.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

_ROOM_BYTES = 1 << 20
# So long nobody has written anything more: a writer that was woken writes at once.
_QUIET_SEC, _STEP_SEC = 0.005, 0.001


class Pipe(NamedTuple):
    """A descriptor of this process, and the number of the pipe that it is of; a descriptor may be of another file later."""

    descriptor: int
    inode: int


NOTHING = Pipe(-1, 0)


def pipe_of(descriptor: int) -> Pipe:
    """The pipe that a descriptor is of now."""
    return Pipe(descriptor, os.fstat(descriptor).st_ino)


def wake(reading: Pipe, writing: Pipe) -> None:
    """Let a thread go on that reads from one pipe, or writes to the other.

    Both are opened anew for the opposite direction, which Linux allows; elsewhere nothing happens, and nothing happens where
    the descriptor was closed meanwhile, whatever it is of now.
    """
    if sys.platform == "linux":
        _opposite(reading, os.O_WRONLY, _put)
        _opposite(writing, os.O_RDONLY, _make_room)


def _opposite(pipe: Pipe, direction: int, act: Callable[[int], None]) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(f"/proc/self/fd/{pipe.descriptor}", direction | os.O_NONBLOCK)
        try:
            found = os.fstat(descriptor)
            if stat.S_ISFIFO(found.st_mode) and found.st_ino == pipe.inode:
                act(descriptor)
        finally:
            os.close(descriptor)


def _put(descriptor: int) -> None:
    os.write(descriptor, b"\0")


def _make_room(descriptor: int) -> None:
    quiet = time.monotonic() + _QUIET_SEC
    while time.monotonic() < quiet:
        try:
            if not os.read(descriptor, _ROOM_BYTES):
                return
            quiet = time.monotonic() + _QUIET_SEC
        except BlockingIOError:
            time.sleep(_STEP_SEC)
