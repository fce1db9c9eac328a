"""`parity fuzz`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from json import JSONDecodeError
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from harness.cli.options import (
    LEDGER,
    NamedPath,
    Seconds,
    candidate_option,
    candidates_of,
    given,
    json_option,
    ledger_option,
    module_option,
    refuse_foreign,
    refuse_given,
    reports_option,
    subject_option,
    timeout_option,
)
from harness.cli.output import as_json, console_for
from harness.cli.recorded import draft_of, made, page_of, recorded, tell
from harness.coverage.report import print_figures
from harness.engine.plan import FuzzPlan, plan_from
from harness.engine.report import text_of
from harness.engine.repro import check_reports_dir
from harness.engine.waivers import DEFAULT_FILE, given_waivers
from harness.engine.workers import WorkersError
from harness.evidence.figures import finds_of_fuzz, of_fuzz, ports_of
from harness.evidence.recorder import Draft
from harness.evidence.statement import ERROR
from harness.fuzz.attempt import Attempt
from harness.fuzz.cluster import check_cluster
from harness.fuzz.report import as_data_of, print_verdict
from harness.fuzz.run import begin, resumed
from harness.fuzz.signals import stopped_in_order
from harness.fuzz.verdict import Verdict
from harness.store.database import first_line, shown
from harness.store.ledger import RUNNING, Ledger, LedgerError, Run
from harness.store.records import Find
from harness.subjects.registry import subject_called
from harness.words import counted


@click.command()
@subject_option()
@click.option("--sequences", type=click.IntRange(1, 10**9), default=100_000, show_default=True, help="How many cases.")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides about every case.")
@click.option("--events-max", type=click.IntRange(1, 10_000), help="Of a generated case; 56 for the cases of a night.")
@click.option("--batch-size", type=click.IntRange(1), help="Cases recorded together; by default as many as suit the subject.")
@click.option("--workers", type=click.IntRange(1), help="Processes; by default one for each CPU.")
@click.option("--cluster", metavar="ADDRESS", help="A Dask scheduler to run the batches on, like tcp://host:8786.")
@click.option("--time-budget", "time_budget_sec", type=Seconds(1.0, 864_000.0), help="Seconds; then stop, to be resumed.")
@ledger_option
@click.option("--resume", "run_id", metavar="RUN", help="Go on with a run of the ledger; its own plan holds.")
@click.option("--finds-max", type=click.IntRange(0), default=20, show_default=True, help="Finds to shrink and keep.")
@click.option("--coverage", type=click.IntRange(0), default=0, show_default=True, help="Cases to measure coverage by; 0: none.")
@timeout_option
@candidate_option
@module_option
@click.option(
    "--waivers",
    "waivers_file",
    type=NamedPath(),
    help=f"Divergences that are known and answered for; {DEFAULT_FILE}, if it is there.",
)
@reports_option
@json_option
def fuzz(
    url: str,
    run_id: str | None,
    reports_dir: Path,
    workers: int | None,
    cluster: str | None,
    time_budget_sec: float | None,
    finds_max: int,
    as_data: bool,
    **planned: Any,
) -> int:
    """Very many generated cases through every port; finds are counted, shrunk and kept, and the run can be resumed."""
    if run_id is None:
        refuse_foreign(subject_called(planned["subject"]), planned)
    else:
        # Silence would promise what does not happen.
        refuse_given(planned, "a run that is resumed keeps its own; leave it out")
    if cluster is not None and workers is not None:
        raise click.UsageError("--workers: means nothing to --cluster, which has its own; leave it out")
    check_reports_dir(reports_dir)
    console = console_for(as_data=as_data)
    option = _options(url, reports_dir)
    with _opened(url, run_id, option) as ledger:
        known = None if run_id is None else ledger.find(run_id)
        plan = _with_its_waivers(_plan(planned)) if known is None else _known_plan(known)
        draft = draft_of("fuzz", plan.about(), seed=plan.seed)
        with plan.about().open(plan.ports()) as panel:
            # Before anything is asked: a run that fails or is interrupted is one of these ports.
            draft.ports = ports_of(panel)
        with recorded(url, draft, as_data=as_data):
            _refuse_unusable(plan)
            if cluster is not None:
                check_cluster(cluster)
            run = begin(ledger, plan) if known is None else resumed(ledger, known, plan)
            if known is not None and known.state == RUNNING:
                console.print(f"run {run.id}: was killed, or runs elsewhere still; then both do the same work", markup=False)
            told = f"{counted(plan.sequences, 'case')} of seed {plan.seed} in {counted(plan.batch_count, 'batch')}"
            console.print(
                f"run {run.id}: {told}; evidence {draft.id} will be on {page_of(draft)}", markup=False, soft_wrap=True
            )
            attempt = Attempt(ledger, run, plan, console, time_budget_sec)
            draft.details = {"run": run.id}
            try:
                with stopped_in_order():
                    attempt.carry_out(workers=workers or os.cpu_count() or 1, cluster=cluster)
                    attempt.triage(reports_dir, finds_max)
                    attempt.measure()
            except (WorkersError, SQLAlchemyError, JSONDecodeError) as error:
                draft.verdict = ERROR
                raise click.UsageError(_failed(error, url, run, option)) from error
            verdict, finds = attempt.verdict(), ledger.finds(run.id)
            # Nothing counts that was changed meanwhile.
            ledger.check_run(run.id)
            _conclude(draft, attempt, verdict, finds)
            tell(draft)
            print_figures(console, attempt.figures, plan.cases_measured)
            print_verdict(console, verdict, finds, attempt.triaged, rate=attempt.rate, ledger=option)
            if as_data:
                found = as_data_of(verdict, finds, attempt.triaged)
                click.echo(as_json({"exit_code": verdict.exit_code, "evidence": draft.id, **found}))
    return verdict.exit_code


@contextmanager
def _opened(url: str, run_id: str | None, option: str) -> Iterator[Ledger]:
    """The ledger, closed with the block. Raises `LedgerError`, and `UsageError` for a database that fails."""
    ledger = Ledger(made(url)) if run_id is None else Ledger(url, make=False)
    try:
        yield ledger
    except (WorkersError, SQLAlchemyError, JSONDecodeError) as error:
        raise click.UsageError(_failed(error, url, None, option)) from error
    finally:
        ledger.close()


def _failed(error: Exception, url: str, run: Run | None, option: str) -> str:
    """The sentence on a run that could not go on."""
    if isinstance(error, WorkersError):
        return f"{error}{_how_on(run, option) if error.resumable else '; start a new run'}"
    return f"--ledger {shown(url)}: {first_line(error)}{_how_on(run, option)}"


def _conclude(draft: Draft, attempt: Attempt, verdict: Verdict, finds: Sequence[Find]) -> None:
    """Fill in the evidence of a run that came to an end."""
    repros = {(each.find.port, each.find.fingerprint): str(each.path) for each in attempt.triaged}
    draft.figures = of_fuzz(verdict, finds, attempt.rate)
    draft.details |= {"finds": finds_of_fuzz(finds, repros), "gaps": list(verdict.gaps)}
    draft.conclude(verdict.word, verdict.exit_code)


def _options(url: str, reports_dir: Path) -> str:
    """The options that a run is gone on with, but for its id."""
    address = shown(url)
    secret = " (*** is your password)" if address != url and "***" in address else ""
    reports = f" --reports {reports_dir}" if given("reports_dir") else ""
    return ("" if url == LEDGER else f" --ledger {address}") + reports + secret


def _how_on(run: Run | None, option: str) -> str:
    return "" if run is None else f"; what is in the ledger stands, go on with parity fuzz --resume {run.id}{option}"


def _known_plan(run: Run) -> FuzzPlan:
    try:
        return plan_from(run.plan)
    except (TypeError, AttributeError, KeyError) as error:
        raise LedgerError(f"--resume {run.id}: its plan is of another version; start a new run") from error


def _refuse_unusable(plan: FuzzPlan) -> None:
    """End here, with 3 where a port is missing and 1 where one holds another contract."""
    with plan.about().open(plan.ports()) as panel:
        rows = panel.examine()
    for row in rows:
        if not row.availability.available:
            click.echo(f"{row.availability.word}: port {row.name}: {row.availability.sentence}", err=True)
        for divergence in row.divergences:
            sides = f"contract {text_of(divergence.reference)}, port {text_of(divergence.candidate)}"
            click.echo(f"CONTRACT {row.name} at {divergence.path}: {sides}", err=True)
        if row.lacks:
            click.echo(f"MISSING: port {row.name}: it has no {', '.join(row.lacks)}", err=True)
    if not all(row.usable and not row.lacks for row in rows):
        sys.exit(1 if any(row.divergences for row in rows) else 3)
    if len(rows) < 2:
        raise click.UsageError(f"fuzz: the subject {plan.subject} has no port to hold against its reference")
    if plan.cases_measured and plan.about().coverage is None:
        raise click.UsageError(
            f"--coverage: means nothing to the subject {plan.subject}, which names nothing to measure; leave it out"
        )


def _plan(planned: Mapping[str, Any]) -> FuzzPlan:
    """The plan that the options make, with the subject's defaults for the rest. Raises `WaiverError`."""
    about = subject_called(planned["subject"])
    defaults = about.defaults
    return FuzzPlan(
        subject=about.name,
        seed=planned["seed"],
        sequences=planned["sequences"],
        batch_size=planned["batch_size"] or defaults.batch_size,
        settings={name: planned.get(name) or default for name, default in defaults.night_settings.items()},
        candidates=candidates_of(about, planned),
        timeout_sec=planned["timeout_sec"] or defaults.timeout_sec,
        waivers=tuple(waiver.to_json() for waiver in given_waivers(planned["waivers_file"], about.name)),
        coverage=planned["coverage"],
    )


def _with_its_waivers(plan: FuzzPlan) -> FuzzPlan:
    """The plan without the waivers of ports that it does not ask."""
    with plan.about().open(plan.ports()) as panel:
        names = panel.candidates
    return replace(plan, waivers=tuple(each for each in plan.waivers if each.get("port") in (None, *names)))
