"""A run for a reader and for a machine."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from harness.comparators.divergence import Divergence, shown
from harness.engine.finding import Finding
from harness.engine.outcome import GENERATED, GOLDEN, MARKET, PortReport, RunReport
from harness.panel import REFERENCE, UNANSWERED, Examined
from harness.words import counted, counted_kinds

SOURCES = (GOLDEN, GENERATED, MARKET)
FINDINGS_SHOWN_MAX, CASES_NAMED_MAX = 12, 4
TEXT_MAX = 400
# Kinds with more names have one line in the table of what was met: each name that was never met has a line of its own.
NAMES_SHOWN_MAX = 24


def print_report(report: RunReport, console: Console) -> None:
    """The tables of a run, its divergences, and one line that sums up."""
    console.print(ports_table(report))
    print_setups([port.examined for port in report.ports], console)
    for port in report.ports:
        for each in port.measures.tables(port.name) if port.cases and port.name != REFERENCE else ():
            console.print(each, markup=False, soft_wrap=True)
    if report.met:
        console.print(met_table(report))
    print_market(report, console)
    print_problems(report, console)
    console.print(summary(report), markup=False, soft_wrap=True)


def print_setups(rows: Sequence[Examined], console: Console) -> None:
    """What decides about the last bits of a port's answers on this machine."""
    for row in rows:
        if row.setup is not None:
            console.print(f"{row.name}: {row.setup}", markup=False, soft_wrap=True)


def print_market(report: RunReport, console: Console) -> None:
    """The candles, as they were read, and how much the cases made of them exercise."""
    if report.candles is not None:
        console.print(f"Candles: {report.candles.sentence}", markup=False, soft_wrap=True)
    if different := _different(report):
        listed = ", ".join(counted_kinds(count, f"different {kind}") for kind, count in different.items())
        console.print(f"Market-driven cases: {listed}", markup=False, soft_wrap=True)


def _different(report: RunReport) -> dict[str, int]:
    return report.met[MARKET].different() if MARKET in report.met else {}


def print_problems(report: RunReport, console: Console) -> None:
    """Other contracts, divergences, what was never met, and what was not compared."""
    for port in report.ports:
        print_contract(port.name, port.examined.divergences, console)
    print_findings(report.findings, console)
    for name in report.never_met:
        console.print(f"NEVER MET: {name}; generate more sequences, or let a generator make it", markup=False)
    for kind, (found, least) in report.too_few.items():
        remedy = "name candles whose prices move, or more of them, or more windows"
        console.print(
            f"NOT MET: {counted_kinds(found, f'different {kind}')} in the market-driven cases, {least} are needed; {remedy}",
            markup=False,
        )
    for note in notes_of(report):
        console.print(note, markup=False, soft_wrap=True)


def notes_of(report: RunReport) -> list[str]:
    """A sentence for everything that was not compared, with the reason."""
    notes = []
    for port in report.ports:
        available = port.examined.availability
        if not available.available:
            notes.append(f"{available.word}: port {port.name}: {available.sentence}")
        for name in port.examined.lacks:
            notes.append(f"MISSING: port {port.name}: it has no {name}; {_not_compared(port.not_compared[name])} for it")
        for what, cases in port.not_compared.items():
            if what not in port.examined.lacks:
                lost = "" if what == UNANSWERED else f" for {what}"
                notes.append(f"GIVEN UP: port {port.name}: it failed too often; {_not_compared(cases)}{lost}")
    if not report.comparable:
        notes.append("Nothing can be compared, so no case was sent")
    return notes


def _not_compared(cases: int) -> str:
    return counted(cases, "case", ("was not compared", "were not compared"))


def print_contract(port: str, divergences: Sequence[Divergence], console: Console) -> None:
    """Print every place where a port's contract differs from ours."""
    for divergence in divergences:
        ours, theirs = text_of(divergence.reference), text_of(divergence.candidate)
        console.print(f"CONTRACT {port} at {divergence.path}: contract {ours}, port {theirs}", markup=False, soft_wrap=True)


def ports_table(report: RunReport) -> Table:
    """Ports by source: how many cases each saw and how many diverged."""
    extra = sorted({name for port in report.ports for name in port.counted})
    table = Table(title=f"Ports of the subject {report.subject}", title_justify="left")
    table.add_column("port")
    for name in (*SOURCES, "steps", "thorough", *extra, "excused", "seconds", "divergent cases"):
        table.add_column(name, justify="right")
    table.add_column("verdict")
    for port in report.ports:
        counts = [port.cases[source] for source in SOURCES]
        numbers = [
            *counts,
            port.steps,
            port.thorough,
            *(port.counted[name] for name in extra),
            port.excused,
            f"{port.busy_sec:.1f}",
            sum(port.divergent.values()),
        ]
        table.add_row(port.name, *map(str, numbers), verdict(port, report))
    return table


def verdict(port: PortReport, report: RunReport) -> str:
    """One word, or a few, on a port."""
    if not port.examined.availability.available:
        return port.examined.availability.word
    if port.examined.divergences:
        return "other contract"
    if any(finding.port == port.name for finding in report.findings):
        return "DIVERGES"
    if port.name == REFERENCE:
        return "reference"
    return "INCOMPLETE" if not port.whole else "parity" if port.cases else "saw no case"


def met_table(report: RunReport) -> Table:
    """A row for each thing that was met, with its counts by source."""
    table = Table("what", *report.met, title="Met by the cases", title_justify="left")
    counts = {source: met.to_json() for source, met in report.met.items()}
    names = dict.fromkeys((kind, name) for each in counts.values() for kind, known in each.items() for name in known)
    sizes = Counter(kind for kind, _ in names)
    for kind, size in sizes.items():
        if size > NAMES_SHOWN_MAX:
            met = (sum(count > 0 for count in each.get(kind, {}).values()) for each in counts.values())
            table.add_row(f"{kind}s met, of {size}", *map(str, met))
    for kind, name in names:
        if sizes[kind] > NAMES_SHOWN_MAX:
            continue
        table.add_row(f"{kind} {name}", *(str(each.get(kind, {}).get(name, 0)) for each in counts.values()))
    return table


def print_findings(findings: Sequence[Finding], console: Console) -> None:
    """The divergent cases, those of one fingerprint together, the first of each in full."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.port, finding.divergence.fingerprint), []).append(finding)
    for group in sorted(groups.values(), key=len, reverse=True)[:FINDINGS_SHOWN_MAX]:
        console.print(describe(group), markup=False, soft_wrap=True)
    if len(groups) > FINDINGS_SHOWN_MAX:
        console.print(f"… and {len(groups) - FINDINGS_SHOWN_MAX} more kinds of divergence; --json lists them all")


def describe(group: Sequence[Finding]) -> str:
    """A kind of divergence, its first case in full: where, both values, and how to see it again."""
    finding = group[0]
    divergence = finding.divergence
    named = ", ".join(each.case for each in group[:CASES_NAMED_MAX]) + (", …" if len(group) > CASES_NAMED_MAX else "")
    cases, paths = counted(len(group), "case"), counted(finding.count, "path", ("differs", "differ"))
    lines = [
        f"DIVERGENCE {divergence.fingerprint} ({divergence.severity}) of {finding.port} in {cases}: {named}",
        f"  path       {divergence.path} ({divergence.kind}; {paths} in this case)",
    ]
    if divergence.step is not None:
        lines.append(f"  step       {divergence.step}")
    if divergence.step is not None or divergence.event is not None:
        lines.append(f"  event      {text_of(divergence.event)}")
    lines += [f"  reference  {text_of(divergence.reference)}", f"  candidate  {text_of(divergence.candidate)}"]
    lines += [f"  {note}" for note in finding.notes]
    if finding.again:
        lines.append(f"  again      {finding.again}")
    return "\n".join(lines)


def summary_table(reports: Sequence[RunReport]) -> Table:
    """Every port of several subjects in a row: cases, steps, divergent cases, verdict."""
    table = Table("subject", "port", "cases", "steps", "divergent", "verdict")
    for report in reports:
        for port in report.ports:
            numbers = (sum(port.cases.values()), port.steps, sum(port.divergent.values()))
            table.add_row(report.subject, port.name, *(f"{number:,}" for number in numbers), verdict(port, report))
    return table


def next_step(reports: Sequence[RunReport]) -> str:
    """The advice to a reader who has seen the table."""
    repros = [finding.repro for report in reports for finding in report.findings if finding.repro is not None]
    code = max((report.exit_code for report in reports), key=(0, 3, 1).index)
    if code == 3:
        return "INCOMPLETE: a port is missing or broken; next: parity doctor"
    if code == 0:
        more = "parity fuzz for many more cases, parity gate for what a cut-over lacks"
        return f"PARITY: every port answers as its reference does; next: {more}"
    return f"DIVERGENCE; next: parity replay {repros[0]}" if repros else "DIVERGENCE or NOT MET; see the lines above"


def text_of(value: Any, limit: int = TEXT_MAX) -> str:
    """A value as text, floats with their bits, long ones cut."""
    plain = shown(value)
    text = plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=True, default=repr)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


def summary(report: RunReport) -> str:
    """The last line of a run."""
    cases = sum(report.ports[0].cases.values())
    steps = sum(met.steps for met in report.met.values())
    rate = cases / report.elapsed_sec if report.elapsed_sec else 0.0
    text = f"{report.word}: {counted(cases, 'case')}, {counted(steps, 'step')}, {report.elapsed_sec:.1f} s ({rate:.0f} cases/s)"
    text += f", {len(report.divergent_cases)} divergent, {len(report.excused_cases)} excused"
    if report.divergent_fixtures:
        words = ("of calls is answered otherwise", "of calls are answered otherwise")
        text += f", {counted(len(report.divergent_fixtures), 'fixture', words)}"
    others = sum(bool(port.examined.divergences) for port in report.ports)
    text += f", {counted(others, 'port')} with another contract, which saw no case" if others else ""
    lacking = []
    for port in report.ports:
        available = port.examined.availability
        if not available.available:
            lacking.append(f"{available.word.lower()}: {port.name} ({available.remedy})")
        elif port.examined.lacks:
            lacking.append(f"{port.name} has no {', '.join(port.examined.lacks)}")
    return f"{text}; {'; '.join(lacking)}" if lacking else text


def to_json(report: RunReport) -> dict[str, Any]:
    """The run as plain data."""
    return {
        "exit_code": report.exit_code,
        "subject": report.subject,
        "elapsed_sec": round(report.elapsed_sec, 3),
        "ports": [_port_to_json(port, report) for port in report.ports],
        "divergent_cases": len(report.divergent_cases),
        "findings": [finding.to_json() for finding in report.findings],
        "met": {source: met.to_json() for source, met in report.met.items()},
        "never_met": report.never_met,
        "candles": None if report.candles is None else report.candles.to_json(),
        "market": {"different": _different(report), "too_few": {kind: least for kind, (_, least) in report.too_few.items()}},
        "notes": notes_of(report),
    }


def _port_to_json(port: PortReport, report: RunReport) -> dict[str, Any]:
    examined = port.examined
    return {
        "name": port.name,
        "available": examined.availability.available,
        "reason": examined.availability.reason,
        "remedy": examined.availability.remedy,
        **examined.described,
        "setup": examined.setup,
        "lacks": list(examined.lacks),
        "contract_divergences": [divergence.to_json() for divergence in examined.divergences],
        "cases": dict(port.cases),
        "divergent": dict(port.divergent),
        "fixtures_divergent": port.fixtures_divergent,
        "not_compared": dict(port.not_compared),
        "steps": port.steps,
        "thorough": port.thorough,
        "excused": port.excused,
        "counted": dict(port.counted),
        "busy_sec": round(port.busy_sec, 3),
        "verdict": verdict(port, report),
        "measures": port.measures.to_json(),
    }
