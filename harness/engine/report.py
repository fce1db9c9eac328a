"""What a run says on a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from rich.console import Console
from rich.table import Table

from harness.comparators.divergence import Divergence, shown
from harness.engine.run import Finding, PortReport, RunReport
from harness.subjects.reducer.cases import SOURCES
from harness.subjects.reducer.tally import WANTED

FINDINGS_SHOWN_MAX = 12
CASES_NAMED_MAX = 4


class AnyFinding(Protocol):
    """What the findings of both subjects have."""

    @property
    def case(self) -> str:
        """The name of the case."""

    @property
    def port(self) -> str:
        """The name of the port."""

    @property
    def divergence(self) -> Divergence:
        """The first divergence of the case."""


F = TypeVar("F", bound=AnyFinding)


def print_report(report: RunReport, console: Console) -> None:
    """The tables of a run, its divergences, and one line that sums up."""
    console.print(ports_table(report))
    console.print(tally_table(report))
    for port in report.ports:
        print_contract(port.name, port.contract, console)
    print_findings(report.findings, console, describe)
    print_gaps(report.never_hit, report.notes, console)
    console.print(summary(report), markup=False, soft_wrap=True)


def print_contract(port: str, contract: Sequence[Divergence], console: Console) -> None:
    """Where a port has another contract than ours."""
    for divergence in contract:
        ours, theirs = text_of(divergence.reference), text_of(divergence.candidate)
        console.print(f"CONTRACT {port} at {divergence.path}: contract {ours}, port {theirs}", markup=False, soft_wrap=True)


def print_gaps(never_hit: Sequence[str], notes: Sequence[str], console: Console) -> None:
    """What the cases should have met and did not, and what else a reader should know."""
    for name in never_hit:
        console.print(f"NEVER HIT: {name}; generate more sequences", markup=False)
    for note in notes:
        console.print(note, markup=False, soft_wrap=True)


def named(group: Sequence[AnyFinding]) -> str:
    """The cases of a group, the first of them by name."""
    return ", ".join(each.case for each in group[:CASES_NAMED_MAX]) + (", …" if len(group) > CASES_NAMED_MAX else "")


def ports_table(report: RunReport) -> Table:
    """Ports by kinds of cases: how many cases each saw and how many diverged."""
    table = Table(title="Ports", title_justify="left")
    table.add_column("port")
    for source in SOURCES:
        table.add_column(source, justify="right")
    for name in ("steps", "methods", "sessions", "seconds", "divergent cases"):
        table.add_column(name, justify="right")
    table.add_column("verdict")
    for port in report.ports:
        counts = [str(port.cases[source]) for source in SOURCES]
        numbers = [port.steps, port.methods, port.sessions, f"{port.busy_sec:.1f}", sum(port.divergent.values())]
        table.add_row(port.name, *counts, *map(str, numbers), verdict(port, report))
    return table


def verdict(port: PortReport, report: RunReport) -> str:
    """One word, or a few, on a port."""
    if not port.availability.available:
        return port.availability.word
    if port.contract:
        return "other contract"
    if port.gave_up:
        return "given up: it keeps failing"
    if any(finding.port == port.name for finding in report.findings):
        return "DIVERGES"
    return "reference" if port is report.ports[0] else "parity" if sum(port.cases.values()) else "saw no case"


def tally_table(report: RunReport) -> Table:
    """How often each phase, event and action was met, by kind of case."""
    table = Table(title="Met by the cases", title_justify="left")
    table.add_column("what")
    for source in report.tallies:
        table.add_column(source, justify="right")
    for kind, names in WANTED.items():
        for name in names:
            table.add_row(f"{kind} {name}", *(str(tally.counts[kind][name]) for tally in report.tallies.values()))
    refused = sorted({name for tally in report.tallies.values() for name in tally.counts["refused"]})
    for name in refused:
        table.add_row(f"refused {name}", *(str(tally.counts["refused"][name]) for tally in report.tallies.values()))
    return table


def print_findings(findings: Sequence[F], console: Console, describe: Callable[[list[F]], str]) -> None:
    """The divergent cases, those of one fingerprint together, the first of each in full."""
    groups: dict[tuple[str, str], list[F]] = {}
    for finding in findings:
        groups.setdefault((finding.port, finding.divergence.fingerprint), []).append(finding)
    for group in sorted(groups.values(), key=len, reverse=True)[:FINDINGS_SHOWN_MAX]:
        console.print(describe(group), markup=False, soft_wrap=True)
    if len(groups) > FINDINGS_SHOWN_MAX:
        console.print(f"… and {len(groups) - FINDINGS_SHOWN_MAX} more kinds of divergence; --json lists them all")


def describe(group: list[Finding]) -> str:
    """A kind of divergence, its first case in full: where, what, and how to see it again."""
    finding = group[0]
    divergence = finding.divergence
    where = f"{finding.port} in {len(group)} case(s): {named(group)}"
    lines = [
        f"DIVERGENCE {divergence.fingerprint} ({divergence.severity}) of {where}",
        f"  path       {divergence.path} ({divergence.kind}; {finding.count} path(s) differ in this case)",
    ]
    if divergence.step is not None:
        lines.append(f"  step       {divergence.step}")
    if divergence.step is not None or divergence.event is not None:
        lines.append(f"  event      {text_of(divergence.event)}")
    lines += [f"  reference  {text_of(divergence.reference)}", f"  candidate  {text_of(divergence.candidate)}"]
    again = "parity golden verify" if finding.repro is None else f"parity replay {finding.repro}"
    lines.append(f"  again      {again}")
    return "\n".join(lines)


def text_of(value: Any, limit: int = 400) -> str:
    """A value as text, floats with their bits, long ones cut."""
    plain = shown(value)
    text = plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=True, default=repr)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


def summary(report: RunReport) -> str:
    """The last line of a run."""
    cases = sum(report.ports[0].cases.values())
    steps = sum(tally.steps for tally in report.tallies.values())
    rate = cases / report.elapsed_sec if report.elapsed_sec else 0.0
    missing = [f"{port.availability.word.lower()}: {port.name}" for port in report.ports if not port.availability.available]
    others = sum(bool(port.contract) for port in report.ports)
    word = {0: "PARITY", 1: "DIVERGENCE", 3: "INCOMPLETE"}[report.exit_code]
    speed = f"{report.elapsed_sec:.1f} s ({rate:.0f} cases/s)"
    text = f"{word}: {cases} cases, {steps} steps, {speed}, {len(report.findings)} divergent"
    if others:
        text += f", {others} port(s) with another contract, which saw no case"
    if missing:
        remedies = {port.availability.remedy for port in report.ports if port.availability.remedy}
        text += f"; {', '.join(missing)} ({'; '.join(sorted(remedies))})"
    return text


def to_json(report: RunReport) -> dict[str, Any]:
    """The run as plain data."""
    return {
        "exit_code": report.exit_code,
        "elapsed_sec": round(report.elapsed_sec, 3),
        "ports": [
            {
                "name": port.name,
                "available": port.availability.available,
                "reason": port.availability.reason,
                "remedy": port.availability.remedy,
                "version": port.described.get("version"),
                "contract_hash": port.described.get("contract_hash"),
                "contract_divergences": [divergence.to_json() for divergence in port.contract],
                "cases": dict(port.cases),
                "divergent": dict(port.divergent),
                "steps": port.steps,
                "methods": port.methods,
                "sessions": port.sessions,
                "gave_up": port.gave_up,
                "busy_sec": round(port.busy_sec, 3),
                "verdict": verdict(port, report),
            }
            for port in report.ports
        ],
        "findings": [finding.to_json() for finding in report.findings],
        "met": {source: tally.to_json() for source, tally in report.tallies.items()},
        "never_hit": report.never_hit,
        "notes": report.notes,
    }
