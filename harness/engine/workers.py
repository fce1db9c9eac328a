"""Parts of a run in processes of this machine. A worker that dies loses nothing but its time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from typing import TypeVar

from generators.errors import ParityError
from harness.engine.builds import OtherBuildError
from harness.engine.processes import pool_of, spared, watch_all

R = TypeVar("R")
# A batch that ends its worker so often does so for a reason of its own.
DEATHS_MAX = 3


class WorkersError(ParityError):
    """A batch cannot be run: it ends every worker, or there is no cluster. The message says which.

    `resumable` is whether the run can be gone on with once that is mended.
    """

    def __init__(self, text: str, *, resumable: bool = True) -> None:
        super().__init__(text)
        self.resumable = resumable


class TimeUpError(ParityError):
    """The time is up; what is running is given up, and will be run again."""


def run_locally(
    work: Callable[[int], R], numbers: Iterable[int], workers: int, *, deadline: float | None = None
) -> Generator[tuple[int, R]]:
    """What `work` gives for each number, a batch, as it comes, from so many processes, until `deadline` (of `time.monotonic`).

    `work` is pickled. Raises `WorkersError`, and what `work` raises. Whoever closes the generator ends the processes, whatever
    they are doing.
    """
    waiting, deaths = list(numbers)[::-1], Counter[int]()
    # Its own start would let interrupts through again.
    resource_tracker.ensure_running()
    while waiting:
        try:
            with pool_of(min(workers, len(waiting))) as pool:
                yield from _drain(pool, work, waiting, deaths, workers, deadline)
        except TimeUpError:
            return


def _drain(
    pool: ProcessPoolExecutor,
    work: Callable[[int], R],
    waiting: list[int],
    deaths: Counter[int],
    workers: int,
    deadline: float | None,
) -> Iterator[tuple[int, R]]:
    """Results until nothing waits, or until a worker died: then what it had waits again. Raises `TimeUpError`."""
    running: dict[Future[R], int] = {}
    watched = False
    while waiting or running:
        if not _fill(pool, work, waiting, running, 2 * workers):
            return
        if not watched:
            watch_all(pool)
            watched = True
        left_sec = None if deadline is None else max(0.0, deadline - time.monotonic())
        done, _ = wait(running, timeout=left_sec, return_when=FIRST_COMPLETED)
        if not done:
            raise TimeUpError
        broken = False
        for future in done:
            number = running.pop(future)
            try:
                yield number, future.result()
            except OtherBuildError as error:
                changed = f"batch {number}: what this run began with has changed: {error}"
                raise WorkersError(changed, resumable=False) from error
            except BrokenProcessPool:
                broken = True
                waiting.append(number)
                _count_death(deaths, number)
        if broken:
            waiting.extend(running.values())
            # The lowest number is handed out first, whoever had it.
            waiting.sort(reverse=True)
            return


def _fill(
    pool: ProcessPoolExecutor, work: Callable[[int], R], waiting: list[int], running: dict[Future[R], int], most: int
) -> bool:
    """Hand out batches until so many run. False if a worker died since the last look and nothing runs that would say so."""
    while waiting and len(running) < most:
        try:
            with spared():
                running[pool.submit(work, waiting[-1])] = waiting[-1]
        except BrokenProcessPool:
            return bool(running)
        waiting.pop()
    return True


def _count_death(deaths: Counter[int], number: int) -> None:
    deaths[number] += 1
    if deaths[number] > DEATHS_MAX:
        raise WorkersError(
            f"batch {number}: ended its worker {deaths[number]} times; a port may end the process that it runs in"
        )
