"""Processes that work for this one: spared what a terminal sends to all, and gone when this one is gone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import connection

import psutil


@contextmanager
def pool_of(workers: int) -> Iterator[ProcessPoolExecutor]:
    """So many processes, each started when it is needed. Whatever they are doing, they end with an exception."""
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=end_with_parent)
    try:
        yield pool
    except BaseException:
        end_workers()
        raise
    finally:
        # Waited for: a pool that is still ending when the interpreter ends writes to its closed pipe.
        pool.shutdown(wait=True, cancel_futures=True)


def watch_all(pool: ProcessPoolExecutor) -> None:
    """Have the pool notice the death of any of its processes: it watches those that were there before the last task came."""
    # One that has died already is told by what it had.
    with suppress(BrokenProcessPool):
        pool.submit(int)


@contextmanager
def spared() -> Iterator[None]:
    """Processes that start meanwhile hear no interrupt: a terminal sends it to all, and the run alone has words for it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def end_with_parent() -> None:
    """Have this process end when the run's is gone, however that came."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "a worker has a parent"

    def watch() -> None:
        connection.wait([parent.sentinel])
        kill_children(psutil.Process())
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def end_workers() -> None:
    """End the processes that this one started, whatever they are doing, and those that they started: ports that may hang."""
    workers = []
    for each in multiprocessing.active_children():
        with suppress(psutil.NoSuchProcess):
            workers.append(psutil.Process(each.pid))
    # All are stopped before any is killed: a pool that notices one's death ends the others, and what these started is left.
    for act in psutil.Process.suspend, kill_children, psutil.Process.kill:
        for worker in workers:
            with suppress(psutil.NoSuchProcess):
                act(worker)


def end_tree(process: psutil.Process) -> None:
    """End a process and all that it started, at once. Raises `psutil.NoSuchProcess`."""
    # What is stopped starts nothing more, and what it started is still known by it.
    process.suspend()
    kill_children(process)
    process.kill()


def kill_children(process: psutil.Process) -> None:
    """End all that a process started, at once."""
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.kill()
