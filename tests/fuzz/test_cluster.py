"""The same batches on a Dask cluster: a real scheduler and workers on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import LocalCluster

from tests.fuzz.runs import PLAN, run_here


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """A scheduler with two worker processes on a free port of the loopback."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", scheduler_port=0, dashboard_address=None
    ) as local:
        yield local


def test_a_cluster_gives_the_same_cases_and_verdicts(cluster: LocalCluster, tmp_path: Path) -> None:
    here = run_here(f"sqlite:///{tmp_path / 'here.sqlite'}", PLAN)
    there = run_here(f"sqlite:///{tmp_path / 'there.sqlite'}", PLAN, cluster=cluster.scheduler_address)
    assert there == here
