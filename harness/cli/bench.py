"""`parity bench`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from generators.errors import ParityError
from harness.bench.tables import print_result, to_json
from harness.cli.options import json_option, refuse_foreign, subject_option
from harness.cli.output import EXIT_MISSING, as_json, console_for
from harness.subjects.registry import subject_called


@click.command()
@subject_option()
@click.option("--candles", type=click.Path(path_type=Path), help="A file of candles to run on.")
@click.option("--rounds", type=click.IntRange(1, 1000), default=7, show_default=True, help="Rounds; ratios are per round.")
@click.option("--cpu", type=click.IntRange(0), help="The CPU that all processes share; the first allowed one by default.")
@click.option("--check", is_flag=True, help="Exit with 1 where a target is not met, with 3 where it cannot be told.")
@json_option
def bench(subject: str, rounds: int, cpu: int | None, check: bool, as_data: bool, **options: Any) -> int:
    """The speed of every port, side by side in one run, as ratios."""
    about = subject_called(subject)
    refuse_foreign(about, options)
    if about.benchmark is None:
        raise ParityError(f"bench: the subject {subject} has no benchmark")
    result = about.benchmark.measure(options["candles"], rounds, cpu)
    if as_data:
        click.echo(as_json(to_json(subject, result)))
    else:
        print_result(result, console_for(as_data=False))
    missed = {True: 0, False: 1, None: EXIT_MISSING}[result.met] if check else 0
    return 1 if result.problems else missed
