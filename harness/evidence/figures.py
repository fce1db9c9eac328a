"""The figures of evidence, from the report of each command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.evidence.statement import Figure
from harness.panel import REFERENCE, Examined, Panel

if TYPE_CHECKING:
    from harness.bench.result import BenchResult
    from harness.coverage.branches import BranchReport
    from harness.engine.outcome import RunReport
    from harness.exhaust.report import Outcome
    from harness.fuzz.verdict import Verdict
    from harness.mutants.report import Row
    from harness.store.records import Find

Figures = dict[str, Figure]
# So many finds, problems or survivors are named in a record; the counts are of all.
NAMED_MAX = 100


def ports_of(panel: Panel[Any]) -> dict[str, str]:
    """The candidates of a panel, each with the text by which the command line named it, or an empty one for a built-in port."""
    return {name: panel.candidate_of(name) or "" for name in panel.candidates}


def described(rows: Sequence[Examined]) -> dict[str, Any]:
    """What ports say of themselves: versions, set-up, what they lack."""
    return {
        row.name: {
            "available": row.availability.available,
            "reason": row.availability.reason,
            "lacks": list(row.lacks),
            "setup": row.setup,
            **{name: value for name, value in row.described.items() if isinstance(value, str | int)},
        }
        for row in rows
    }


def counts(**numbers: float) -> Figures:
    """Plain counts."""
    return {name: Figure(number) for name, number in numbers.items()}


def of_run(report: RunReport) -> Figures:
    """The figures of `parity run`."""
    reference, *candidates = report.ports
    sources: Counter[str] = sum((port.cases for port in report.ports[:1]), Counter())
    compared = sum(sum(port.cases.values()) for port in candidates)
    figures = counts(
        cases=sum(reference.cases.values()),
        steps=reference.steps,
        compared=compared,
        divergent=len(report.divergent_cases),
        divergent_fixtures=len(report.divergent_fixtures),
        findings=len(report.findings),
        excused=len(report.excused_cases),
        ports=sum(bool(sum(port.cases.values())) for port in candidates),
        ports_missing=sum(not port.whole for port in candidates),
        other_contracts=sum(bool(port.examined.divergences) for port in report.ports),
        never_met=len(report.never_met) + len(report.too_few),
        **{f"cases_{source}": number for source, number in sources.items()},
    )
    return {
        **figures,
        "excused_share": _share(len(report.excused_cases), sum(reference.cases.values())),
        "elapsed": Figure(report.elapsed_sec, "s"),
    }


def of_exhaust(outcome: Outcome) -> Figures:
    """The figures of `parity exhaust`."""
    return counts(
        worlds=len(outcome.worlds),
        open=len(outcome.open),
        divergent=outcome.divergent,
        faults=len(outcome.faults),
        ports=len(outcome.ports),
        ports_missing=len(outcome.missing),
        **{name: outcome.total(name) for name in ("states", "transitions", "merges", "merges_checked")},
    )


def finds_of_run(report: RunReport) -> list[dict[str, Any]]:
    """The kinds of divergence of a run, each with its first case."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for finding in report.findings:
        key = (finding.port, finding.divergence.fingerprint)
        if key in found:
            found[key]["count"] += 1
        else:
            found[key] = _find(*key, 1, finding.divergence.to_json(), finding.repro)
    return list(found.values())[:NAMED_MAX]


def levels_of(report: RunReport) -> dict[str, Any]:
    """What each port's comparisons were at each level, for a subject whose measures have `levels`."""
    found = {port.name: port.measures.to_json() for port in report.ports if port.name != REFERENCE}
    return {name: measured["levels"] for name, measured in found.items() if isinstance(measured, dict) and "levels" in measured}


def of_fuzz(verdict: Verdict, finds: Sequence[Find], rate: float) -> Figures:
    """The figures of `parity fuzz`; `rate` is in cases a second."""
    total = verdict.total
    figures = counts(
        cases=total.cases,
        steps=total.steps,
        batches=total.batches,
        divergent=total.divergent,
        waived=total.waived,
        excused=verdict.excused,
        finds=len(finds),
        gaps=len(verdict.gaps),
        complete=int(verdict.complete),
    )
    figures |= {"excused_share": _share(verdict.excused, total.cases), "rate": Figure(rate, "cases/s")}
    figures["elapsed"] = Figure(total.seconds, "worker seconds")
    if verdict.bound is not None:
        figures["bound"] = Figure(verdict.bound)
    for figure in verdict.figures:
        if not figure.reason:
            figures[f"coverage {figure.key}"] = Figure(figure.pct, "%")
    return figures


def finds_of_fuzz(finds: Sequence[Find], repros: Mapping[tuple[str, str], str]) -> list[dict[str, Any]]:
    """The finds of a night with their repro files."""
    return [
        _find(each.port, each.fingerprint, each.count, each.divergence, repros.get((each.port, each.fingerprint)))
        for each in finds[:NAMED_MAX]
    ]


def _find(port: str, fingerprint: str, count: int, divergence: Mapping[str, Any], repro: Any) -> dict[str, Any]:
    return {
        "port": port,
        "fingerprint": fingerprint,
        "count": count,
        "divergence": dict(divergence),
        "repro": None if repro is None else str(repro),
    }


def of_golden(*, fixtures: int, ports: int, problems: int, missing: int) -> Figures:
    """The figures of `parity golden verify`."""
    return counts(fixtures=fixtures, ports=ports, problems=problems, missing=missing)


def of_branches(report: BranchReport) -> Figures:
    """The figures of `parity golden coverage`."""
    return counts(missed=sum(len(each) for each in report.missing.values()), files=len(report.missing))


def of_mutants(rows: Sequence[Row], seconds: float) -> Figures:
    """The figures of `parity mutants`."""
    from harness.mutants.catalogue import Mutant
    from harness.mutants.report import share_of

    share = share_of(rows)
    statuses = Counter(row.status for row in rows)
    bugs = [row for row in rows if not isinstance(row.mutant, Mutant)]
    chances = [row.hunted.chance for row in rows if row.status == "killed" and row.hunted.chance is not None]
    figures = counts(
        mutants=share.killed + share.survived,
        killed=share.killed,
        survived=share.survived,
        equivalent=statuses["equivalent"],
        refuted=statuses["REFUTED"],
        lost=statuses["LOST"],
        missing=statuses["MISSING"],
        bugs=len(bugs),
        bugs_missed=sum(row.status != "killed" for row in bugs),
    )
    figures |= {"share": Figure(share.value), "elapsed": Figure(seconds, "s")}
    return figures | ({"chance_min": Figure(min(chances))} if chances else {})


def survivors_of(rows: Sequence[Row]) -> list[dict[str, str]]:
    """The mutants and bugs that were not killed, and should have been."""
    found = [row for row in rows if row.status in ("SURVIVED", "REFUTED", "LOST", "MISSING")]
    return [{"id": row.mutant.id, "status": row.status, "change": row.mutant.change} for row in found[:NAMED_MAX]]


def of_bench(result: BenchResult) -> Figures:
    """The figures of `parity bench`: the median of each ratio, and what each column measured."""
    targets = [target for load in result.loads.values() for target in load.targets]
    figures = counts(
        rounds=result.rounds,
        problems=len(result.problems),
        targets=len(targets),
        targets_missed=sum(target["met"] is False for target in targets),
        targets_unknown=sum(target["met"] is None for target in targets),
    )
    for name, load in result.loads.items():
        for ratio, spread in load.ratios.items():
            figures[f"{name}: {ratio}"] = Figure(spread["median"], "ratio")
        for column, numbers in load.columns.items():
            figures |= {f"{name}: {what} [{column}]": Figure(number, column) for what, number in numbers.items()}
    return figures


def bands_of(result: BenchResult) -> dict[str, list[float]]:
    """The smallest and the largest of each ratio over the rounds."""
    return {
        f"{name}: {ratio}": [spread["min"], spread["max"]]
        for name, load in result.loads.items()
        for ratio, spread in load.ratios.items()
    }


def targets_of(result: BenchResult) -> list[dict[str, Any]]:
    """The targets, each with the name of the figure that it limits."""
    return [
        {"figure": f"{name}: {target['ratio']}", **target} for name, load in result.loads.items() for target in load.targets
    ]


def _share(part: int, whole: int) -> Figure:
    return Figure(part / whole if whole else 0.0)
