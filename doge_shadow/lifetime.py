"""The shadows of this process: they end with it, and begin anew in a forked child."""

from __future__ import annotations

import atexit
import os
import time
import weakref
from typing import Protocol

# At the end of the process, what still waits may take so long.
LAST_SEC = 0.6


class Living(Protocol):
    """A shadow, as far as the process's end and its forks concern it."""

    def stop(self, sec: float) -> None:
        """Work off what waits for so many seconds, then end."""

    def after_fork(self) -> None:
        """Begin anew in a forked child."""


_all: weakref.WeakSet[Living] = weakref.WeakSet()


def enrol(shadow: Living) -> None:
    """Let a shadow end with this process, and begin anew in a forked child."""
    _all.add(shadow)


def _stop_all() -> None:
    # Together they may take as long as one.
    give_up = time.monotonic() + LAST_SEC
    failure: BaseException | None = None
    for shadow in list(_all):
        try:
            shadow.stop(0.0 if failure else max(0.0, give_up - time.monotonic()))
        except BaseException as error:  # a second Ctrl-C: the others are to be stopped all the same
            failure = failure or error
    if failure:
        raise failure


def _after_fork_in_child() -> None:
    for shadow in list(_all):
        shadow.after_fork()


atexit.register(_stop_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
