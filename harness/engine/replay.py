"""What the sub-commands do, without the command line around them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from golden.reducer.corpus import read_fixtures
from harness.engine.golden import check_port
from harness.engine.majority import divergences_of, look_at, third_ports
from harness.engine.report import text_of
from harness.engine.repro import check_reports_dir, read_repro
from harness.engine.run import Finding, Runner, RunReport
from harness.subjects.reducer.cases import GENERATED, GOLDEN, cases_by_source
from harness.subjects.reducer.contract import load_contract, probe
from harness.subjects.reducer.ports.base import Port
from harness.subjects.reducer.ports.process import TIMEOUT_SEC
from harness.subjects.reducer.ports.registry import REFERENCE, open_ports

# Fewer generated sequences than this are a spot check, and need not meet everything.
SEQUENCES_TO_MEET_ALL = 200


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What `parity run` was asked to do."""

    sequences: int = 1000
    seed: int = 0
    events_max: int = 40
    candles: Path | None = None
    ports: Sequence[str] = ()
    candidate_exes: Sequence[str] = ()
    timeout_sec: float = TIMEOUT_SEC
    reports_dir: Path = Path("reports")


def run_parity(options: RunOptions, *, console: Console, quiet: bool) -> RunReport:
    """Golden, generated and market-driven cases through every port. Raises the errors of its inputs."""
    # Read first: a bad file must not cost a run, nor a folder that would lose what it finds.
    check_reports_dir(options.reports_dir)
    contract = load_contract()
    sources = cases_by_source(
        seed=options.seed, sequences=options.sequences, events_max=options.events_max, candles=options.candles
    )
    ports = open_ports(options.ports, candidate_exes=options.candidate_exes, timeout_sec=options.timeout_sec)
    candidates = ports[len(ports) - len(options.candidate_exes) :]
    exes = {port.name: exe for port, exe in zip(candidates, options.candidate_exes, strict=True)}
    runner = Runner(ports, reports_dir=options.reports_dir, exes=exes)
    try:
        runner.check_contracts(contract)
        with progress_of(sources, console, quiet=quiet) as advance:
            for source, cases, _ in sources:
                runner.run(source, cases, progress=advance)
        _check_recorded(runner)
    finally:
        runner.close()
    _note_gaps(runner.report, options)
    return runner.report


def _check_recorded(runner: Runner) -> None:
    """Hold every usable port to the recorded fixtures too, so that a reference that drifted cannot vouch for itself."""
    fixtures = read_fixtures()
    for port, report in zip(runner.ports, runner.report.ports, strict=True):
        if not report.usable:
            continue
        for problem in check_port(port, fixtures):
            known = {finding.case for finding in runner.report.findings if finding.port == port.name}
            if problem.fixture in known or problem.divergence is None:
                continue
            report.divergent[GOLDEN] += 1
            finding = Finding(port=port.name, case=problem.fixture, source=GOLDEN, divergence=problem.divergence, count=1)
            runner.report.findings.append(finding)


def _note_gaps(report: RunReport, options: RunOptions) -> None:
    generated = report.tallies[GENERATED]
    if options.sequences >= SEQUENCES_TO_MEET_ALL:
        report.never_hit = generated.never_hit()
    for port in report.ports:
        if not port.availability.available:
            report.notes.append(
                f"{port.availability.word}: port {port.name}: {port.availability.reason}; {port.availability.remedy}"
            )


@contextmanager
def progress_of(
    sources: Sequence[tuple[str, Iterable[object], int]], console: Console, *, quiet: bool
) -> Iterator[Callable[[str, int], None]]:
    """A function that notes progress: bars on a terminal, a plain line at every tenth elsewhere."""
    if quiet:
        yield lambda _source, _done: None
        return
    if not console.is_terminal:
        yield _plain_progress({source: total for source, _, total in sources}, console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        tasks = {source: progress.add_task(source, total=total) for source, _, total in sources}
        yield lambda source, done: progress.advance(tasks[source], done)


def _plain_progress(totals: dict[str, int], console: Console) -> Callable[[str, int], None]:
    counts = dict.fromkeys(totals, 0)

    def advance(source: str, done: int) -> None:
        before, total = counts[source], totals[source]
        counts[source] += done
        if total and before * 10 // total != counts[source] * 10 // total:
            console.print(f"{source}: {counts[source]} of {total}", markup=False)

    return advance


def replay_repro(path: Path, *, candidate_exes: Sequence[str], timeout_sec: float) -> tuple[int, dict[str, Any]]:
    """Run a repro again: exit code 1 while it diverges, 0 once it no longer does, 3 where its port is missing."""
    repro = read_repro(path)
    exes = list(candidate_exes) or ([repro.exe] if repro.exe else [])
    names = [REFERENCE] if exes else [REFERENCE, repro.port]
    ports = open_ports(names, candidate_exes=exes, timeout_sec=timeout_sec)
    reference, port = ports[0], ports[-1]
    try:
        available, _, _ = probe(port, load_contract())
        if not available.available:
            return 3, {"port": port.name, "missing": f"{available.reason}; {available.remedy}"}
        found = divergences_of(repro.case, reference, port)
        if not found:
            return 0, {"port": port.name, "divergences": []}
        ports += third_ports(ports, timeout_sec)
        rows = [divergence.to_json() for divergence in found]
        return 1, {"port": port.name, "divergences": rows, "look": look_at(repro.case, ports).to_json()}
    finally:
        for opened in ports:
            opened.close()


def tell_replay(file: Path, code: int, found: dict[str, Any], *, as_data: bool) -> int:
    """Print what came of a repro; its exit code."""
    if as_data:
        click.echo(as_json({"exit_code": code, **found}))
        return code
    for divergence in found.get("divergences", [])[:10]:
        sides = f"reference {text_of(divergence['reference'])}, candidate {text_of(divergence['candidate'])}"
        click.echo(f"{divergence['path']}: {sides}")
    if "look" in found:
        click.echo(found["look"]["sentence"])
    words = {0: "no longer diverges", 1: "still diverges", 3: f"cannot be replayed: {found.get('missing')}"}
    click.echo(f"{file} {words[code]} (port {found['port']})")
    return code


def examine(ports: Sequence[Port]) -> tuple[int, list[dict[str, Any]]]:
    """What `parity doctor` finds: a row per port, and the exit code."""
    contract = load_contract()
    rows = []
    for port in ports:
        available, found, described = probe(port, contract)
        row: dict[str, Any] = {"port": port.name, "available": available.available}
        if available.available:
            row |= {key: described.get(key) for key in ("version", "protocol", "contract_hash")}
            row["divergences"] = [divergence.to_json() for divergence in found]
        else:
            row |= {"word": available.word, "reason": available.reason, "remedy": available.remedy}
        rows.append(row)
    if any(row.get("divergences") for row in rows):
        return 1, rows
    return (0 if all(row["available"] for row in rows) else 3), rows


def as_json(data: Any) -> str:
    """Plain data for a machine to read."""
    return json.dumps(data, indent=1)
