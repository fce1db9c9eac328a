"""What the command line does for the detector: options that fit, a run, tables or data, an exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import click
from rich.table import Table

from golden.detector.corpus import FIXTURES_DIR
from harness.cli.options import given
from harness.cli.output import console_for
from harness.comparators.tolerances import ToleranceError
from harness.engine.golden import Problem
from harness.engine.replay import as_json, tell_replay
from harness.subjects.detector.commands import DetectorOptions, examine_detector, replay_detector, run_detector
from harness.subjects.detector.golden import check_detector
from harness.subjects.detector.ports.isolation import CASE_SEC, Cage, caged
from harness.subjects.detector.ports.modules import DetectorPort, open_detector_ports
from harness.subjects.detector.report import print_series_report, series_to_json

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
        timeout_sec=options["timeout_sec"] if given("timeout_sec") else CASE_SEC,
    )
    report = run_detector(asked, console=console, quiet=as_data)
    print_series_report(report, console)
    if as_data:
        click.echo(as_json(series_to_json(report)))
    return report.exit_code


def replay_cli(file: Any, modules: Sequence[str], *, timeout_sec: float, as_data: bool) -> int:
    """`parity replay FILE` of a detector's repro."""
    code, found = replay_detector(file, modules=modules, timeout_sec=timeout_sec if given("timeout_sec") else CASE_SEC)
    return tell_replay(file, code, found, as_data=as_data)


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
    with ExitStack() as stack:
        usable: list[DetectorPort | Cage] = []
        for port in open_detector_ports(modules=modules):
            cage = stack.enter_context(caged(port))
            opened = cage.opened()
            available = opened.available
            if available.available:
                usable.append(cage)
            else:
                missing[f"{port.name} (detector)"] = f"{available.word}: {port.name}: {available.reason}; {available.remedy}"
            if opened.lacks:
                missing[f"{port.name} (names)"] = f"MISSING: {port.name}: it has no {', '.join(opened.lacks)}"
        problems += check_detector(usable)
    counted.append(f"{len(list(FIXTURES_DIR.glob('*.json')))} fixtures of the detector and {len(usable)} port(s)")
