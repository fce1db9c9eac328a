"""`parity exhaust`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from harness.cli.options import (
    Seconds,
    candidate_option,
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
from harness.cli.recorded import draft_of, foretell, recorded, tell
from harness.engine.repro import check_reports_dir, write_repro
from harness.evidence.figures import of_exhaust, ports_of
from harness.evidence.recorder import Draft
from harness.evidence.statement import ERROR
from harness.exhaust.branches import measure
from harness.exhaust.explore import EXACT, VIEW, Options
from harness.exhaust.report import Outcome, print_outcome
from harness.exhaust.run import ExplorationError, exhaustion_of, explore_all
from harness.exhaustion import Exhaustion, Explored, Shown
from harness.panel import REFERENCE, MissingPortError, Panel, PortRequest
from harness.subject import Subject
from harness.subjects.registry import subject_called

BOUNDS = ("depth", "seconds", "merge")
# A bounded exploration does not stand for a whole one, and takes nothing from one, unless it found something.
EXHAUST, BOUNDED = "exhaust", "exhaust-bounded"


@click.command()
@subject_option()
@click.option("--world", "worlds", multiple=True, metavar="NAME", help="A world to explore; all of them by default.")
@click.option("--small", is_flag=True, help="Leave out the worlds with more than 10,000 states.")
@click.option("--list", "listed", is_flag=True, help="Name the worlds, and explore nothing.")
@click.option("--branches", is_flag=True, help="Tell the branches of the reference that the worlds do not take, and no more.")
@click.option("--merge", type=click.Choice((VIEW, EXACT)), default=VIEW, show_default=True, help="Which states count as one.")
@click.option("--depth", type=click.IntRange(1), help="So many events and no more; --merge exact needs it.")
@click.option("--seconds", type=Seconds(1.0, 864_000.0), help="Of each world; then it is reported as not closed.")
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses the merges that are checked.")
@click.option("--workers", type=click.IntRange(1), help="Processes, each with a world at a time; by default one for each CPU.")
@click.option("--ports", metavar="NAMES", help="Ports to ask, separated by commas; by default those of a fuzz run.")
@timeout_option
@candidate_option
@module_option
@reports_option
@evidence_options
@json_option
def exhaust(
    subject: str,
    worlds: tuple[str, ...],
    small: bool,
    listed: bool,
    branches: bool,
    workers: int | None,
    ports: str | None,
    reports_dir: Path,
    url: str,
    unrecorded: bool,
    as_data: bool,
    **options: Any,
) -> int:
    """Every state of small, closed worlds through every port, explored to the end.

    A world has few prices and whole timeouts, so that the states which any sequence of events can lead to are finitely many.
    """
    about = subject_called(subject)
    refuse_foreign(about, options)
    exhaustion = exhaustion_of(about)
    if options["merge"] == EXACT and options["depth"] is None:
        raise click.UsageError("--merge exact: ids and totals grow for ever; bound it with --depth")
    chosen = _chosen(exhaustion, worlds, small=small)
    if listed:
        refuse_given(["worlds", "small", *BOUNDS, "ports", "candidate_exes"], "means nothing to --list; leave it out")
        for world in exhaustion.worlds():
            click.echo(f"{world.name}{' (large)' if world.large else ''}: {world.why}")
        return 0
    if branches:
        refuse_given([*BOUNDS, "seed", "workers"], "means nothing to --branches; leave it out")
        return _tell_branches(about, exhaustion, chosen, as_data=as_data)
    check_reports_dir(reports_dir)
    named = port_names(ports, with_candidates=bool(request_of(about, options).candidates))
    request = request_of(about, options, named or (REFERENCE, *about.defaults.night_ports))
    bounds = Options(merge=options["merge"], depth=options["depth"], seconds=options["seconds"], seed=options["seed"])
    draft = draft_of(BOUNDED if bounds.bounded else EXHAUST, about, seed=bounds.seed)
    console = console_for(as_data=as_data)
    with recorded(url, draft, unrecorded=unrecorded, as_data=as_data):
        with about.open(request) as panel:
            draft.ports = ports_of(panel)
            missing = _missing(panel)
            found = [] if missing else _explored(draft, about.name, chosen, request, bounds, workers, console)
            ports_asked = [] if missing else panel.candidates
            outcome = Outcome(worlds=found, options=bounds, ports=ports_asked, missing=missing, bound=exhaustion.bound)
            repros = _repros(about, panel, outcome, reports_dir)
        if outcome.divergent or outcome.faults:
            draft.kind = EXHAUST
        draft.figures = of_exhaust(outcome)
        draft.details = {"merge": bounds.merge, "depth": bounds.depth, "worlds": outcome.to_json()["worlds"]}
        draft.conclude(outcome.word, outcome.exit_code)
        if as_data:
            tell(draft)
            flaky = [path for path, is_flaky in repros.items() if is_flaky]
            more = {"repros": list(repros), "flaky": flaky, "evidence": None if unrecorded else draft.id}
            click.echo(as_json({**outcome.to_json(), **more}))
        else:
            for path, is_flaky in repros.items():
                told = "  FLAKY: asked again, the port agrees" if is_flaky else ""
                console.print(f"parity replay {path}{told}", markup=False, soft_wrap=True)
            tell(draft)
            print_outcome(console, outcome)
    return outcome.exit_code


def _explored(
    draft: Draft, subject: str, names: list[str], request: PortRequest, bounds: Options, workers: int | None, console: Console
) -> list[Explored]:
    """Explore worlds, with a line for each that is done."""
    foretell(draft)

    def listen(explored: Explored) -> None:
        console.print(_line(explored), markup=False, soft_wrap=True)

    try:
        return explore_all(subject, names, request, bounds, workers=workers or os.cpu_count() or 1, listen=listen)
    except ExplorationError:
        # It is no bad input, so the record that was foretold is left.
        draft.verdict = ERROR
        raise


def _tell_branches(about: Subject[Any], exhaustion: Exhaustion[Any, Any, Any], names: list[str], *, as_data: bool) -> int:
    """Print the branches that worlds do not take. Exit code 1 where one has no reason."""
    request = PortRequest(names=(REFERENCE, *about.defaults.night_ports))
    with about.open(request) as panel:
        missing = _missing(panel)
    if missing:
        raise MissingPortError(f"exhaust: {missing[0]}")
    found = measure(exhaustion, about.name, names, request)
    click.echo(as_json(found.to_json()) if as_data else found.text)
    return int(bool(found.unexplained))


def _chosen(exhaustion: Exhaustion[Any, Any, Any], wanted: tuple[str, ...], *, small: bool) -> list[str]:
    """The names of the worlds to explore. Raises `UsageError` for a name that is none."""
    known = {world.name: world for world in exhaustion.worlds()}
    for name in wanted:
        if name not in known:
            raise click.UsageError(f"--world {name!r}: is no world; --list names them")
    found = [name for name, world in known.items() if (name in wanted or not wanted) and not (small and world.large)]
    if not found:
        raise click.UsageError("--small: leaves none of the worlds that --world names")
    return found


def _missing(panel: Panel[Any]) -> list[str]:
    """A sentence for each port that cannot be asked."""
    rows = panel.examine()[1:]
    return [
        f"port {row.name}: {row.availability.sentence if not row.availability.available else row.verdict.lower()}"
        for row in rows
        if not row.usable
    ]


def _line(explored: Explored) -> str:
    closed = "closed" if explored.closed else f"NOT CLOSED at depth {explored.depth}"
    divergent = sum(explored.divergent.values())
    return f"{explored.world}: {explored.states:,} states, {closed}, {divergent} divergent, {explored.seconds:.0f} s"


def _repros(about: Subject[Any], panel: Panel[Any], outcome: Outcome, reports_dir: Path) -> dict[str, bool]:
    """Write the first divergence of each kind, one that is not flaky if there is one; whether it is, by path."""
    first: dict[tuple[str, str], Shown] = {}
    every = [shown for world in outcome.worlds for shown in world.shown]
    for shown in sorted(every, key=lambda shown: shown.flaky):
        first.setdefault((shown.port, shown.divergences[0].fingerprint), shown)
    written = {}
    for shown in first.values():
        path = write_repro(
            reports_dir,
            subject=about,
            case=about.cases.from_json(shown.case),
            divergences=shown.divergences,
            port=shown.port,
            candidate=panel.candidate_of(shown.port),
        )
        written[str(path)] = shown.flaky
    return written
