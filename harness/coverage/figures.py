"""What a measurement of coverage came to, and where there was none, why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.engine.plan import FuzzPlan
from harness.store.ledger import Ledger

ROOT = Path(__file__).resolve().parent.parent.parent
# What is counted: of Python branches; of Haskell what `hpc` calls alternatives (equations, guards, arms of a case or an if) and
# expressions; of Rust the regions of llvm-cov, since rustc counts no branches yet.
UNITS = {"python": ("branches",), "haskell": ("alternatives", "expressions"), "rust": ("regions",)}
# The condition on a night of the reducer; fewer cases are a spot check.
BRANCHES_MIN_PCT = 99.0
CASES_TO_REACH_ALL = 1000


class NotMeasuredError(Exception):
    """A port cannot be measured here; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """How many units of a port were reached, and which were not. Where `reason` says something, nothing was measured."""

    port: str
    unit: str
    covered: int = 0
    total: int = 0
    missing: tuple[str, ...] = ()
    reason: str = ""

    @property
    def key(self) -> str:
        """Its name in the ledger."""
        return f"{self.port} {self.unit}"

    @property
    def pct(self) -> float:
        """The share that was reached, in percent."""
        return 100.0 * self.covered / self.total if self.total else 0.0

    def to_json(self) -> dict[str, Any]:
        """The figure as plain data; of what was not measured only why."""
        named = {"port": self.port, "unit": self.unit}
        if self.reason:
            return {**named, "reason": f"missing: {self.reason}"}
        counted = {"covered": self.covered, "total": self.total, "pct": round(self.pct, 2)}
        return {**named, **counted, "missing": list(self.missing)}


def unmeasured(port: str, reason: str) -> list[Figure]:
    """The figures of a port that has none."""
    return [Figure(port=port, unit=unit, reason=reason) for unit in UNITS[port]]


def cases_of(plan: FuzzPlan) -> int:
    """How many cases are measured: the first ones of the plan."""
    return min(plan.coverage, plan.sequences)


def ports_of(plan: FuzzPlan) -> tuple[str, ...]:
    """Whom a plan lets be measured: the reference, and the built-in port where its cases go there and not to candidates."""
    if plan.subject == "detector":
        return ("python",) if plan.candidate_modules else ("python", "rust")
    return ("python",) if plan.candidate_exes else ("python", "haskell")


def recorded(ledger: Ledger, run_id: str, plan: FuzzPlan) -> list[Figure] | None:
    """The figures of a run if the ledger has them all, else None."""
    known = ledger.coverage(run_id)
    found = []
    for port in ports_of(plan):
        for unit in UNITS[port]:
            covered, total, missing = known.get(f"{port} {unit}", (0, 0, []))
            found.append(Figure(port=port, unit=unit, covered=covered, total=total, missing=tuple(missing)))
    return found if all(figure.key in known for figure in found) else None


def record(ledger: Ledger, run_id: str, figures: Sequence[Figure]) -> None:
    """Note what was measured; of what was not, the ledger says nothing."""
    for figure in figures:
        if not figure.reason:
            ledger.record_coverage(run_id, figure.key, covered=figure.covered, total=figure.total, missing=list(figure.missing))


def gaps_of(plan: FuzzPlan, figures: Sequence[Figure]) -> list[str]:
    """What the cases have to reach and do not, a sentence each: of the reducer's reference nearly every branch."""
    if plan.subject != "reducer" or cases_of(plan) < CASES_TO_REACH_ALL:
        return []
    return [
        f"{figure.covered} of {figure.total} {figure.unit} of the reference ({figure.pct:.2f} %) are fewer than "
        f"{BRANCHES_MIN_PCT:g} %"
        for figure in figures
        if figure.port == "python" and not figure.reason and figure.pct < BRANCHES_MIN_PCT
    ]
