"""Timing calls."""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from generators.errors import ParityError

# What is timed takes at least this long, or the clock and the first call show.
TIMED_SEC_MIN, CALLS_MIN = 0.02, 3


@contextmanager
def one_cpu(cpu: int | None) -> Iterator[int | None]:
    """Keep this process and its children on one CPU: a wake-up across CPUs costs ten round trips and measures the kernel."""
    if not hasattr(os, "sched_setaffinity"):
        yield None
        return
    before = os.sched_getaffinity(0)
    chosen = min(before) if cpu is None else cpu
    try:
        os.sched_setaffinity(0, {chosen})
    except OSError as error:
        raise ParityError(f"--cpu {chosen}: is none of the CPUs that may be used here, {sorted(before)}") from error
    try:
        yield chosen
    finally:
        os.sched_setaffinity(0, before)


def seconds_of(call: Callable[[], Any], least_sec: float = TIMED_SEC_MIN) -> float:
    """The duration of a call in seconds: the median of as many calls as take `least_sec` together."""
    call()
    gc.collect()
    times: list[float] = []
    # Added up as they come: a sum over thousands of short calls would take longer than each of them, and cool the caches.
    total_sec = 0.0
    while total_sec < least_sec or len(times) < CALLS_MIN:
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
        total_sec += times[-1]
    return statistics.median(times)
