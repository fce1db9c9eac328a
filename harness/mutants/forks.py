"""A process per mutant, forked from one that has imported everything and holds all cases: starting one takes milliseconds."""

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

from harness.mutants.hunt import Hunted, Planted, Prepared, heard, hunt
from harness.subject import Subject

READ_BYTES = 65_536
# A mutant whose process is lost is hunted again so often.
LOST_MAX = 3


@dataclass
class _Child:
    mutant: Planted
    pid: int
    started: float = field(default_factory=time.perf_counter)
    said: bytes = b""


class Forks:
    """Hunts mutants, `workers` at a time, on prepared cases; the kills of those in `shrunk` are made small.

    The caller must not have threads: a fork copies only the one that calls it.
    """

    def __init__(
        self, subject: Subject[Any], cases: Sequence[Prepared], *, workers: int, shrunk: Set[str] = frozenset()
    ) -> None:
        self._subject = subject
        self._cases = cases
        self._workers = workers
        self._shrunk = shrunk
        self._children: dict[int, _Child] = {}

    def run(self, mutants: Sequence[Planted]) -> Iterator[tuple[Planted, Hunted]]:
        """The fate of each mutant, in the order in which they end."""
        waiting, losses = list(reversed(mutants)), Counter[str]()
        # What is there now is never garbage; a collection in a child would only copy its pages.
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

    def _start(self, mutant: Planted) -> int:
        mine, its = os.pipe()
        with warnings.catch_warnings():
            # Python warns of threads; BLAS, whose they are, ends them before a fork.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            code = 1
            try:
                os.close(mine)
                hunt(self._subject, mutant, self._cases, its, do_shrink=mutant.id in self._shrunk)
                code = 0
            finally:
                # Nothing of the parent's is to be flushed or closed here.
                os._exit(code)
        os.close(its)
        self._children[mine] = _Child(mutant, pid)
        return mine

    def _end(self, reading: int) -> tuple[Planted, Hunted]:
        child = self._children.pop(reading)
        os.close(reading)
        _, status = os.waitpid(child.pid, 0)
        return child.mutant, heard(child.said, status, time.perf_counter() - child.started)

    def _stop(self) -> None:
        for reading, child in self._children.items():
            os.close(reading)
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
        self._children.clear()
