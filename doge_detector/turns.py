"""Counts the calls that are going on."""

from __future__ import annotations

import os
import threading

# Guards the two fields of `Turns` for some hundred nanoseconds at a time, and is never held during a call.
_turning = threading.Lock()


class Turns:
    """Calls that are going on, of one detector or of all. Where those of one overlap, what each began with is not known."""

    def __init__(self) -> None:
        self.active, self.overlapping = 0, False

    def begin(self) -> None:
        """Count a call that begins."""
        with _turning:
            self.active += 1
            self.overlapping |= self.active > 1

    def end(self) -> bool:
        """Return True if another call went on meanwhile."""
        with _turning:
            self.active -= 1
            overlapped = self.overlapping
            self.overlapping &= self.active > 0
            return overlapped

    def __reduce__(self) -> tuple[type[Turns], tuple[()]]:
        """Return an object without calls, for a copy of the detector."""
        return Turns, ()


def _after_fork_in_child() -> None:
    """Another thread of the parent may have held the lock, and is not here to let it go."""
    global _turning
    _turning = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
