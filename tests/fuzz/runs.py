"""What the tests of fuzz runs share: small plans, and a vote at all that must not depend on who ran them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from harness.engine.plan import FuzzPlan
from harness.fuzz.run import begin, carry_out
from harness.store.ledger import Ledger
from tests.processes import begin_process
from tests.subjects import plan_of

ROOT = Path(__file__).resolve().parent.parent.parent
# Long enough that a run is still going when a test has seen it begin, however busy the machine is.
PLAN = plan_of(seed=11, sequences=960, settings={"events_max": 20}, batch_size=20)
FUZZ = (sys.executable, "-m", "harness", "fuzz")
PLANTED = f"{sys.executable} {ROOT / 'tests/quality/planted.py'}"


def settled(ledger: Ledger, run_id: str) -> dict[str, Any]:
    """All that a ledger says of a run, but for times."""
    total = ledger.total(run_id)
    return {
        "batches": total.batches,
        "cases": total.cases,
        "steps": total.steps,
        "divergent": total.divergent,
        "counts": {kind: dict(sorted(numbers.items())) for kind, numbers in ledger.counts(run_id).items()},
        "hashes": ledger.hashes(run_id),
        "finds": sorted((find.port, find.fingerprint, find.count, find.first_index) for find in ledger.finds(run_id)),
    }


def run_here(url: str, plan: FuzzPlan, *, workers: int = 1, cluster: str | None = None) -> dict[str, Any]:
    """An undisturbed run in this process."""
    ledger = Ledger(url)
    run = begin(ledger, plan)
    carry_out(ledger, run, plan, workers=workers, cluster=cluster, time_budget_sec=None, listen=lambda _progress: None)
    found = settled(ledger, run.id)
    ledger.close()
    return found


def fuzz_command(folder: Path) -> list[str]:
    """`parity fuzz` with all that it writes in a folder."""
    return [*FUZZ, "--ledger", f"sqlite:///{folder / 'l.sqlite'}", "--reports", str(folder)]


def start_fuzz(url: str, reports: Path, *arguments: str) -> subprocess.Popen[str]:
    """`parity fuzz` as a process of its own."""
    command = [*FUZZ, "--ledger", url, "--reports", str(reports), *arguments]
    return begin_process(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def batches_of(url: str, run_id: str) -> int:
    """How many batches of a run are in."""
    ledger = Ledger(url)
    found = ledger.total(run_id).batches
    ledger.close()
    return found


def await_batches(
    url: str, run_id: str, at_least: int, timeout_sec: float = 60.0, *, of: subprocess.Popen[str] | None = None
) -> None:
    """Wait until so many batches of a run are in; `of` is the process that has to be at it meanwhile."""
    ledger, deadline = Ledger(url), time.monotonic() + timeout_sec
    while ledger.total(run_id).batches < at_least:
        if of is not None and of.poll() is not None:
            said, _ = of.communicate()
            pytest.fail(f"the run has ended: {said}")
        assert time.monotonic() < deadline, f"fewer than {at_least} batches within {timeout_sec} s"
        time.sleep(0.05)
    ledger.close()
