"""`parity run`."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import click
from rich.console import Console

from harness.cli.options import (
    NamedPath,
    candidate_option,
    candidates_of,
    evidence_options,
    json_option,
    module_option,
    port_names,
    refuse_foreign,
    refuse_given,
    reports_option,
    request_of,
    subject_option,
    timeout_option,
)
from harness.cli.output import as_json, console_for
from harness.cli.progress import progress_of
from harness.cli.recorded import draft_of, foretold, recorded, tell
from harness.engine.outcome import RunReport
from harness.engine.report import (
    next_step,
    notes_of,
    print_market,
    print_problems,
    print_report,
    summary,
    summary_table,
    to_json,
)
from harness.engine.repro import check_reports_dir
from harness.engine.run import RunOptions, candles_of, run_parity, sources_of
from harness.evidence.figures import described, finds_of_run, levels_of, of_run, ports_of
from harness.evidence.recorder import Draft
from harness.subject import Subject
from harness.subjects.registry import names, subject_called

SEQUENCES = 1000


@click.command()
@subject_option()
@click.option("--all", "every", is_flag=True, help="Every subject with the cases of the main job; one table.")
@click.option("--sequences", type=click.IntRange(0), help=f"How many generated cases; {SEQUENCES} by default.")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides about generated cases and the market's chances.")
@click.option("--events-max", type=click.IntRange(1, 10_000), help="Of a generated case; 40 for the cases of a run.")
@click.option("--candles", type=NamedPath(), help="A file of candles; else a series that ships with arch.")
@click.option("--ports", metavar="NAMES", help="Ports to compare, separated by commas; all of them by default.")
@click.option("--market-windows", type=click.IntRange(0), help="At most so many windows of candles; all by default.")
@click.option("--workers", type=click.IntRange(1), help="Processes; by default one for each CPU, if there are many cases.")
@candidate_option
@module_option
@timeout_option
@reports_option
@evidence_options
@json_option
def run(subject: str, every: bool, ports: str | None, as_data: bool, **options: Any) -> int:
    """Golden, generated and market-driven cases through every port."""
    console = console_for(as_data=as_data)
    # Checked first: a bad file must not cost a run, nor a folder that would lose what it finds.
    check_reports_dir(options["reports_dir"])
    if every:
        refuse_given(["subject", "ports", "events_max", "market_windows", "candidate_exes", "candidate_modules"],
                     "means nothing to --all; leave it out")  # fmt: skip
        return _run_all(options, console, as_data=as_data)
    about = subject_called(subject)
    refuse_foreign(about, options)
    chosen = port_names(ports, with_candidates=bool(candidates_of(about, options)))
    options["sequences"] = _or(options["sequences"], SEQUENCES)
    with _recorded(about, options, as_data=as_data) as draft:
        report = _run(about, options, chosen, draft, console, quiet=as_data)
        _conclude(draft, report)
        tell(draft)
        print_report(report, console)
        if as_data:
            click.echo(as_json({**to_json(report), "evidence": None if options["unrecorded"] else draft.id}))
    return report.exit_code


def _recorded(about: Subject[Any], options: dict[str, Any], *, as_data: bool) -> AbstractContextManager[Draft]:
    draft = draft_of("run", about, seed=options["seed"])
    return recorded(options["url"], draft, unrecorded=options["unrecorded"], as_data=as_data)


def _conclude(draft: Draft, report: RunReport) -> None:
    """Fill in the evidence of a run."""
    if report.exit_code != 1:
        # Nothing passes by a port that was not compared as a whole; a failure is one of every port that was asked.
        draft.ports = {port.name: report.candidates[port.name] for port in report.ports[1:] if port.cases and port.whole}
    draft.figures = of_run(report)
    draft.details = {
        "ports": described([port.examined for port in report.ports]),
        "finds": finds_of_run(report),
        "levels": levels_of(report),
        "never_met": report.never_met,
        "candles": None if report.candles is None else report.candles.sentence,
        "notes": notes_of(report),
    }
    draft.conclude(report.word, report.exit_code)


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _run(
    about: Subject[Any], options: dict[str, Any], ports: tuple[str, ...], draft: Draft, console: Console, *, quiet: bool
) -> RunReport:
    asked = RunOptions(
        ports=request_of(about, options, ports),
        sequences=options["sequences"],
        seed=options["seed"],
        settings={name: options.get(name) or default for name, default in about.defaults.run_settings.items()},
        candles=options["candles"],
        market_windows=options["market_windows"],
        reports_dir=options["reports_dir"],
        workers=options["workers"],
    )
    with about.open(asked.ports) as panel:
        # Before anything is asked: a run that is interrupted is one of these ports.
        draft.ports = ports_of(panel)
    series = candles_of(about, asked)
    sources = sources_of(about, asked, series)
    with progress_of(sources, console, quiet=quiet) as progress:
        return run_parity(about, sources, asked, series, foretold(draft, progress))


def _run_all(options: dict[str, Any], console: Console, *, as_data: bool) -> int:
    """One line a subject as it ends, what is wrong, and one table over all."""
    reports = []
    for name in names():
        about = subject_called(name)
        sequences = _or(options["sequences"], about.defaults.sequences)
        with _recorded(about, options, as_data=as_data) as draft:
            report = _run(about, {**options, "sequences": sequences}, (), draft, console, quiet=True)
            _conclude(draft, report)
            tell(draft)
        reports.append(report)
        console.print(f"{name}: {summary(report)}", markup=False, soft_wrap=True)
        print_market(report, console)
        print_problems(report, console)
    console.print(summary_table(reports))
    console.print(next_step(reports), markup=False, soft_wrap=True)
    code = max((report.exit_code for report in reports), key=(0, 3, 1).index)
    if as_data:
        click.echo(as_json({"exit_code": code, "runs": [to_json(report) for report in reports]}))
    return code
