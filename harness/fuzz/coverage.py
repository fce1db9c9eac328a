"""The first cases of a plan, run once more to be measured: the reference under coverage.py, the port as a build that counts."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from harness.coverage.figures import Figure, NotMeasuredError, ports_of, record, recorded, unmeasured
from harness.coverage.tools import run_cases
from harness.engine.plan import FuzzPlan
from harness.store.ledger import Ledger
from harness.subjects.detector import coverage as rust
from harness.subjects.reducer import coverage as haskell

# A build that counts answers several times later than one that does not; and a server that is killed leaves no figures.
ANSWER_SEC = 60.0


def covered(ledger: Ledger, run_id: str, plan: FuzzPlan) -> list[Figure]:
    """The figures of a run that is complete and asked for them: the ledger's, else measured now and put there."""
    if not plan.coverage or len(ledger.finished(run_id)) < plan.batch_count:
        return []
    figures = recorded(ledger, run_id, plan)
    if figures is None:
        figures = measure(plan)
        record(ledger, run_id, figures)
    return figures


def measure(plan: FuzzPlan) -> list[Figure]:
    """The figures of the reference and of the plan's built-in port, over the first `plan.coverage` cases."""
    with tempfile.TemporaryDirectory(prefix="parity-coverage-") as folder:
        if plan.subject == "detector":
            return _of_the_detector(plan, Path(folder))
        return _of_the_reducer(plan, Path(folder))


def _of_the_reducer(plan: FuzzPlan, folder: Path) -> list[Figure]:
    """Both in one go: what only a comparison asks for (single transitions, sessions) is asked of the two together."""
    ticks, lacks, wanted = folder / "server.tix", "", "haskell" in ports_of(plan)
    plan = replace(plan, timeout_sec=max(plan.timeout_sec, ANSWER_SEC))
    if wanted:
        try:
            plan = replace(plan, candidate_exes=(shlex.quote(str(haskell.server())),))
        except NotMeasuredError as error:
            lacks = str(error)
    found = _measured("python", lambda: [_branches(plan, folder, {"HPCTIXFILE": str(ticks)})])
    if lacks:
        return found + unmeasured("haskell", lacks)
    return found + (_measured("haskell", lambda: haskell.figures(ticks)) if wanted else [])


def _of_the_detector(plan: FuzzPlan, folder: Path) -> list[Figure]:
    found = _measured("python", lambda: [_branches(plan, folder, {})])
    return found + (_measured("rust", lambda: rust.figures(plan, folder)) if "rust" in ports_of(plan) else [])


def _measured(port: str, figures: Callable[[], list[Figure]]) -> list[Figure]:
    try:
        return figures()
    except NotMeasuredError as error:
        return unmeasured(port, str(error))


def _branches(plan: FuzzPlan, folder: Path, environment: dict[str, str]) -> Figure:
    told = run_cases(plan.subject, plan, folder, environment)
    missing = tuple(told["missing"])
    total = int(told["branches"])
    return Figure(port="python", unit="branches", covered=total - len(missing), total=total, missing=missing)
