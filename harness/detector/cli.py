"""What the command line does for the detector: options that fit, a run, tables or data, an exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.table import Table

from golden.detector_corpus import FIXTURES_DIR
from harness.commands import as_json
from harness.comparators.tolerances import ToleranceError
from harness.detector.commands import DetectorOptions, examine_detector, replay_detector, run_detector
from harness.detector.golden import check_detector
from harness.detector.report import print_series_report, series_to_json
from harness.golden_check import Problem
from harness.output import console_for
from harness.ports.detector import open_detector_ports
from harness.report import text_of

BAD_INPUT = (ToleranceError,)


def run_cli(options: Mapping[str, Any], names: Sequence[str], *, as_data: bool) -> int:
    """`parity run --subject detector`."""
    modules = tuple(options["candidate_modules"])
    # Someone who names a module asks about that module.
    chosen = tuple(names) or (("python",) if modules else ())
    console = console_for(as_data=as_data)
    asked = DetectorOptions(
        sequences=options["sequences"],
        seed=options["seed"],
        candles=options["candles"],
        market_windows=options["market_windows"],
        ports=chosen,
        modules=modules,
        reports_dir=options["reports_dir"],
    )
    report = run_detector(asked, console=console, quiet=as_data)
    print_series_report(report, console)
    if as_data:
        click.echo(as_json(series_to_json(report)))
    return report.exit_code


def replay_cli(file: Any, modules: Sequence[str], *, as_data: bool) -> int:
    """`parity replay FILE` of a detector's repro."""
    code, found = replay_detector(file, modules=modules)
    if as_data:
        click.echo(as_json({"exit_code": code, **found}))
        return code
    for divergence in found.get("divergences", [])[:10]:
        sides = f"reference {text_of(divergence['reference'])}, candidate {text_of(divergence['candidate'])}"
        click.echo(f"{divergence['path']}: {sides}")
    words = {0: "no longer diverges", 1: "still diverges", 3: f"cannot be replayed: {found.get('missing')}"}
    click.echo(f"{file} {words[code]} (port {found['port']})")
    return code


def doctor_rows(modules: Sequence[str] = ()) -> tuple[int, list[dict[str, Any]]]:
    """What `parity doctor` says of the detector's ports."""
    return examine_detector(open_detector_ports(modules=modules))


def doctor_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The rows as a table."""
    table = Table(title="Ports of the detector", title_justify="left")
    for name in ("port", "version", "lacks", "verdict"):
        table.add_column(name)
    for row in rows:
        word = str(row.get("word")) if not row["available"] else "ready"
        if row.get("divergences"):
            word = "OTHER CONTRACT"
        elif row.get("lacks"):
            word = "INCOMPLETE"
        table.add_row(row["port"], str(row.get("version") or "-"), ", ".join(row.get("lacks", [])) or "-", word)
    return table


def verify_detector(problems: list[Problem], missing: dict[str, str], counted: list[str], modules: Sequence[str]) -> None:
    """Add what `parity golden verify` finds in the detector's fixtures: problems, unusable ports with why, a count."""
    ports = open_detector_ports(modules=modules)
    usable = []
    for port in ports:
        available = port.availability()
        if available.available:
            usable.append(port)
        else:
            missing[f"{port.name} (detector)"] = f"{available.word}: {port.name}: {available.reason}; {available.remedy}"
        if port.missing() and available.available:
            missing[f"{port.name} (names)"] = f"MISSING: {port.name}: it has no {', '.join(port.missing())}"
    problems += check_detector(usable)
    counted.append(f"{len(list(FIXTURES_DIR.glob('*.json')))} fixtures of the detector and {len(usable)} port(s)")
