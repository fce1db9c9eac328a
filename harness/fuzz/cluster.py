"""The batches on a Dask cluster. A worker that dies loses nothing but its time; one that is built otherwise is refused."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from generators.errors import ParityError
from harness.engine.builds import OtherBuildError
from harness.engine.workers import WorkersError
from harness.fuzz.batch import run_batch
from harness.store.records import BatchResult
from harness.subjects.registry import subject_called

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SEC = 10.0
# How long a cluster may be without a worker before nobody waits for one any more.
WORKER_SEC = 30.0
# How often the time and the workers are looked at while no batch ends.
LOOK_SEC = 1.0
# Batches that a worker's thread has before it, so that it need not wait for us.
AHEAD = 2
NO_NANNY = "start them with --no-nanny, or with DASK_DISTRIBUTED__WORKER__DAEMON=False"


class ChildlessError(ParityError):
    """A worker may not start processes, in which candidates of this subject run."""


def check_cluster(address: str) -> None:
    """See that a scheduler answers and has a worker, before a run is noted. Raises `WorkersError`."""
    with _connected(address) as client:
        _await_worker(client, address)


def run_on_cluster(
    data: Mapping[str, Any],
    builds: Mapping[str, str],
    numbers: Iterable[int],
    address: str,
    *,
    deadline: float | None = None,
) -> Generator[BatchResult]:
    """The results of the batches, as they come, until `deadline` (of `time.monotonic`). Raises `WorkersError`."""
    from distributed.comm.core import CommClosedError

    with _connected(address) as client:
        _await_worker(client, address)
        try:
            yield from _drain(client, data, builds, list(numbers)[::-1], address, deadline)
        except (CancelledError, CommClosedError) as error:
            raise WorkersError(f"--cluster {address}: the scheduler went away") from error


def run_there(data: Mapping[str, Any], builds: Mapping[str, str], number: int) -> BatchResult:
    """Run a batch in a cluster's worker. Raises `ChildlessError` and `OtherBuildError`."""
    if subject_called(data["subject"]).forks and multiprocessing.current_process().daemon:
        raise ChildlessError
    return run_batch(data, builds, number)


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    from distributed import Client

    try:
        client = Client(address, timeout=CONNECT_SEC)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:
        raise WorkersError(f"--cluster {address}: no scheduler answers ({error})") from error
    with client:
        yield client


def _await_worker(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKER_SEC)
    except TimeoutError as error:
        raise WorkersError(_no_worker(address)) from error


def _no_worker(address: str) -> str:
    return (
        f"--cluster {address}: has had no worker for {WORKER_SEC:g} s; start some in this checkout, built: "
        f".venv/bin/dask worker {address}"
    )


def _drain(
    client: Client,
    data: Mapping[str, Any],
    builds: Mapping[str, str],
    waiting: list[int],
    address: str,
    deadline: float | None,
) -> Iterator[BatchResult]:
    from distributed import wait

    running: dict[Any, int] = {}
    worked = time.monotonic()
    while waiting or running:
        threads = sum(client.nthreads().values())  # type: ignore[no-untyped-call]
        worked = time.monotonic() if threads else worked
        if time.monotonic() - worked > WORKER_SEC:
            raise WorkersError(_no_worker(address))
        while waiting and len(running) < AHEAD * threads:
            number = waiting.pop()
            running[client.submit(run_there, data, builds, number)] = number
        if deadline is not None and time.monotonic() > deadline:
            return
        if not running:
            # No worker is left to give a batch to.
            time.sleep(LOOK_SEC)
            continue
        try:
            done = wait(list(running), timeout=LOOK_SEC, return_when="FIRST_COMPLETED").done  # type: ignore[no-untyped-call]
        except TimeoutError:
            continue
        for future in done:
            yield _result(future, running.pop(future), address)


def _result(future: Any, number: int, address: str) -> BatchResult:
    """The result of a batch. Raises `WorkersError` where a worker was not fit to run it."""
    from distributed import KilledWorker

    try:
        result: BatchResult = future.result()
    except ChildlessError as error:
        where = f"--cluster {address}: a worker may not start processes, which candidates run in"
        raise WorkersError(f"{where}; {NO_NANNY}") from error
    except OtherBuildError as error:
        raise WorkersError(f"--cluster {address}: a worker has another build than this run: {error}") from error
    except KilledWorker as error:
        why = "a port may end the process that it runs in"
        raise WorkersError(f"--cluster {address}: batch {number} ended every worker that had it; {why}") from error
    return result
