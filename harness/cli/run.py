"""`parity run`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.cli.options import (
    candidate_option,
    candidates_of,
    json_option,
    module_option,
    port_names,
    refuse_foreign,
    reports_option,
    request_of,
    subject_option,
    timeout_option,
)
from harness.cli.output import as_json, console_for
from harness.cli.progress import progress_of
from harness.engine.report import print_report, to_json
from harness.engine.repro import check_reports_dir
from harness.engine.run import RunOptions, run_parity, sources_of
from harness.subjects.registry import subject_called


@click.command()
@subject_option()
@click.option("--sequences", type=click.IntRange(0), default=1000, show_default=True, help="How many generated cases.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the generated cases and of the market's chances.")
@click.option("--events-max", type=click.IntRange(1, 10_000), help="Of a generated case; 40 for the cases of a run.")
@click.option("--candles", type=click.Path(path_type=Path), help="A CSV of candles; else a daily series that ships with arch.")
@click.option("--ports", metavar="NAMES", help="Ports to compare, separated by commas; all of them by default.")
@click.option("--market-windows", type=click.IntRange(0), help="At most so many windows of candles; all by default.")
@candidate_option
@module_option
@timeout_option
@reports_option
@json_option
def run(subject: str, ports: str | None, as_data: bool, **options: Any) -> int:
    """Golden, generated and market-driven cases through every port."""
    about = subject_called(subject)
    refuse_foreign(about, options)
    names = port_names(ports, with_candidates=bool(candidates_of(about, options)))
    settings = {name: options.get(name) or default for name, default in about.defaults.run_settings.items()}
    asked = RunOptions(
        ports=request_of(about, options, names),
        sequences=options["sequences"],
        seed=options["seed"],
        settings=settings,
        candles=options["candles"],
        market_windows=options["market_windows"],
        reports_dir=options["reports_dir"],
    )
    # Checked first: a bad file must not cost a run, nor a folder that would lose what it finds.
    check_reports_dir(asked.reports_dir)
    console = console_for(as_data=as_data)
    sources = sources_of(about, asked)
    with progress_of(sources, console, quiet=as_data) as progress:
        report = run_parity(about, sources, asked, progress)
    print_report(report, console)
    if as_data:
        click.echo(as_json(to_json(report)))
    return report.exit_code
