"""`parity mutants`."""

from __future__ import annotations

import fnmatch
import os
import resource
import time
from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.console import Console

from generators.errors import ParityError
from harness.cli.options import evidence_options, given, json_option, refuse_given, subject_option
from harness.cli.output import as_json, console_for
from harness.cli.recorded import draft_of, foretell, recorded, tell
from harness.evidence.figures import counts, of_mutants, survivors_of
from harness.evidence.recorder import Draft
from harness.mutants.build import hunt_compiled
from harness.mutants.catalogue import Mutant, all_mutants
from harness.mutants.equivalents import Equivalent, equivalents_of
from harness.mutants.forks import Forks
from harness.mutants.hunt import MEMORY_BYTES_MAX, Injected, prepare
from harness.mutants.mutations import Mutations
from harness.mutants.report import Row, exit_code_of, print_report, to_json
from harness.panel import REFERENCE, MissingPortError, PortRequest
from harness.subject import Subject
from harness.subjects.registry import names, subject_called
from harness.words import counted

# A word at every so many-th part of the way.
PARTS = 20


@click.command()
@subject_option()
@click.option("--sequences", type=click.IntRange(1), help="Cases that a mutant must survive; by default as suits the subject.")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides about every case.")
@click.option("--workers", type=click.IntRange(1), help="Mutants at a time; by default one for each CPU.")
@click.option("--only", metavar="PATTERN", help="Mutants whose id matches, like 'pricing:*' or 'historical:*'.")
@click.option("--shrink", type=click.IntRange(0), default=40, show_default=True, help="So many kills are shrunk, as a sample.")
@click.option("--compiled", is_flag=True, help="Build bugs into copies of the compiled ports instead: 'haskell:*', 'rust:*'.")
@evidence_options
@json_option
def mutants(
    subject: str,
    sequences: int | None,
    seed: int,
    workers: int | None,
    only: str | None,
    shrink: int,
    compiled: bool,
    url: str,
    unrecorded: bool,
    as_data: bool,
) -> int:
    """Plants bugs in copies of the reference and tells which the generated cases find, and how soon."""
    console = console_for(as_data=as_data)
    if compiled:
        _refuse_idle()
        with recorded(url, draft_of("mutants-compiled", None, seed=seed), unrecorded=unrecorded, as_data=as_data) as draft:
            started = time.monotonic()
            rows = _compiled(console, draft, only, seed, sequences)
            draft.details["whole"] = only is None and (sequences or _compiled_needs()) >= _compiled_needs()
            code = _told(console, draft, rows, {}, started, as_data=as_data)
            _tell_few(console, code, sequences, _compiled_needs())
            return code
    about = subject_called(subject)
    mutations = about.mutations
    if mutations is None:
        raise ParityError(f"mutants: the subject {subject} names nothing to mutate")
    if given("shrink") and not mutations.shrinks:
        raise click.UsageError(f"--shrink: means nothing to the subject {subject}; leave it out")
    _refuse_little_memory()
    with recorded(url, draft_of("mutants", about, seed=seed), unrecorded=unrecorded, as_data=as_data) as draft:
        return _hunt(console, draft, mutations, sequences or mutations.sequences, workers, only, shrink, as_data=as_data)


def _hunt(
    console: Console,
    draft: Draft,
    mutations: Mutations,
    count: int,
    workers: int | None,
    only: str | None,
    shrink: int,
    *,
    as_data: bool,
) -> int:
    """Hunt the mutants of a subject, and tell what became of them."""
    started = time.monotonic()
    about, seed = draft.about, draft.seed
    assert about is not None
    assert seed is not None
    wanted, equivalent = _wanted(mutations, only)
    foretell(draft)
    console.print(f"{counted(len(wanted), 'mutant')}, up to {counted(count, 'case')} of seed {seed} each", markup=False)
    shrunk = _sample(wanted, set(equivalent), shrink) if mutations.shrinks else frozenset()
    rows = []
    with mutations.limits():
        forks = _forks(about, mutations, seed, count, workers or os.cpu_count() or 1, shrunk)
        for mutant, hunted in forks.run(wanted):
            rows.append(Row(mutant=mutant, hunted=hunted, equivalent=equivalent.get(mutant.id)))
            _tell(console, rows, len(wanted), time.monotonic() - started)
    order = {each.id: number for number, each in enumerate(wanted)}
    rows.sort(key=lambda row: order[row.mutant.id])
    draft.details["whole"] = only is None and count >= mutations.sequences
    code = _told(console, draft, rows, mutations.source.unreachable, started, as_data=as_data)
    _tell_few(console, code, count, mutations.sequences)
    return code


def _tell_few(console: Console, code: int, sequences: int | None, needed: int) -> None:
    """Explain a verdict that so few cases cannot but give: a mutant that survived them may well be killed by more."""
    if code == 1 and sequences is not None and sequences < needed:
        console.print(
            f"{counted(sequences, 'case', ('is', 'are'))} too few to conclude anything from a mutant that survived; "
            f"here a mutant is given {needed}: leave --sequences out, or name {needed} or more",
            markup=False,
            soft_wrap=True,
        )


def _compiled_needs() -> int:
    mutations = [about.mutations for about in map(subject_called, names())]
    return max(each.sequences for each in mutations if each is not None)


def _forks(about: Subject[Any], mutations: Mutations, seed: int, count: int, workers: int, shrunk: frozenset[str]) -> Forks:
    with about.open(PortRequest(names=(REFERENCE,))) as panel:
        reference = panel.examine()[0].availability
        if not reference.available:
            raise MissingPortError(f"{reference.word}: port {REFERENCE}: {reference.sentence}")
        trace = mutations.source.package if mutations.traced else None
        cases = list(prepare(about, panel, seed, count, trace=trace))
    return Forks(about, cases, workers=workers, shrunk=shrunk)


def _refuse_idle() -> None:
    """Refuse what would have no effect; silence would promise what does not happen."""
    if given("shrink"):
        raise click.UsageError("--shrink: means nothing to --compiled, where every case that can be shrunk is; leave it out")
    refuse_given(("subject", "workers"), "means nothing to --compiled; leave it out, and choose with --only 'rust:*'")


def _refuse_little_memory() -> None:
    """Refuse a limit of the shell's under which a mutant would seem to fail that only had too little memory."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < MEMORY_BYTES_MAX:
        raise click.UsageError(f"ulimit -v: is {limit // 1024}, and a mutant may need {MEMORY_BYTES_MAX // 1024}; raise it")


def _told(
    console: Console, draft: Draft, rows: Sequence[Row], unreachable: Mapping[str, str], started: float, *, as_data: bool
) -> int:
    """Print what became of the mutants, and conclude the evidence."""
    seconds, code = time.monotonic() - started, exit_code_of(rows)
    draft.figures = {**of_mutants(rows, seconds), **counts(whole=int(draft.details["whole"]))}
    draft.details["survivors"] = survivors_of(rows)
    draft.conclude({0: "MET", 1: "NOT MET"}.get(code, "MISSING"), code)
    tell(draft)
    print_report(console, rows, unreachable, seconds)
    if as_data:
        unrecorded = click.get_current_context().params["unrecorded"]
        click.echo(as_json({**to_json(rows, unreachable, seconds), "evidence": None if unrecorded else draft.id}))
    return code


def _compiled(console: Console, draft: Draft, only: str | None, seed: int, sequences: int | None) -> list[Row]:
    """Build and hunt the bugs of the compiled ports. Raises `UsageError` and `GoneError`."""
    subjects = [about for about in map(subject_called, names()) if about.mutations is not None]
    every = [(about, toolchain) for about in subjects if about.mutations for toolchain in about.mutations.toolchains]
    known = [bug for _, toolchain in every for bug in toolchain.bugs]
    wanted = [bug for bug in known if only is None or fnmatch.fnmatchcase(bug.id, only)]
    if not wanted:
        raise click.UsageError(f"--only {only!r}: no compiled bug has such an id; they look like {known[0].id}")
    foretell(draft)
    console.print(f"{counted(len(wanted), 'compiled bug')}, one after the other", markup=False)
    rows = []
    for about, toolchain in every:
        bugs = [bug for bug in toolchain.bugs if bug in wanted]
        count = sequences or (about.mutations.sequences if about.mutations else 0)
        for bug, hunted in hunt_compiled(about, toolchain, bugs, seed=seed, sequences=count) if bugs else ():
            rows.append(Row(mutant=bug, hunted=hunted))
            console.print(f"{rows[-1].status} {bug.id}: {bug.change}", markup=False, soft_wrap=True)
    return rows


def _wanted(mutations: Mutations, only: str | None) -> tuple[list[Injected], dict[str, Equivalent]]:
    """The mutants to hunt, and those argued to be equivalent. Raises `EquivalentsError`, `GoneError`, `UsageError`."""
    made = all_mutants(mutations.source)
    equivalent = equivalents_of(made, mutations.equivalents)
    for bug in mutations.historical:
        bug.tree()
    every: list[Injected] = [*mutations.historical, *made]
    wanted = [each for each in every if only is None or fnmatch.fnmatchcase(each.id, only)]
    if not wanted:
        raise click.UsageError(f"--only {only!r}: no mutant has such an id; they look like {made[0].id}")
    return wanted, equivalent


def _sample(wanted: Sequence[Injected], equivalent: set[str], count: int) -> frozenset[str]:
    """The ids whose kills are shrunk: every historical bug's, and of the others some, spread over the whole list."""
    others = [each.id for each in wanted if isinstance(each, Mutant) and each.id not in equivalent]
    spread = {others[number * len(others) // count] for number in range(count)} if others else set()
    return frozenset(spread | {each.id for each in wanted if not isinstance(each, Mutant)})


def _tell(console: Console, rows: Sequence[Row], wanted: int, seconds: float) -> None:
    last = rows[-1]
    if last.status in ("SURVIVED", "REFUTED", "LOST"):
        console.print(f"{last.status} {last.mutant.id}: {last.mutant.change}", markup=False, soft_wrap=True)
    if len(rows) * PARTS // wanted > (len(rows) - 1) * PARTS // wanted:
        left_sec = (wanted - len(rows)) / len(rows) * seconds
        console.print(f"{len(rows)} of {counted(wanted, 'mutant')}, {seconds:.0f} s, about {left_sec:.0f} s left", markup=False)
