"""`parity bench`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from generators.errors import ParityError
from harness.bench.tables import VERDICTS, print_result, to_json
from harness.cli.options import evidence_options, json_option, refuse_foreign, subject_option
from harness.cli.output import EXIT_MISSING, as_json, console_for
from harness.cli.recorded import draft_of, recorded, tell
from harness.evidence.figures import bands_of, of_bench, ports_of, targets_of
from harness.panel import PortRequest
from harness.subjects.registry import subject_called


@click.command()
@subject_option()
@click.option("--candles", type=click.Path(path_type=Path), help="A file of candles to run on.")
@click.option("--rounds", type=click.IntRange(1, 1000), default=7, show_default=True, help="Rounds; ratios are per round.")
@click.option("--cpu", type=click.IntRange(0), help="The CPU that all processes share; the first allowed one by default.")
@click.option("--check", is_flag=True, help="Exit with 1 where a target is not met, with 3 where it cannot be told.")
@evidence_options
@json_option
def bench(
    subject: str, rounds: int, cpu: int | None, check: bool, url: str, unrecorded: bool, as_data: bool, **options: Any
) -> int:
    """The speed of every port, side by side in one run, as ratios."""
    about = subject_called(subject)
    refuse_foreign(about, options)
    if about.benchmark is None:
        raise ParityError(f"bench: the subject {subject} has no benchmark")
    draft = draft_of("bench", about)
    with recorded(url, draft, unrecorded=unrecorded, as_data=as_data):
        result = about.benchmark.measure(options["candles"], rounds, cpu)
        missed = {True: 0, False: 1, None: EXIT_MISSING}[result.met]
        with about.open(PortRequest()) as panel:
            draft.ports = ports_of(panel)
        draft.figures, draft.samples = of_bench(result), bands_of(result)
        draft.details = {"problems": list(result.problems), "cpu": result.cpu, "targets": targets_of(result)}
        draft.conclude("NOT VALID" if result.problems else VERDICTS[result.met], 1 if result.problems else missed)
        if as_data:
            click.echo(as_json({**to_json(subject, result), "evidence": None if unrecorded else draft.id}))
        else:
            tell(draft)
            print_result(result, console_for(as_data=False))
    return 1 if result.problems else missed if check else 0
