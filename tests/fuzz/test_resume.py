"""However often a run is killed, what its ledger ends with is what an undisturbed run has."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from harness.store.ledger import Ledger
from tests.fuzz.runs import PLAN, PLANTED, await_batches, batches_of, run_here, settled, start_fuzz

CANDIDATE = f"{PLANTED} naive_rounding"
ARGUMENTS = (
    *("--seed", "11", "--sequences", "960", "--events-max", "20", "--batch-size", "20"),
    *("--workers", "2", "--candidate-exe", CANDIDATE),
)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the run comes to when nothing happens."""
    url = f"sqlite:///{tmp_path_factory.mktemp('undisturbed') / 'ledger.sqlite'}"
    plan = type(PLAN)(**{**PLAN.__dict__, "candidates": (CANDIDATE,), "timeout_sec": 10.0})
    found = run_here(url, plan)
    assert found["divergent"], "a run without finds would not show that finds survive"
    return found


def run_id_of(process: subprocess.Popen[str]) -> str:
    """The id that the run tells first."""
    assert process.stdout is not None
    match = re.match(r"run (\w+):", process.stdout.readline())
    assert match is not None
    return match.group(1)


def kill_with_workers(process: subprocess.Popen[str]) -> None:
    """End a run and everything that it started, without a word."""
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    for child in children:
        # A worker that lost its run may be gone already.
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    process.communicate()


def killed_twice_and_resumed(url: str, reports: Path) -> str:
    """A run that is killed twice, loses a worker once in between, and then is left alone; its id."""
    process = start_fuzz(url, reports, *ARGUMENTS)
    run_id = run_id_of(process)
    await_batches(url, run_id, 2, of=process)
    kill_with_workers(process)
    killed_at = batches_of(url, run_id)
    process = start_fuzz(url, reports, "--workers", "2", "--resume", run_id)
    await_batches(url, run_id, killed_at + 2, of=process)
    workers = [child for child in psutil.Process(process.pid).children() if "spawn_main" in " ".join(child.cmdline())]
    workers[-1].kill()
    await_batches(url, run_id, batches_of(url, run_id) + 2, of=process)
    kill_with_workers(process)
    process = start_fuzz(url, reports, "--workers", "2", "--resume", run_id)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 1, said
    return run_id


def test_a_run_killed_twice_ends_as_if_nothing_had_happened(
    ledger_url: str, tmp_path: Path, undisturbed: dict[str, object]
) -> None:
    run_id = killed_twice_and_resumed(ledger_url, tmp_path / "reports")
    ledger = Ledger(ledger_url)
    assert settled(ledger, run_id) == undisturbed
    ledger.close()


def test_the_number_of_workers_changes_nothing(tmp_path: Path, undisturbed: dict[str, object]) -> None:
    plan = type(PLAN)(**{**PLAN.__dict__, "candidates": (CANDIDATE,), "timeout_sec": 10.0})
    assert run_here(f"sqlite:///{tmp_path / 'two.sqlite'}", plan, workers=2) == undisturbed


def test_a_resumed_run_refuses_another_build(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    ledger = Ledger(url)
    run = ledger.start(subject="reducer", plan=PLAN.to_json(), builds={"reference": "of yesterday"})
    ledger.close()
    process = start_fuzz(url, tmp_path, "--resume", run.id)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "reference" in said
    assert "changed since" in said
    assert os.linesep * 2 not in said.strip()
