"""`parity mutants`."""

from __future__ import annotations

import fnmatch
import os
import resource
import time
from collections.abc import Mapping, Sequence

import click
from rich.console import Console

from harness.cli.options import SUBJECTS, given, json_option
from harness.cli.output import console_for
from harness.engine.replay import as_json
from harness.mutants.build import COMPILED, hunt_compiled
from harness.mutants.catalogue import Mutant, all_mutants
from harness.mutants.equivalents import Equivalent, EquivalentsError, equivalents_of
from harness.mutants.forks import Forks
from harness.mutants.historical import GoneError
from harness.mutants.hunt import MEMORY_BYTES_MAX, Planted
from harness.mutants.report import Row, exit_code_of, print_report, to_json
from harness.subjects.registry import SUBJECT, Subject


@click.command()
@click.option("--subject", type=click.Choice(SUBJECTS), default="reducer", show_default=True, help="What to plant bugs in.")
@click.option("--sequences", type=click.IntRange(1), help="Cases until a mutant has survived; 2000, or 300 of the detector.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the cases.")
@click.option("--workers", type=click.IntRange(1), help="Mutants at a time; as many as there are CPUs.")
@click.option("--only", metavar="PATTERN", help="Mutants whose id matches, like 'pricing:*' or 'historical:*'.")
@click.option("--shrink", type=click.IntRange(0), default=40, show_default=True, help="So many kills are shrunk, as a sample.")
@click.option("--compiled", is_flag=True, help="Build bugs into copies of the compiled ports instead: 'haskell:*', 'rust:*'.")
@json_option
def mutants(
    subject: str,
    sequences: int | None,
    seed: int,
    workers: int | None,
    only: str | None,
    shrink: int,
    compiled: bool,
    as_data: bool,
) -> int:
    """Plants bugs in copies of the reference and tells which the generated cases find, and how soon."""
    _refuse_idle(subject, compiled=compiled)
    _refuse_little_memory()
    console = console_for(as_data=as_data)
    started = time.monotonic()
    if compiled:
        rows = _compiled(console, only, seed, sequences)
        return _told(console, rows, {}, time.monotonic() - started, as_data=as_data)
    about = SUBJECT[subject]
    missing = about.missing()
    if missing is not None:
        click.echo(f"MISSING: port python: {missing}", err=True)
        return 3
    wanted, equivalent = _wanted(about, only)
    count = sequences or about.sequences
    console.print(f"{len(wanted)} mutants, up to {count} cases of seed {seed} each", markup=False)
    with about.limits():
        forks = Forks(
            about.prepare(seed, count),
            workers=workers or os.cpu_count() or 1,
            shrunk=_sample(wanted, set(equivalent), shrink) if about.shrinks else frozenset(),
            hunter=about.hunter,
        )
        rows = []
        for mutant, hunted in forks.run(wanted):
            rows.append(Row(mutant=mutant, hunted=hunted, equivalent=equivalent.get(mutant.id)))
            _tell(console, rows, len(wanted), time.monotonic() - started)
    order = {each.id: number for number, each in enumerate(wanted)}
    rows.sort(key=lambda row: order[row.mutant.id])
    return _told(console, rows, about.source.beyond, time.monotonic() - started, as_data=as_data)


def _refuse_idle(subject: str, *, compiled: bool) -> None:
    """Refuse what would have no effect; silence would promise what does not happen."""
    if given("shrink") and (compiled or not SUBJECT[subject].shrinks):
        about = "--compiled, where every case of the reducer is shrunk" if compiled else f"the {subject}"
        raise click.UsageError(f"--shrink: means nothing to {about}; leave it out")
    for name in ("subject", "workers"):
        if compiled and given(name):
            raise click.UsageError(f"--{name}: means nothing to --compiled; leave it out, and choose with --only 'rust:*'")


def _refuse_little_memory() -> None:
    """Refuse a limit of the shell's under which a mutant would seem to fail that only had too little memory."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < MEMORY_BYTES_MAX:
        raise click.UsageError(f"ulimit -v: is {limit // 1024}, and a mutant may need {MEMORY_BYTES_MAX // 1024}; raise it")


def _told(console: Console, rows: Sequence[Row], beyond: Mapping[str, str], seconds: float, *, as_data: bool) -> int:
    print_report(console, rows, beyond, seconds)
    if as_data:
        click.echo(as_json(to_json(rows, beyond, seconds)))
    return exit_code_of(rows)


def _compiled(console: Console, only: str | None, seed: int, sequences: int | None) -> list[Row]:
    """Build and hunt the bugs of the compiled ports. Raises `UsageError`."""
    bugs = [bug for bug in COMPILED if only is None or fnmatch.fnmatchcase(bug.id, only)]
    if not bugs:
        raise click.UsageError(f"--only {only!r}: no compiled bug has such an id; they look like {COMPILED[0].id}")
    console.print(f"{len(bugs)} compiled bugs, one after the other", markup=False)
    rows = []
    try:
        for bug, hunted in hunt_compiled(
            bugs,
            seed=seed,
            haskell_sequences=sequences or SUBJECT["reducer"].sequences,
            rust_sequences=sequences or SUBJECT["detector"].sequences,
        ):
            rows.append(Row(mutant=bug, hunted=hunted))
            console.print(f"{rows[-1].status} {bug.id}: {bug.change}", markup=False, soft_wrap=True)
    except GoneError as error:
        raise click.UsageError(str(error)) from error
    return rows


def _wanted(about: Subject, only: str | None) -> tuple[list[Planted], dict[str, Equivalent]]:
    """The mutants to hunt, and which of all are argued to be equivalent. Raises `UsageError`."""
    made = all_mutants(about.source)
    try:
        equivalent = equivalents_of(made, about.equivalents)
        for bug in about.historical:
            bug.tree()
    except (EquivalentsError, GoneError) as error:
        raise click.UsageError(str(error)) from error
    every: list[Planted] = [*about.historical, *made]
    wanted = [each for each in every if only is None or fnmatch.fnmatchcase(each.id, only)]
    if not wanted:
        raise click.UsageError(f"--only {only!r}: no mutant has such an id; they look like {made[0].id}")
    return wanted, equivalent


def _sample(wanted: Sequence[Planted], equivalent: set[str], count: int) -> frozenset[str]:
    """Which kills are shrunk: every historical bug's, and of the others some, spread over the whole list."""
    others = [each.id for each in wanted if isinstance(each, Mutant) and each.id not in equivalent]
    spread = {others[number * len(others) // count] for number in range(count)} if others else set()
    return frozenset(spread | {each.id for each in wanted if not isinstance(each, Mutant)})


def _tell(console: Console, rows: Sequence[Row], wanted: int, seconds: float) -> None:
    last = rows[-1]
    if last.status in ("SURVIVED", "REFUTED", "LOST"):
        console.print(f"{last.status} {last.mutant.id}: {last.mutant.change}", markup=False, soft_wrap=True)
    if len(rows) * 20 // wanted > (len(rows) - 1) * 20 // wanted:
        left_sec = (wanted - len(rows)) / len(rows) * seconds
        console.print(f"{len(rows)} of {wanted} mutants, {seconds:.0f} s, about {left_sec:.0f} s left", markup=False)
