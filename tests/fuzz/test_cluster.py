"""The same batches on a Dask cluster: a real scheduler and workers on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import dask
import psutil
import pytest
from distributed import LocalCluster

from harness.engine.builds import builds_of
from harness.engine.plan import FuzzPlan
from harness.engine.workers import WorkersError
from harness.fuzz import cluster as on_cluster
from harness.fuzz.cluster import check_cluster
from harness.fuzz.run import Progress, begin, carry_out
from harness.store.ledger import Ledger
from tests.fuzz.runs import PLAN, PLANTED, ROOT, run_here, settled
from tests.subjects import DETECTOR, plan_of

SERIES = plan_of(DETECTOR, seed=7, sequences=8, batch_size=2, timeout_sec=60.0)


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


@contextmanager
def scheduler(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A scheduler without workers, as a process of its own: its address, and the process."""
    file = folder / "scheduler.json"
    arguments = ("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
    with subprocess.Popen([sys.executable, "-m", "dask", *arguments], cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60.0
        while not file.exists():
            assert time.monotonic() < deadline, "no scheduler within a minute"
            time.sleep(0.05)
        yield json.loads(file.read_text())["address"], process
        process.kill()


@pytest.mark.parametrize("plan", [PLAN, SERIES])
def test_a_cluster_without_workers_ends_the_run(plan: FuzzPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_cluster, "WORKER_SEC", 0.5)
    with scheduler(tmp_path) as (address, _), pytest.raises(WorkersError, match=r"no worker for 0.5 s; start some"):
        run_here(f"sqlite:///{tmp_path / 'ledger.sqlite'}", plan, cluster=address)


def test_a_cluster_is_checked_before_a_run_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_cluster, "WORKER_SEC", 0.5)
    with scheduler(tmp_path) as (address, _), pytest.raises(WorkersError, match="has had no worker"):
        check_cluster(address)


def test_a_scheduler_that_goes_away_is_said(tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    plan = replace(PLAN, sequences=20_000)
    run = begin(ledger, plan)
    with scheduler(tmp_path) as (address, process):
        command = [sys.executable, "-m", "dask", "worker", address, "--no-dashboard", "--nthreads", "1"]
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as worker:
            with pytest.raises(WorkersError, match="the scheduler went away"):
                carry_out(ledger, run, plan, workers=1, cluster=address, time_budget_sec=None, listen=lambda _: process.kill())
            worker.kill()
    assert 1 <= ledger.total(run.id).batches < plan.batch_count
    ledger.close()


def test_the_time_is_up_on_a_cluster_too(cluster: LocalCluster, tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    plan = replace(PLAN, sequences=2_000_000, batch_size=2000)
    run = begin(ledger, plan)
    started_at = time.monotonic()
    address = cluster.scheduler_address
    carry_out(ledger, run, plan, workers=1, cluster=address, time_budget_sec=2.0, listen=lambda _: None)
    assert time.monotonic() - started_at < 30.0
    ledger.close()


def test_workers_with_another_port_count_for_nothing(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.sh"
    wrong.write_text(f'#!/bin/sh\nexec {PLANTED} naive_rounding "$@"\n')
    wrong.chmod(0o755)
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, host="127.0.0.1", scheduler_port=0, dashboard_address=":0",
        env={"DOGE_CORE_EXE": str(wrong)},
    ) as strangers, pytest.raises(WorkersError, match="another build than this run: port haskell"):  # fmt: skip
        run_here(url, PLAN, cluster=strangers.scheduler_address)


def test_batches_of_a_port_rebuilt_during_the_run_do_not_count(tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    run = ledger.start(subject="reducer", plan=PLAN.to_json(), builds={**builds_of(PLAN), "port haskell": "of yesterday"})
    with pytest.raises(WorkersError, match="has changed: port haskell"):
        carry_out(ledger, run, PLAN, workers=1, cluster=None, time_budget_sec=None, listen=lambda _: None)
    assert ledger.total(run.id).batches == 0
    ledger.close()
