"""`parity bench`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from generators.errors import ParityError
from harness.against.compare import EXIT_CODES, PAIRS, compare, python_of, refuse_itself, word_of
from harness.bench.tables import VERDICTS, print_result, to_json
from harness.bench.timing import one_cpu
from harness.cli.options import NamedPath, evidence_options, json_option, refuse_foreign, refuse_given, subject_option
from harness.cli.output import EXIT_MISSING, as_json, console_for
from harness.cli.recorded import draft_of, foretell, recorded, tell
from harness.evidence.figures import bands_of, of_bench, ports_of, targets_of
from harness.evidence.recorder import Draft
from harness.evidence.statement import Figure
from harness.fuzz.rate import with_rate
from harness.panel import PortRequest
from harness.subjects.registry import subject_called
from harness.words import counted

ROUNDS = 7


@click.command()
@subject_option()
@click.option("--candles", type=NamedPath(), help="A file of candles to run on.")
@click.option("--rounds", type=click.IntRange(1, 1000), help=f"{ROUNDS} by default; with --against pairs, {PAIRS} by default.")
@click.option("--cpu", type=click.IntRange(0), help="The CPU that all processes share; the first allowed one by default.")
@click.option("--check", is_flag=True, help="Exit with 1 where a target is not met, with 3 where it cannot be told.")
@click.option("--against", metavar="DIR", type=NamedPath(), help="Another built checkout: is this one slower?")
@evidence_options
@json_option
def bench(
    subject: str,
    rounds: int | None,
    cpu: int | None,
    check: bool,
    against: Path | None,
    url: str,
    unrecorded: bool,
    as_data: bool,
    **options: Any,
) -> int:
    """The speed of every port, side by side in one run, as ratios; or of two builds, alternately."""
    about = subject_called(subject)
    refuse_foreign(about, options)
    # Imported here because numpy takes long to load.
    from generators.candles import read_candles

    if about.benchmark is None:
        raise ParityError(f"bench: the subject {subject} has no benchmark")
    draft = draft_of("bench" if against is None else "bench-against", about)
    with recorded(url, draft, unrecorded=unrecorded, as_data=as_data):
        with about.open(PortRequest()) as panel:
            draft.ports = ports_of(panel)
        if against is not None:
            refuse_given(["candles", "check"], "means nothing to --against; leave it out")
            return _against(draft, subject, against, rounds or PAIRS, cpu, as_data=as_data)
        if options["candles"] is not None:
            read_candles(options["candles"])
        foretell(draft)
        result = about.benchmark.measure(options["candles"], rounds or ROUNDS, cpu)
        result = with_rate(result, about, about.benchmark, rounds or ROUNDS, cpu)
        missed = {True: 0, False: 1, None: EXIT_MISSING}[result.met]
        draft.figures, draft.samples = of_bench(result), bands_of(result)
        draft.details = {"problems": list(result.problems), "cpu": result.cpu, "targets": targets_of(result)}
        draft.conclude("NOT VALID" if result.problems else VERDICTS[result.met], 1 if result.problems else missed)
        if as_data:
            tell(draft)
            click.echo(as_json({**to_json(subject, result), "evidence": None if unrecorded else draft.id}))
        else:
            tell(draft)
            print_result(result, console_for(as_data=False))
    return 1 if result.problems else missed if check else 0


def _against(draft: Draft, subject: str, other: Path, pairs: int, cpu: int | None, *, as_data: bool) -> int:
    """Compare this build with another one, call by call. Exit code 1 where it is slower, 3 where that cannot be told."""
    refuse_itself(other)
    python_of(other.resolve())
    foretell(draft)
    with one_cpu(cpu):
        found = compare(subject, other, pairs)
    word = word_of(found)
    draft.figures = {each.name: Figure(each.ratio, "ratio") for each in found}
    draft.samples = {each.name: each.ratios for each in found}
    draft.conclude(word, EXIT_CODES[word])
    if as_data:
        tell(draft)
        rows = [{**asdict(each), "verdict": each.verdict} for each in found]
        click.echo(as_json({"exit_code": EXIT_CODES[word], "verdict": word, "calls": rows, "evidence": draft.id}))
        return EXIT_CODES[word]
    table = Table("call", "this / other", "from", "to", "verdict", title="Seconds of this build over the other's")
    for each in found:
        table.add_row(each.name, *(f"{value:.3f}" for value in (each.ratio, each.low, each.high)), each.verdict)
    tell(draft)
    console_for(as_data=False).print(table)
    click.echo(f"{word}: {counted(len(found), 'call')}, {counted(pairs, 'pair')} of processes")
    return EXIT_CODES[word]
