"""Who runs the batches: processes of this machine, or a Dask cluster. A worker that dies loses nothing but its time."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from harness.fuzz.batch import run_batch
from harness.store.records import BatchResult

# A batch that ends its worker so often does so for a reason of its own.
DEATHS_MAX = 3


class WorkersError(RuntimeError):
    """A batch cannot be run: it ends every worker, or there is no cluster. The message says which."""


def run_locally(data: Mapping[str, Any], numbers: Iterable[int], workers: int) -> Iterator[BatchResult]:
    """The results of the batches, as they come, from so many processes. Raises `WorkersError`."""
    waiting, deaths = list(numbers)[::-1], Counter[int]()
    while waiting:
        pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
        try:
            yield from _drain(pool, data, waiting, deaths, workers)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _drain(
    pool: ProcessPoolExecutor, data: Mapping[str, Any], waiting: list[int], deaths: Counter[int], workers: int
) -> Iterator[BatchResult]:
    """Results until nothing waits, or until a worker died: then what it had waits again."""
    running: dict[Future[BatchResult], int] = {}
    while waiting or running:
        while waiting and len(running) < 2 * workers:
            number = waiting.pop()
            running[pool.submit(run_batch, data, number)] = number
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        broken = False
        for future in done:
            number = running.pop(future)
            try:
                yield future.result()
            except BrokenProcessPool:
                broken = True
                waiting.append(number)
                _count_death(deaths, number)
        if broken:
            waiting.extend(running.values())
            return


def _count_death(deaths: Counter[int], number: int) -> None:
    deaths[number] += 1
    if deaths[number] > DEATHS_MAX:
        raise WorkersError(
            f"batch {number}: ended its worker {deaths[number]} times; a port may end the process that it runs in"
        )


def _may_start_none() -> bool:
    """Whether this process is one that may have no children."""
    return multiprocessing.current_process().daemon


def run_on_cluster(data: Mapping[str, Any], numbers: Iterable[int], address: str) -> Iterator[BatchResult]:
    """The results of the batches, as they come, from a Dask cluster. Raises `WorkersError`."""
    from distributed import Client, as_completed

    try:
        client = Client(address, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise WorkersError(f"--cluster {address}: no scheduler answers ({error})") from error
    with client:
        if data["subject"] == "detector" and any(client.run(_may_start_none).values()):
            raise WorkersError(
                f"--cluster {address}: its workers may not start processes, which the detector's candidates run in; "
                "start them with --no-nanny, or with DASK_DISTRIBUTED__WORKER__DAEMON=False"
            )
        # Pure by name: a batch that was lost with its worker is run again, one that is there is not.
        futures = [client.submit(run_batch, data, number, pure=True, retries=DEATHS_MAX) for number in numbers]
        for future in as_completed(futures):  # type: ignore[no-untyped-call]
            yield future.result()
