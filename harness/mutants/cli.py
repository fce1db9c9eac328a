"""`parity mutants`."""

from __future__ import annotations

import fnmatch
import os
import time
from collections.abc import Sequence

import click
from rich.console import Console

from harness.beyond import BEYOND_THE_WIRE
from harness.commands import as_json
from harness.mutants.catalogue import Mutant, all_mutants
from harness.mutants.equivalents import EquivalentsError, equivalents_of
from harness.mutants.forks import Forks
from harness.mutants.historical import HISTORICAL, GoneError
from harness.mutants.hunt import Planted, prepare
from harness.mutants.known import EQUIVALENTS
from harness.mutants.report import Row, exit_code_of, print_report, to_json
from harness.options import SUBJECTS, json_option
from harness.output import console_for

EVENTS_MAX = 56


@click.command()
@click.option("--subject", type=click.Choice(SUBJECTS), default="reducer", show_default=True, help="What to plant bugs in.")
@click.option("--sequences", type=click.IntRange(1), default=2000, show_default=True, help="Cases until a mutant has survived.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the cases.")
@click.option("--workers", type=click.IntRange(1), help="Mutants at a time; as many as there are CPUs.")
@click.option("--only", metavar="PATTERN", help="Mutants whose id matches, like 'pricing:*' or 'historical:*'.")
@click.option("--shrink", type=click.IntRange(0), default=40, show_default=True, help="So many kills are shrunk, as a sample.")
@json_option
def mutants(subject: str, sequences: int, seed: int, workers: int | None, only: str | None, shrink: int, as_data: bool) -> int:
    """Plants bugs in copies of the reference and tells which the generated cases find, and how soon."""
    if subject != "reducer":
        raise click.UsageError(f"--subject {subject}: only the reducer has mutants so far")
    console = console_for(as_data=as_data)
    started = time.monotonic()
    made = all_mutants()
    try:
        equivalent = equivalents_of(made, EQUIVALENTS)
        for bug in HISTORICAL:
            bug.tree()
    except (EquivalentsError, GoneError) as error:
        raise click.UsageError(str(error)) from error
    every: list[Planted] = [*HISTORICAL, *made]
    wanted = [each for each in every if only is None or fnmatch.fnmatchcase(each.id, only)]
    if not wanted:
        raise click.UsageError(f"--only {only!r}: no mutant has such an id; they look like {made[0].id}")
    console.print(f"{len(wanted)} mutants, up to {sequences} cases of seed {seed} each", markup=False)
    cases = prepare(seed, sequences, EVENTS_MAX)
    forks = Forks(cases, workers=workers or os.cpu_count() or 1, shrunk=_sample(wanted, set(equivalent), shrink))
    rows = []
    for mutant, hunted in forks.run(wanted):
        rows.append(Row(mutant=mutant, hunted=hunted, equivalent=equivalent.get(mutant.id)))
        _tell(console, rows, len(wanted), time.monotonic() - started)
    order = {each.id: number for number, each in enumerate(wanted)}
    rows.sort(key=lambda row: order[row.mutant.id])
    seconds = time.monotonic() - started
    print_report(console, rows, BEYOND_THE_WIRE, seconds)
    if as_data:
        click.echo(as_json(to_json(rows, BEYOND_THE_WIRE, seconds)))
    return exit_code_of(rows)


def _sample(wanted: Sequence[Planted], equivalent: set[str], count: int) -> frozenset[str]:
    """Which kills are shrunk: every historical bug's, and of the others some, spread over the whole list."""
    others = [each.id for each in wanted if isinstance(each, Mutant) and each.id not in equivalent]
    spread = {others[number * len(others) // count] for number in range(count)} if others else set()
    return frozenset(spread | {each.id for each in wanted if not isinstance(each, Mutant)})


def _tell(console: Console, rows: Sequence[Row], wanted: int, seconds: float) -> None:
    last = rows[-1]
    if last.status in ("SURVIVED", "REFUTED"):
        console.print(f"{last.status} {last.mutant.id}: {last.mutant.change}", markup=False, soft_wrap=True)
    if len(rows) * 20 // wanted > (len(rows) - 1) * 20 // wanted:
        left_sec = (wanted - len(rows)) / len(rows) * seconds
        console.print(f"{len(rows)} of {wanted} mutants, {seconds:.0f} s, about {left_sec:.0f} s left", markup=False)
