"""What a bot's process measures, and the file that holds it.

A line of the file is JSON: one that tells about the process (`format`), then one for each part of the bot that is measured
(`part`), then a block a minute (`from`, `to`) with histograms as HdrHistogram encodes them. Blocks and processes add up. A
process that is killed loses the minute that it was in.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import platform
import threading
import time
import weakref
from collections import Counter, deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hdrh.histogram import HdrHistogram

from doge_telemetry.appending import append, file_number
from doge_telemetry.machine import machine
from doge_telemetry.usage import Usage, usage_now

log = logging.getLogger("doge_telemetry")

FORMAT = "doge-telemetry 1"
# Durations are kept in units of 100 ns, up to ten minutes, with three digits.
UNITS_PER_SEC = 10_000_000
HIGHEST = 600 * UNITS_PER_SEC
DIGITS = 3
WAKE_SEC, LOOK_SEC, BLOCK_SEC = 0.5, 5.0, 60.0
# Durations that may wait to be counted, by name; more are dropped and counted.
WAITING_MAX = 200_000
FILE_BYTES_MAX = 256 * 2**20
# A clock that is further from where it should be was set.
CLOCK_SEC = 1.0

_recorders: dict[Path, Recorder] = {}
_all: weakref.WeakSet[Recorder] = weakref.WeakSet()
_opening = threading.Lock()


def recorder_for(path: Path) -> Recorder:
    """The recorder of a file in this process; parts of the bot that name the same file share it, and each calls `leave`."""
    with _opening:
        if path not in _recorders:
            _recorders[path] = Recorder(path)
        _recorders[path].users += 1
        return _recorders[path]


class Recorder:
    """Collects durations and counts.

    Whoever measures never waits for the file, and gets no exception of it; what cannot be measured or written is logged once.
    """

    def __init__(self, path: Path, block_sec: float = BLOCK_SEC) -> None:
        self.path = path
        self._block_sec = block_sec
        self._parts: dict[str, Mapping[str, Any]] = {}
        self.users = 0
        _all.add(self)
        self._begin()

    def _begin(self) -> None:
        self.process = f"{platform.node()}-{os.getpid()}-{time.time_ns() // 1_000_000}"
        self._waiting: dict[str, deque[float]] = {}
        self._counted: deque[tuple[str, int]] = deque()
        self._counts: Counter[str] = Counter()
        self._dropped, self._memory_bytes = 0, 0
        self._histograms: dict[str, HdrHistogram] = {}
        self._writing = threading.Lock()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()
        # Lines that the file does not have yet, before the next block.
        self._untold = [*self._parts]
        self._is_told = False
        self._file: tuple[int, int] | None = None
        self._failed = False

    def describe(self, part: str, about: Mapping[str, Any]) -> None:
        """Tell about a part of the bot that is measured: its backend, digests of what it is made of."""
        self._parts[part] = dict(about)
        self._untold.append(part)

    def note(self, name: str, seconds: float) -> None:
        """Take in a duration."""
        waiting = self._waiting.get(name)
        if waiting is None:
            waiting = self._waiting.setdefault(name, deque())
            self._start()
        if len(waiting) < WAITING_MAX:
            waiting.append(seconds)
        else:
            self._dropped += 1

    def count(self, name: str, number: int = 1) -> None:
        """Count something that has no duration."""
        if len(self._counted) < WAITING_MAX:
            self._counted.append((name, number))
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None and not self._ending.is_set():
                try:
                    self._begin_block(usage_now())
                    thread = threading.Thread(target=self._run, name="telemetry", daemon=True)
                    thread.start()
                    self._thread = thread
                except Exception as error:  # as where the bot has no file descriptor or thread left
                    self._complain(repr(error))

    def _run(self) -> None:
        looked = time.monotonic()
        while not self._ending.wait(WAKE_SEC):
            try:
                with self._writing:
                    self._take_in()
                    if time.monotonic() - looked >= LOOK_SEC:
                        looked = time.monotonic()
                        self._memory_bytes = max(self._memory_bytes, usage_now().memory_bytes)
            except Exception as error:  # nothing that is met once may end the thread
                self._complain(repr(error))
            if time.monotonic() >= self._due:
                self.end_block()

    def _complain(self, reason: str | None) -> None:
        if not self._failed:
            log.warning("telemetry: %s: cannot be written (%s); logged once", self.path, reason)
        self._failed = True

    def _take_in(self) -> None:
        """Move what waits into the histograms and the counts."""
        for _ in range(len(self._counted)):
            counted, number = self._counted.popleft()
            self._counts[counted] += number
        for name, waiting in list(self._waiting.items()):
            found: Counter[int] = Counter()
            for _ in range(len(waiting)):
                found[min(HIGHEST, max(1, round(waiting.popleft() * UNITS_PER_SEC)))] += 1
            if found:
                histogram = self._histograms.get(name)
                if histogram is None:
                    histogram = self._histograms[name] = HdrHistogram(1, HIGHEST, DIGITS)
                for value, number in found.items():
                    histogram.record_value(value, number)

    def end_block(self) -> None:
        """Write down what was measured since the block before, if anything was."""
        if self._thread is None:
            return
        with self._writing:
            # A disk that takes nothing is asked again as late as one that does.
            self._due = time.monotonic() + self._block_sec
            try:
                self._end_block()
            except Exception as error:  # the bot is not to hear of it
                self._complain(repr(error))

    def _end_block(self) -> None:
        self._take_in()
        usage = usage_now()
        block = {
            "process": self.process,
            "from": self._since,
            "to": self._now(),
            "durations": {name: each.encode().decode() for name, each in self._histograms.items()},
            "counts": dict(self._counts),
            "dropped": self._dropped,
            "cpu_sec": max(0.0, usage.cpu_sec - self._usage.cpu_sec),
            "memory_bytes": max(self._memory_bytes, usage.memory_bytes),
        }
        # What the disk did not take goes into the next block.
        if not (self._histograms or self._counts) or self._write(block):
            self._begin_block(usage)

    def _now(self) -> float:
        """The time, in seconds since 1970; where the clock was set meanwhile, the beginning and the time that went by."""
        now, there = time.time(), self._since + time.monotonic() - self._began
        return now if abs(now - there) < CLOCK_SEC else there

    def drop_block(self) -> None:
        """Forget what was measured since the block before, as while a bot warms up."""
        if self._thread is None:
            return
        with self._writing:
            self._take_in()
            self._begin_block(usage_now())

    def _begin_block(self, usage: Usage) -> None:
        self._usage, self._since, self._began, self._memory_bytes = usage, time.time(), time.monotonic(), 0
        self._due = self._began + self._block_sec
        self._histograms, self._counts, self._dropped = {}, Counter(), 0

    def _write(self, block: Mapping[str, Any]) -> bool:
        if file_number(self.path) != self._file:
            # Another file, as where the one before was moved away: it knows nothing yet.
            self._untold, self._is_told = [*self._parts], False
        known = {"format": FORMAT, "process": self.process, "host": platform.node(), "pid": os.getpid(), "machine": machine()}
        parts = [{"process": self.process, "part": each, "about": self._parts[each]} for each in self._untold]
        lines = [*([] if self._is_told else [known]), *parts, block]
        try:
            append("".join(json.dumps(each, sort_keys=True) + "\n" for each in lines).encode(), self.path, FILE_BYTES_MAX)
        except OSError as error:
            self._complain(error.strerror)
            return False
        self._untold, self._is_told, self._file = [], True, file_number(self.path)
        return True

    def leave(self) -> None:
        """Write down what was measured, for a part of the bot that ends; the last one closes the recorder."""
        with _opening:
            self.users -= 1
        if self.users > 0:
            self.end_block()
        else:
            self.close()

    def close(self) -> None:
        """Write the last block, and end the thread."""
        self._ending.set()
        self.end_block()
        with _opening:
            if _recorders.get(self.path) is self:
                del _recorders[self.path]

    def after_fork(self) -> None:
        """Begin anew in a forked child: thread, locks and what waits are the parent's."""
        self._begin()


def _after_fork_in_child() -> None:
    global _opening
    _opening = threading.Lock()
    for recorder in list(_all):
        recorder.after_fork()


def _close_all() -> None:
    for recorder in list(_all):
        recorder.close()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
