"""The same batches on a Dask cluster: a real scheduler and workers on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dask
import psutil
import pytest
from distributed import LocalCluster

from harness.fuzz.plan import FuzzPlan
from harness.fuzz.run import Progress, begin, carry_out
from harness.fuzz.workers import WorkersError
from harness.store.ledger import Ledger
from tests.fuzz.runs import PLAN, run_here, settled

SERIES = FuzzPlan(subject="detector", seed=7, sequences=8, batch_size=2, timeout_sec=60.0)


def started() -> LocalCluster:
    """A scheduler with two worker processes on a free port of the loopback."""
    return LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", scheduler_port=0, dashboard_address=":0"
    )


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """A cluster whose workers may start processes."""
    with dask.config.set({"distributed.worker.daemon": False}), started() as local:
        yield local


def test_a_cluster_gives_the_same_cases_and_verdicts(cluster: LocalCluster, tmp_path: Path) -> None:
    here = run_here(f"sqlite:///{tmp_path / 'here.sqlite'}", PLAN)
    there = run_here(f"sqlite:///{tmp_path / 'there.sqlite'}", PLAN, cluster=cluster.scheduler_address)
    assert there == here


def test_the_detectors_batches_run_there_too(cluster: LocalCluster, tmp_path: Path) -> None:
    here = run_here(f"sqlite:///{tmp_path / 'here.sqlite'}", SERIES)
    there = run_here(f"sqlite:///{tmp_path / 'there.sqlite'}", SERIES, cluster=cluster.scheduler_address)
    assert there == here


def test_a_worker_that_dies_loses_nothing_and_doubles_nothing(cluster: LocalCluster, tmp_path: Path) -> None:
    plan = replace(PLAN, sequences=PLAN.sequences * 2)
    here = run_here(f"sqlite:///{tmp_path / 'here.sqlite'}", plan)
    ledger = Ledger(f"sqlite:///{tmp_path / 'there.sqlite'}")
    killed = []

    def kill_one(progress: Progress) -> None:
        if progress.done == 4:
            victim = psutil.Process(cluster.workers[0].process.pid)
            victim.kill()
            killed.append(victim.pid)

    run = begin(ledger, plan)
    address = cluster.scheduler_address
    carry_out(ledger, run, plan, workers=1, cluster=address, time_budget_sec=None, listen=kill_one)
    assert killed
    assert settled(ledger, run.id) == here
    ledger.close()


def test_workers_that_may_start_nothing_are_refused_for_the_detector(tmp_path: Path) -> None:
    with (
        dask.config.set({"distributed.worker.daemon": True}),
        started() as daemons,
        pytest.raises(WorkersError, match="may not start processes"),
    ):
        run_here(f"sqlite:///{tmp_path / 'ledger.sqlite'}", SERIES, cluster=daemons.scheduler_address)
