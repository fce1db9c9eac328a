"""`parity replay`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.cli.options import (
    NamedPath,
    candidate_option,
    candidates_of,
    json_option,
    module_option,
    refuse_foreign,
    timeout_option,
)
from harness.cli.output import EXIT_MISSING, as_json
from harness.engine.promote import check_name
from harness.engine.promote import promote as made_fixture
from harness.engine.replay import Replayed
from harness.engine.replay import replay as replayed
from harness.engine.report import text_of
from harness.engine.repro import read_repro
from harness.words import counted

DIVERGENCES_SHOWN_MAX = 10


@click.command()
@click.argument("file", type=NamedPath())
@candidate_option
@module_option
@timeout_option
@click.option("--promote", metavar="NAME", help="Make a golden fixture of the case; small letters, digits, underscores.")
@json_option
def replay(file: Path, promote: str | None, as_data: bool, timeout_sec: float | None, **options: Any) -> int:
    """Run a repro FILE again: 1 while it diverges, 0 once it no longer does."""
    repro = read_repro(file)
    refuse_foreign(repro.subject, options)
    if promote is not None:
        check_name(repro, promote)
    found = replayed(repro, candidates=candidates_of(repro.subject, options), timeout_sec=timeout_sec)
    if as_data:
        click.echo(as_json(found.to_json()))
    else:
        _tell(file, found)
    if promote is not None and found.exit_code != EXIT_MISSING:
        for path in made_fixture(repro, promote):
            click.echo(f"wrote {path}", err=as_data)
    return found.exit_code


def _tell(file: Path, found: Replayed) -> None:
    for divergence in found.divergences[:DIVERGENCES_SHOWN_MAX]:
        sides = f"reference {text_of(divergence.reference)}, candidate {text_of(divergence.candidate)}"
        click.echo(f"{divergence.path}: {sides}")
    if found.majority is not None:
        click.echo(found.majority.sentence)
    words = {0: "no longer diverges", 1: "still diverges", 3: f"cannot be replayed: {found.missing}"}
    if found.asked_before:
        after = f"after the {counted(found.asked_before, 'case')} before it"
        words |= {0: f"is flaky: it does not diverge this time, {after}", 1: f"still diverges {after}"}
    click.echo(f"{file} {words[found.exit_code]} (port {found.port})")
