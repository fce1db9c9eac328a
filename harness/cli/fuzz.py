"""`parity fuzz`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from json import JSONDecodeError
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from harness.cli.options import SUBJECTS, Seconds, candidate_option, given, json_option, module_option, refuse_foreign
from harness.cli.output import console_for
from harness.coverage.figures import cases_of
from harness.coverage.report import print_figures
from harness.engine.doctor import candidates_of, unusable
from harness.engine.plan import FuzzPlan, plan_from
from harness.engine.replay import as_json
from harness.engine.report import text_of
from harness.engine.repro import check_reports_dir
from harness.engine.waivers import WaiverError, given_waivers, waivers_option
from harness.fuzz.attempt import Sitting
from harness.fuzz.cluster import check_cluster
from harness.fuzz.report import as_data_of, print_verdict
from harness.fuzz.run import begin, resumed
from harness.fuzz.signals import stopped_in_order
from harness.fuzz.workers import WorkersError
from harness.store.database import file_of, first_line, shown
from harness.store.ledger import RUNNING, Ledger, LedgerError, Run
from harness.subjects.reducer.ports.process import TIMEOUT_SEC

LEDGER = "sqlite:///reports/ledger.sqlite"


@click.command()
@click.option("--subject", type=click.Choice(SUBJECTS), default="reducer", show_default=True, help="What to compare.")
@click.option("--sequences", type=click.IntRange(1, 10**9), default=100_000, show_default=True, help="How many cases.")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides about every case.")
@click.option("--events-max", type=click.IntRange(1, 10_000), default=56, show_default=True, help="Of a case of the reducer.")
@click.option("--batch-size", type=click.IntRange(1), help="Cases that are recorded together; 250, or 20 of the detector.")
@click.option("--workers", type=click.IntRange(1), help="Processes; as many as there are CPUs.")
@click.option("--cluster", metavar="ADDRESS", help="A Dask scheduler to run the batches on, like tcp://host:8786.")
@click.option("--time-budget", "time_budget_sec", type=Seconds(1.0, 864_000.0), help="Seconds; then stop, to be resumed.")
@click.option("--ledger", "url", default=LEDGER, show_default=True, help="A database as SQLAlchemy writes its address.")
@click.option("--resume", "run_id", metavar="RUN", help="Go on with a run of the ledger; its own plan holds.")
@click.option("--finds-max", type=click.IntRange(0), default=20, show_default=True, help="Finds to shrink and keep.")
@click.option("--timeout-sec", type=Seconds(0.01, 86_400.0), default=TIMEOUT_SEC, show_default=True, help="For one answer.")
@click.option("--coverage", type=click.IntRange(0), default=0, show_default=True, help="Cases to measure coverage by; 0: none.")
@candidate_option
@module_option
@waivers_option
@click.option("--reports", "reports_dir", type=click.Path(path_type=Path), default=Path("reports"), show_default=True)
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
        refuse_foreign(planned["subject"], planned)
    else:
        _refuse_planned(planned)
    if cluster is not None and workers is not None:
        raise click.UsageError("--workers: means nothing to --cluster, which has its own; leave it out")
    check_reports_dir(reports_dir)
    console = console_for(as_data=as_data)
    option, run = _options(url, reports_dir), None
    try:
        ledger = Ledger(_made(url) if run_id is None else _there(url, run_id))
        known = None if run_id is None else ledger.find(run_id)
        plan = _plan(**planned) if known is None else _known_plan(known)
        _refuse_unusable(plan)
        plan = plan if known is not None else _with_its_waivers(plan)
        if cluster is not None:
            check_cluster(cluster)
        run = begin(ledger, plan) if known is None else resumed(known, plan)
        if known is not None and known.state == RUNNING:
            console.print(f"run {run.id}: was killed, or runs elsewhere still; then both do the same work", markup=False)
        console.print(f"run {run.id}: {plan.sequences} cases of seed {plan.seed} in {plan.batch_count} batches", markup=False)
        sitting = Sitting(ledger, run, plan, console, time_budget_sec)
        with stopped_in_order():
            sitting.carry_out(workers=workers or os.cpu_count() or 1, cluster=cluster)
            sitting.explain(reports_dir, finds_max)
            sitting.measure()
        verdict, finds = sitting.verdict(), ledger.finds(run.id)
    except WorkersError as error:
        raise click.UsageError(f"{error}{_how_on(run, option) if error.resumable else '; start a new run'}") from error
    except (LedgerError, WaiverError) as error:
        raise click.UsageError(str(error)) from error
    except (SQLAlchemyError, JSONDecodeError) as error:
        raise click.UsageError(f"--ledger {shown(url)}: {first_line(error)}{_how_on(run, option)}") from error
    print_figures(console, sitting.figures, cases_of(plan))
    print_verdict(console, verdict, finds, sitting.explained, rate=sitting.rate, ledger=option)
    if as_data:
        click.echo(as_json({"exit_code": verdict.exit_code, **as_data_of(verdict, finds, sitting.explained)}))
    ledger.close()
    return verdict.exit_code


def _options(url: str, reports_dir: Path) -> str:
    """The options that a run is gone on with, but for its id."""
    address = shown(url)
    secret = " (*** is your password)" if address != url and "***" in address else ""
    reports = f" --reports {reports_dir}" if given("reports_dir") else ""
    return ("" if url == LEDGER else f" --ledger {address}") + reports + secret


def _how_on(run: Run | None, option: str) -> str:
    return "" if run is None else f"; what is in the ledger stands, go on with parity fuzz --resume {run.id}{option}"


def _refuse_planned(planned: Mapping[str, Any]) -> None:
    """Refuse what a run has decided when it began; silence would promise what does not happen."""
    for name in planned:
        if given(name):
            params = click.get_current_context().command.params
            option = next(param.opts[0] for param in params if param.name == name)
            raise click.UsageError(f"{option}: a run that is resumed keeps its own; leave it out")


def _known_plan(run: Run) -> FuzzPlan:
    try:
        return plan_from(run.plan)
    except (TypeError, AttributeError, KeyError) as error:
        raise LedgerError(f"--resume {run.id}: its plan is of another version; start a new run") from error


def _refuse_unusable(plan: FuzzPlan) -> None:
    """End here, with 3 where a port is missing and 1 where one holds another contract."""
    missing, differing = unusable(plan)
    for name, available in missing:
        click.echo(f"{available.word}: port {name}: {available.reason}; {available.remedy}", err=True)
    for name, divergence in differing:
        sides = f"contract {text_of(divergence.reference)}, port {text_of(divergence.candidate)}"
        click.echo(f"CONTRACT {name} at {divergence.path}: {sides}", err=True)
    if missing or differing:
        sys.exit(1 if differing else 3)


def _plan(
    *,
    subject: str,
    batch_size: int | None,
    timeout_sec: float,
    candidate_exes: Sequence[str],
    candidate_modules: Sequence[str],
    waivers_file: Path | None,
    **numbers: Any,
) -> FuzzPlan:
    return FuzzPlan(
        subject=subject,
        batch_size=batch_size or (250 if subject == "reducer" else 20),
        candidate_exes=tuple(candidate_exes),
        candidate_modules=tuple(candidate_modules),
        waivers=tuple(waiver.to_json() for waiver in given_waivers(waivers_file, subject)),
        timeout_sec=timeout_sec if subject == "reducer" or given("timeout_sec") else _case_sec(),
        **numbers,
    )


def _with_its_waivers(plan: FuzzPlan) -> FuzzPlan:
    """The plan without the waivers of ports that it does not ask."""
    names = candidates_of(plan)
    return replace(plan, waivers=tuple(each for each in plan.waivers if each.get("port") in (None, *names)))


def _case_sec() -> float:
    from harness.subjects.detector.ports.isolation import CASE_SEC

    return CASE_SEC


def _made(url: str) -> str:
    """The address, with the folder of a SQLite file made. Raises `LedgerError`."""
    path = file_of(url)
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(f"--ledger {url}: its folder cannot be made ({error.strerror})") from error
    return url


def _there(url: str, run_id: str) -> str:
    """The address of a ledger that is there already, if it is a file. Raises `LedgerError`."""
    path = file_of(url)
    if path is not None and not path.exists():
        raise LedgerError(f"--resume {run_id}: there is no ledger at {path}; name the run's own with --ledger")
    return url
