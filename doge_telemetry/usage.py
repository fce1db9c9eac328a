"""Processor time and memory of this process and of those that it started."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Usage:
    """Processor time so far in seconds, and resident memory now in bytes, where pages that processes share count in each."""

    cpu_sec: float
    memory_bytes: int


def usage_now() -> Usage:
    """The usage of this process with its descendants, those that ended included as far as they were waited for."""
    ended = os.times()
    cpu_sec, memory_bytes = time.process_time() + ended.children_user + ended.children_system, 0
    here = psutil.Process()
    for process in (here, *_descendants(here)):
        try:
            if process.pid != here.pid:
                times = process.cpu_times()
                cpu_sec += times.user + times.system
            memory_bytes += process.memory_info().rss
        except psutil.Error:
            # It ended meanwhile.
            continue
    return Usage(cpu_sec, memory_bytes)


def _descendants(process: psutil.Process) -> Iterator[psutil.Process]:
    try:
        yield from process.children(recursive=True)
    except psutil.Error:
        return
