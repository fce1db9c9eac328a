"""One process per mutant, forked in milliseconds from a process that has imported everything and holds all cases."""

from __future__ import annotations

import gc
import os
import selectors
import signal
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from harness.mutants.hunt import Hunted, Injected, Prepared, hunt, read_fate
from harness.subject import Subject

READ_BYTES = 65_536
# A mutant whose process is lost is hunted again up to this many times.
LOST_MAX = 3


@dataclass
class _Child:
    mutant: Injected
    pid: int
    started: float = field(default_factory=time.perf_counter)
    said: bytes = b""


class Forks:
    """Hunts mutants, `workers` at a time, on prepared cases, and shrinks the kills of those in `shrunk`.

    The caller must not have threads, because a fork copies only the calling thread.
    """

    def __init__(
        self, subject: Subject[Any], cases: Sequence[Prepared], *, workers: int, shrunk: Set[str] = frozenset()
    ) -> None:
        self._subject = subject
        self._cases = cases
        self._workers = workers
        self._shrunk = shrunk
        self._children: dict[int, _Child] = {}

    def run(self, mutants: Sequence[Injected]) -> Iterator[tuple[Injected, Hunted]]:
        """Yield each mutant with its fate, in the order in which their processes end."""
        waiting, losses = list(reversed(mutants)), Counter[str]()
        # A collection in a child would copy the pages of these objects, which are never garbage.
        gc.collect()
        gc.freeze()
        try:
            with selectors.DefaultSelector() as selector:
                while waiting or self._children:
                    while waiting and len(self._children) < self._workers:
                        selector.register(self._start(waiting.pop()), selectors.EVENT_READ)
                    for key, _ in selector.select():
                        data = os.read(key.fd, READ_BYTES)
                        self._children[key.fd].said += data
                        if not data:
                            selector.unregister(key.fd)
                            mutant, hunted = self._end(key.fd)
                            losses[mutant.id] += hunted.fate == "lost"
                            if hunted.fate == "lost" and losses[mutant.id] <= LOST_MAX:
                                waiting.append(mutant)
                            else:
                                yield mutant, hunted
        finally:
            gc.unfreeze()
            self._stop()

    def _start(self, mutant: Injected) -> int:
        mine, its = os.pipe()
        with warnings.catch_warnings():
            # Python warns of forking with threads, but BLAS stops its threads before a fork.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            code = 1
            try:
                os.close(mine)
                hunt(self._subject, mutant, self._cases, its, do_shrink=mutant.id in self._shrunk)
                code = 0
            finally:
                # Exit at once: the child must not flush or close what belongs to the parent.
                os._exit(code)
        os.close(its)
        self._children[mine] = _Child(mutant, pid)
        return mine

    def _end(self, reading: int) -> tuple[Injected, Hunted]:
        child = self._children.pop(reading)
        os.close(reading)
        _, status = os.waitpid(child.pid, 0)
        return child.mutant, read_fate(child.said, status, time.perf_counter() - child.started)

    def _stop(self) -> None:
        for reading, child in self._children.items():
            os.close(reading)
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
        self._children.clear()
