"""What a run of the detector says on a terminal, and as data."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from generators.detector.case import KINDS
from generators.plain import Json
from harness.engine.report import named, print_contract, print_findings, print_gaps, text_of
from harness.subjects.detector.runner import SeriesFinding, SeriesPortReport, SeriesReport

LARGEST_SHOWN_MAX = 16
PARAMETERS = ("startprob", "transmat", "means", "covars")


def print_series_report(report: SeriesReport, console: Console) -> None:
    """The tables of a run, its divergences, what had to be excused, and one line that sums up."""
    console.print(ports_table(report))
    for port in report.ports[1:]:
        if sum(port.cases.values()):
            console.print(levels_table(port))
            console.print(largest_table(port))
            for line in port_lines(port):
                console.print(line, markup=False, soft_wrap=True)
    console.print(tally_table(report))
    for port in report.ports:
        print_contract(port.name, port.contract, console)
    print_findings(report.findings, console, describe)
    print_gaps(report.never_hit, report.notes, console)
    console.print(summary(report), markup=False, soft_wrap=True)


def ports_table(report: SeriesReport) -> Table:
    """Ports by source and kind: cases, and how many of them diverged."""
    sources = list(report.tallies)
    table = Table(title="Ports of the detector: cases, divergent ones in brackets", title_justify="left")
    table.add_column("port")
    table.add_column("source")
    for name in (*KINDS, "all"):
        table.add_column(name, justify="right")
    table.add_column("verdict")
    for port in report.ports:
        for source in sources or ["-"]:
            counts = [_count(port.cases[source, kind], port.divergent[source, kind]) for kind in KINDS]
            total = sum(port.cases[source, kind] for kind in KINDS)
            wrong = sum(port.divergent[source, kind] for kind in KINDS)
            table.add_row(port.name, source, *counts, _count(total, wrong), verdict(port, report))
    return table


def _count(cases: int, divergent: int) -> str:
    return f"{cases} ({divergent})" if divergent else str(cases)


def verdict(port: SeriesPortReport, report: SeriesReport) -> str:
    """One word, or a few, on a port."""
    if not port.availability.available:
        return port.availability.word
    if port.contract:
        return "other contract"
    if any(finding.port == port.name for finding in report.findings):
        return "DIVERGES"
    if port is report.ports[0]:
        return "reference"
    if port.lacks:
        return "INCOMPLETE"
    return "parity" if sum(port.cases.values()) else "saw no case"


def levels_table(port: SeriesPortReport) -> Table:
    """How often each level was compared, and how often it was the one that diverged first."""
    table = Table(title=f"Levels compared: {port.name}", title_justify="left")
    for name in ("level", "compared", "divergent"):
        table.add_column(name, justify="left" if name == "level" else "right")
    for level, compared in sorted(port.levels.items()):
        table.add_row(level, str(compared), str(port.levels_divergent[level]))
    return table


def largest_table(port: SeriesPortReport) -> Table:
    """The largest differences that were seen where there is parity, those that took most of their tolerance first."""
    table = Table(title=f"Largest differences at parity: {port.name}", title_justify="left")
    for name, justify in (
        ("field", "left"),
        ("difference", "right"),
        ("of its column", "right"),
        ("of its tolerance", "right"),
        ("values", "right"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    entries = sorted(port.largest.items(), key=lambda item: (-item[1].share, -item[1].difference))
    for path, largest in [entry for entry in entries if entry[1].difference > 0.0][:LARGEST_SHOWN_MAX]:
        table.add_row(path, f"{largest.difference:.1e}", f"{largest.relative:.1e}", f"{largest.share:.1e}", str(largest.count))
    return table


def port_lines(port: SeriesPortReport) -> list[str]:
    """What has to be identical, what was excused, what was a tie."""
    lines = [f"{port.name}: {name} identical: {port.identical[name]} of {port.trained[name]}" for name in sorted(port.trained)]
    lines.append(f"{port.name}: largest parameter difference {largest_parameter(port):.1e} of the largest in its column")
    statistics = [excuse for excuse in port.excused if excuse[1] == "statistics"]
    lines.append(f"{port.name}: {len(statistics)} case(s) fell back to statistics, {len(port.excused) - len(statistics)} "
                 f"to what is defined, {port.ties} rounding tie(s)")  # fmt: skip
    for name, how, likeness in port.excused:
        lines.append(f"FELL BACK: {port.name}: {name} to {how}" + ("" if likeness is None else f": {likeness.to_json()}"))
    return lines


def largest_parameter(port: SeriesPortReport) -> float:
    """The largest difference in any parameter of a trained model, as a share of the largest value in its column."""
    differences = [
        largest.relative
        for path, largest in port.largest.items()
        if path.startswith("$.same_seed") and ".trained." in path and path.rpartition(".")[2] in PARAMETERS
    ]
    return max(differences, default=0.0)


def tally_table(report: SeriesReport) -> Table:
    """How often each property of the data was met, by source."""
    table = Table(title="Met by the cases", title_justify="left")
    table.add_column("what")
    for source in report.tallies:
        table.add_column(source, justify="right")
    names = dict.fromkeys(name for tally in report.tallies.values() for name, _ in tally.counts.most_common())
    for name in names:
        table.add_row(name, *(str(tally.counts[name]) for tally in report.tallies.values()))
    table.add_row("declared degenerate", *(str(tally.degenerate) for tally in report.tallies.values()))
    return table


def describe(group: list[SeriesFinding]) -> str:
    """A kind of divergence, its first case in full: level, path, both values, and how to see it again."""
    finding = group[0]
    divergence = finding.divergence
    again = "parity golden verify --subject detector" if finding.repro is None else f"parity replay {finding.repro}"
    lines = [
        f"DIVERGENCE {divergence.fingerprint} of {finding.port} in {len(group)} case(s): {named(group)}",
        f"  level      {finding.level}",
        f"  path       {divergence.path} ({divergence.kind}; {finding.count} path(s) differ in this case)",
        f"  reference  {text_of(divergence.reference)}",
        f"  candidate  {text_of(divergence.candidate)}",
        f"  again      {again}",
    ]
    if finding.likeness is not None:
        lines.insert(-1, f"  statistics {'; '.join(finding.likeness.shortfalls)}")
    return "\n".join(lines)


def summary(report: SeriesReport) -> str:
    """The last line of a run."""
    cases = sum(report.ports[0].cases.values())
    word = {0: "PARITY", 1: "DIVERGENCE", 3: "INCOMPLETE"}[report.exit_code]
    compared = sum(sum(port.cases.values()) for port in report.ports[1:])
    excused = sum(len(port.excused) for port in report.ports)
    text = f"{word}: {cases} cases, {compared} comparisons, {report.elapsed_sec:.1f} s, {len(report.findings)} divergent"
    text += f", {excused} fell back" if excused else ", none fell back"
    missing = [f"{port.availability.word.lower()}: {port.name} ({port.availability.remedy})"
               for port in report.ports if not port.availability.available]  # fmt: skip
    missing += [f"{port.name} has no {', '.join(port.lacks)}" for port in report.ports if port.lacks]
    return f"{text}; {'; '.join(missing)}" if missing else text


def series_to_json(report: SeriesReport) -> Json:
    """The run as plain data."""
    return {
        "exit_code": report.exit_code,
        "subject": "detector",
        "elapsed_sec": round(report.elapsed_sec, 3),
        "ports": [_port_to_json(port, report) for port in report.ports],
        "findings": [finding.to_json() for finding in report.findings],
        "met": {source: dict(tally.counts) for source, tally in report.tallies.items()},
        "never_hit": report.never_hit,
        "notes": report.notes,
    }


def _port_to_json(port: SeriesPortReport, report: SeriesReport) -> dict[str, Any]:
    return {
        "name": port.name,
        "available": port.availability.available,
        "reason": port.availability.reason,
        "remedy": port.availability.remedy,
        "version": port.version,
        "lacks": port.lacks,
        "contract_divergences": [divergence.to_json() for divergence in port.contract],
        "cases": {source: {kind: port.cases[source, kind] for kind in KINDS} for source in report.tallies},
        "divergent": {f"{source} {kind}": count for (source, kind), count in port.divergent.items()},
        "not_compared": dict(port.not_compared),
        "levels": {
            level: {"compared": count, "divergent": port.levels_divergent[level]} for level, count in port.levels.items()
        },
        "identical": {name: {"same": port.identical[name], "of": total} for name, total in port.trained.items()},
        "largest_parameter_difference": largest_parameter(port),
        "largest": {path: vars(largest) for path, largest in port.largest.items()},
        "excused": [
            {"case": name, "to": how, "likeness": None if likeness is None else likeness.to_json()}
            for name, how, likeness in port.excused
        ],
        "rounding_ties": port.ties,
        "busy_sec": round(port.busy_sec, 3),
        "verdict": verdict(port, report),
    }
