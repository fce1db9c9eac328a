"""Ways in which a candidate fails to answer, planted as the bugs of `planted.py` are."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from reducer import wire

ANSWERS_BEFORE_FAILURE = 400


def _failing(fail: Callable[[], bytes]) -> None:
    handle_line = wire.handle_line
    answered = 0

    def failing(line: bytes, methods: Any = None) -> bytes:
        nonlocal answered
        answered += 1
        return handle_line(line, methods) if answered <= ANSWERS_BEFORE_FAILURE else fail()

    wire.handle_line = failing


def dies() -> None:
    """The process ends in the middle of a run."""
    _failing(lambda: sys.exit("out of memory"))


def dies_at_once() -> None:
    """The process ends at every replay."""
    wire.METHODS["replay"] = lambda _request: sys.exit("out of memory")


def hangs() -> None:
    """No answer comes."""

    def sleep() -> bytes:
        time.sleep(600)
        return b""

    _failing(sleep)


def prints_garbage() -> None:
    """Something else than JSON comes."""
    _failing(lambda: b"Segmentation fault\n")
