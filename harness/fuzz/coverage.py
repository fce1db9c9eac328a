"""The coverage of a fuzz run: its first cases are run once more to be measured, and the ledger keeps the figures."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness.coverage.figures import Figure
from harness.engine.plan import FuzzPlan
from harness.panel import REFERENCE
from harness.store.ledger import Ledger

# Fewer cases are a spot check, and need not reach everything.
CASES_TO_REACH_ALL = 1000


def covered(ledger: Ledger, run_id: str, plan: FuzzPlan) -> list[Figure]:
    """The figures of a run that is complete and asked for them: the ledger's, else measured now and put there."""
    if not plan.coverage or len(ledger.finished(run_id)) < plan.batch_count:
        return []
    figures = recorded_figures(ledger, run_id, plan)
    if figures is None:
        figures = measure(plan)
        _record(ledger, run_id, figures)
    return figures


def measure(plan: FuzzPlan) -> list[Figure]:
    """The figures over the first `plan.coverage` cases; none for a subject that cannot be measured."""
    coverage = plan.about().coverage
    if coverage is None:
        return []
    with tempfile.TemporaryDirectory(prefix="parity-coverage-") as folder:
        return coverage.measure(plan, Path(folder))


def recorded_figures(ledger: Ledger, run_id: str, plan: FuzzPlan) -> list[Figure] | None:
    """The figures of a run if the ledger has them all, else None."""
    coverage = plan.about().coverage
    if coverage is None:
        return []
    known, found = ledger.coverage(run_id), []
    for port in coverage.ports_of(plan.candidates):
        for unit in coverage.units[port]:
            reached, total, missing = known.get(f"{port} {unit}", (0, 0, []))
            found.append(Figure(port=port, unit=unit, covered=reached, total=total, missing=tuple(missing)))
    return found if all(figure.key in known for figure in found) else None


def _record(ledger: Ledger, run_id: str, figures: Sequence[Figure]) -> None:
    """Keep what was measured; of what was not, the ledger says nothing."""
    for figure in figures:
        if not figure.reason:
            ledger.record_coverage(run_id, figure.key, covered=figure.covered, total=figure.total, missing=list(figure.missing))


def gaps_of(plan: FuzzPlan, figures: Sequence[Figure]) -> list[str]:
    """A sentence for each figure of the reference that is below what the subject asks for."""
    coverage = plan.about().coverage
    if coverage is None or coverage.least_pct is None or plan.cases_measured < CASES_TO_REACH_ALL:
        return []
    return [
        f"{figure.covered} of {figure.total} {figure.unit} of the reference ({figure.pct:.2f} %) are fewer than "
        f"{coverage.least_pct:g} %"
        for figure in figures
        if figure.port == REFERENCE and not figure.reason and figure.pct < coverage.least_pct
    ]
