"""The branches of a reference that fixtures or generated cases reach, measured in a process that has imported nothing yet."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness import ROOT
from harness.coverage.recorder import missing_branches, recorder_of
from harness.subjects.registry import subject_called
from harness.words import counted


@dataclass(frozen=True, kw_only=True)
class BranchReport:
    """Branches by module: how many there are, which were never taken, and in how many cases the others were.

    A branch is `from->to`, in lines; a negative `to` leaves the function. `hits` counts cases, not times.
    """

    branches: int
    missing: dict[str, list[str]]
    hits: dict[str, dict[str, int]]
    cases: int

    @property
    def covered_pct(self) -> float:
        """The share of branches that were taken, in percent."""
        missed = sum(map(len, self.missing.values()))
        return 100.0 * (self.branches - missed) / self.branches

    def to_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "cases": self.cases,
            "branches": self.branches,
            "covered_pct": round(self.covered_pct, 3),
            "missing": self.missing,
            "hits": self.hits,
        }

    def text(self) -> str:
        """The report for a reader: the figure, what is missing, what is rare."""
        lines = [f"{module}.py: branch {branch} is never taken" for module, missed in self.missing.items() for branch in missed]
        hits = Counter({f"{module}.py {arc}": n for module, arcs in self.hits.items() for arc, n in arcs.items()})
        rare = ", ".join(f"{name} ({count})" for name, count in hits.most_common()[:-6:-1])
        lines.append(f"rarest branches, by cases: {rare}")
        missed = sum(map(len, self.missing.values()))
        lines.append(
            f"{self.covered_pct:.2f} % of {counted(self.branches, 'branch')} in {counted(self.cases, 'case')}, {missed} missing"
        )
        return "\n".join(lines)


def measure(subject: str, *, sequences: int = 0, seed: int = 0) -> BranchReport:
    """The branches that all fixtures reach, or with `sequences` those that so many generated cases reach."""
    coverage = subject_called(subject).coverage
    assert coverage is not None, "whoever calls this asks a subject that can be measured"
    files = json.dumps({file.stem: str(file) for file in coverage.files()})
    command = [sys.executable, "-m", "harness.coverage.branches", subject, str(sequences), str(seed), files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"measuring branches failed: {done.stderr.strip()}")
    data = json.loads(done.stdout)
    return BranchReport(branches=data["branches"], missing=data["missing"], hits=data["hits"], cases=data["cases"])


def _measure_here(subject: str, sequences: int, seed: int, files: Mapping[str, str]) -> dict[str, Any]:
    recorder = recorder_of(files.values())
    recorder.start()
    coverage = subject_called(subject).coverage
    assert coverage is not None, "the parent asked before"
    cases = 0
    for name, run in coverage.tasks(sequences, seed):
        recorder.switch_context(name)
        run()
        cases += 1
        recorder.switch_context("between cases")
    recorder.stop()
    missing: dict[str, list[str]] = {}
    hits: dict[str, dict[str, int]] = {}
    branches = 0
    for name, file in files.items():
        stats = recorder.branch_stats(file)
        branches += sum(total for total, _ in stats.values())
        missing[name] = missing_branches(recorder, file)
    # Only now: a query by context would narrow the analysis above.
    for name, file in files.items():
        hits[name] = _cases_by_arc(recorder, file, set(recorder.branch_stats(file)))
    return {"branches": branches, "missing": missing, "hits": hits, "cases": cases}


def _cases_by_arc(recorder: Any, file: str, branching: set[int]) -> dict[str, int]:
    """In how many cases each arc out of a branching line was taken."""
    data = recorder.get_data()
    counts: Counter[str] = Counter()
    for context in data.measured_contexts() - {"", "between cases"}:
        data.set_query_context(context)
        counts.update(f"{start}->{end}" for start, end in data.arcs(file) or () if start in branching)
    data.set_query_contexts(None)
    return dict(counts)


if __name__ == "__main__":
    print(json.dumps(_measure_here(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4]))))
