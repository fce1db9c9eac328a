"""A worker may die at any moment: also between a result and the next batch that is handed out."""

from __future__ import annotations

import multiprocessing
import subprocess
import time
from collections import Counter
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, cast

import psutil
import pytest

from harness.engine import workers
from harness.engine.builds import builds_of
from harness.engine.processes import end_workers, watch_all
from harness.fuzz.batch import run_batch
from tests.fuzz.runs import PLAN


def test_a_worker_that_dies_while_a_result_is_recorded_loses_nothing() -> None:
    numbers = []
    for _, result in workers.run_locally(partial(run_batch, PLAN.to_json(), builds_of(PLAN)), range(8), 2):
        numbers.append(result.number)
        # As long as recording may take, so that the pool knows before it is given the next batch.
        time.sleep(0.3)
        if len(numbers) == 2:
            multiprocessing.active_children()[-1].kill()
            time.sleep(1.0)
    assert sorted(numbers) == list(range(8))


class Breaking:
    """A pool that takes so many batches, ends the first well, and is broken from then on."""

    def __init__(self, taken: int) -> None:
        self.left = taken
        self.given: list[Future[Any]] = []

    def submit(self, work: Any, *arguments: Any) -> Future[Any]:
        if self.left == 0:
            for each in self.given[1:]:
                each.set_exception(BrokenProcessPool())
            self.given.clear()
            raise BrokenProcessPool
        self.left -= 1
        future: Future[Any] = Future()
        self.given.append(future)
        if len(self.given) == 1:
            future.set_result(arguments[-1] if work is not int else None)
        return future


def drained(pool: Breaking, waiting: list[int], deaths: Counter[int]) -> list[Any]:
    return [result for _, result in workers._drain(cast(Any, pool), lambda number: number, waiting, deaths, 2, None)]


def test_a_worker_that_dies_before_the_next_batch_is_handed_out_loses_nothing() -> None:
    waiting, deaths = [5, 4, 3, 2, 1, 0], Counter[int]()
    assert drained(Breaking(3), waiting, deaths) == [0]
    assert sorted(waiting) == [1, 2, 3, 4, 5]
    assert set(deaths) == {1, 2}


def test_lost_batches_are_handed_out_again_in_their_order() -> None:
    # They are lost in any order: of twelve, by chance they would be in this one once in forty million times.
    waiting = list(range(20))[::-1]
    pool = Breaking(13)
    assert [result for _, result in workers._drain(cast(Any, pool), lambda number: number, waiting, Counter(), 8, None)] == [0]
    assert waiting == list(range(1, 20))[::-1]


def test_a_pool_that_breaks_while_nothing_runs_is_left_for_another_one() -> None:
    waiting, deaths = [1, 0], Counter[int]()
    assert drained(Breaking(0), waiting, deaths) == []
    assert (sorted(waiting), deaths) == ([0, 1], Counter())


def test_a_broken_pool_may_be_watched() -> None:
    pool = Breaking(0)
    watch_all(cast(Any, pool))
    with pytest.raises(BrokenProcessPool):
        pool.submit(int)


def hold(told: Any) -> None:
    """A worker with a process of its own that hangs."""
    begun = subprocess.Popen(["sleep", "600"])
    told.put(begun.pid)
    begun.wait()


def test_a_pool_that_ends_the_others_meanwhile_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    held = [context.Process(target=hold, args=(told,)) for _ in range(2)]
    for each in held:
        each.start()
    left = [psutil.Process(told.get(timeout=60)) for _ in held]
    right = psutil.Process.kill

    def noticed(process: psutil.Process) -> None:
        right(process)
        if process.pid in [each.pid for each in held]:
            for each in held:
                each.terminate()
            time.sleep(0.3)

    monkeypatch.setattr(psutil.Process, "kill", noticed)
    end_workers()
    _, alive = psutil.wait_procs(left, timeout=10)
    for each in alive:
        right(each)
    assert alive == []
    for worker in held:
        worker.join(10)
