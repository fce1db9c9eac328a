"""`parity shadow report`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from harness.cli.asked import seconds_of
from harness.cli.options import evidence_options, json_option, subject_option
from harness.cli.output import as_json, console_for
from harness.cli.recorded import draft_of, recorded, tell
from harness.dashboard.words import minute
from harness.evidence.digests import built_in
from harness.evidence.statement import Figure
from harness.gate.policy import Criterion, read_policy
from harness.shadow.finds import finds_in
from harness.shadow.journals import COUNTS, journals_in
from harness.shadow.period import Period, period_of
from harness.subjects.registry import subject_called
from harness.words import counted

FINDS_MAX, GAPS_MAX = 20, 10


@click.group(name="shadow")
def shadow() -> None:
    """What a shadow beside the bot has seen."""


@shadow.command(name="report")
@subject_option()
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("reports/shadow"),
    show_default=True,
    help="Where the bot's shadows write.",
)
@click.option("--since", metavar="TIME", help="As in 2026-02-16T12:00:00+00:00; the first journal by default.")
@click.option("--until", metavar="TIME", help="The same; the last line by default.")
@evidence_options
@json_option
def report(subject: str, folder: Path, since: str | None, until: str | None, url: str, unrecorded: bool, as_data: bool) -> int:
    """Add up a period over all processes of the bot: hours covered, gaps, drops, divergences by severity.

    Only journals of the reference and the candidate that are here now count. Exit code 0 without a divergence of high
    severity, 1 with one, 3 where nothing was compared.
    """
    about = subject_called(subject)
    here = about.shadowed()
    if here is None:
        raise click.UsageError(f"shadow report: the subject {subject} has no shadow")
    period = period_of(
        subject,
        journals_in(folder),
        here,
        since=None if since is None else seconds_of("--since", since),
        until=None if until is None else seconds_of("--until", until),
    )
    finds = finds_in(folder, here)
    period = period.with_finds(finds)
    with recorded(url, draft_of("shadow", about), unrecorded=unrecorded, as_data=as_data) as draft:
        draft.ports = built_in(about)
        draft.figures = {
            "covered_hours": Figure(period.covered_hours, "h"),
            "coverage": Figure(period.coverage),
            "gaps": Figure(len(period.gaps)),
            **{name: Figure(period.counts[name]) for name in COUNTS},
        }
        draft.details |= {"period": period.to_json(), "finds": finds}
        draft.conclude(period.verdict, period.exit_code)
        if as_data:
            click.echo(as_json({**period.to_json(), "evidence": None if unrecorded else draft.id}))
        else:
            _print(period, finds)
            tell(draft)
            click.echo(_sentence(period, read_policy().criteria))
    return period.exit_code


def _print(period: Period, finds: Sequence[Mapping[str, Any]]) -> None:
    console = console_for(as_data=False)
    counts = period.counts
    if period.start is not None and period.end is not None:
        console.print(
            f"{minute(period.start)} to {minute(period.end)} UTC, {counted(period.processes, 'process')}", markup=False
        )
    told = ", ".join(f"{counts[name]:,} {name}" for name in COUNTS)
    console.print(f"calls: {told}", markup=False)
    for gap in period.gaps[:GAPS_MAX]:
        console.print(f"GAP {minute(gap.start)} to {minute(gap.end)} UTC: {gap.hours:.1f} h", markup=False)
    if len(period.gaps) > GAPS_MAX:
        console.print(f"and {counted(len(period.gaps) - GAPS_MAX, 'more gap')}", markup=False)
    if period.foreign:
        console.print(f"{counted(period.foreign, 'journal')} of another reference or candidate left out", markup=False)
    if period.damaged:
        console.print(f"{counted(period.damaged, 'line')} that cannot be read left out", markup=False)
    if period.control["compared"]:
        differing = period.control["high"] + period.control["low"]
        console.print(f"control: {period.control['compared']:,} compared, {differing} differ: the noise floor", markup=False)
    for find in finds[:FINDS_MAX]:
        told = f"parity replay {find['repro']}" if "repro" in find else find["kept"]
        console.print(f"FIND {told}", markup=False, soft_wrap=True)


def _sentence(period: Period, criteria: Sequence[Criterion]) -> str:
    """The verdict in a line, with what the policy asks for."""
    wanted = max(
        (
            each.least(period.subject)
            for criterion in criteria
            if criterion.kind == "shadow" and period.subject in criterion.subjects
            for each in criterion.sample
            if each.figure == "covered_hours"
        ),
        default=0.0,
    )
    hours, share = f"{period.covered_hours:.1f} of {wanted:g} hours", f"{100.0 * period.coverage:.2f} % of the calls"
    counts = period.counts
    return f"{period.verdict}: {hours} covered, {share}, {counts['high']} divergent of high severity, {counts['low']} of low"
