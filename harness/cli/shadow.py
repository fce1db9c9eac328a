"""`parity shadow report`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from doge_shadow.face import RESTING
from harness.cli.asked import asked_period
from harness.cli.options import NamedPath, evidence_options, json_option, subject_option
from harness.cli.output import EXIT_MISSING, as_json, printable
from harness.cli.recorded import draft_of, recorded, tell
from harness.dashboard.words import ago, minute
from harness.evidence.digests import adapted
from harness.evidence.statement import Figure
from harness.gate.policy import Criterion, read_policy
from harness.shadow.finds import finds_in
from harness.shadow.journals import COUNTS, Journals, journals_in
from harness.shadow.period import LEFT_OUT, Period, period_of
from harness.subjects.registry import subject_called
from harness.words import counted

FINDS_MAX, GAPS_MAX, HOLES_MAX = 20, 10, 10
# The kind of evidence that a gate asks for.
KIND = "shadow"


@click.group(name="shadow")
def shadow() -> None:
    """What a shadow beside the bot has seen."""


@shadow.command(name="report")
@subject_option()
@click.option(
    "--dir",
    "folder",
    type=NamedPath(),
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

    Only journals of the reference and the candidate that are here now count; where the bot's candidate is not the built one,
    name it as the bot does. Exit code 1 for a divergence of high severity, an answer that makes no sense, and any difference
    of the reference from itself; 3 where nothing was compared, or a journal or a line of one cannot be read; else 0.
    """
    about = subject_called(subject)
    here = about.shadowed()
    if here is None:
        raise click.UsageError(f"shadow report: the subject {subject} has no shadow")
    start, end = asked_period(since, until)
    journals, finds = journals_in(folder), finds_in(folder, here)
    period = period_of(subject, journals, here, since=start, until=end).with_finds(finds)
    why = _nothing_to_report(period, folder, journals, finds, period_of(subject, journals, here))
    if why:
        return _nothing(period, why, as_data=as_data)
    with recorded(url, draft_of(KIND, about), unrecorded=unrecorded, as_data=as_data) as draft:
        draft.ports = adapted(about)
        # The gate asks how old the period is, not the report. Of what cannot be read nobody knows how old it is.
        if period.exit_code != EXIT_MISSING and period.first_at is not None and period.last_at is not None:
            draft.started_at, draft.ended_at = period.first_at, period.last_at
        draft.figures = {
            "covered_hours": Figure(period.covered_hours, "h"),
            "recent_hours": Figure(period.recent_hours, "h"),
            "coverage": Figure(period.coverage),
            "gaps": Figure(len(period.gaps)),
            "unread": Figure(len(period.unread)),
            "damaged": Figure(period.damaged),
            "noise": Figure(period.noise),
            **{name: Figure(period.counts[name]) for name in COUNTS},
            **{f"left_out_{name}": Figure(period.left_out[name]) for name in LEFT_OUT},
        }
        criteria = _criteria_of(subject)
        breaks = list(_breaks(period, draft.figures, criteria))
        draft.details |= {"period": period.to_json(), "finds": finds}
        draft.conclude(period.verdict, period.exit_code)
        if as_data:
            tell(draft)
            click.echo(as_json({**period.to_json(), "breaks": breaks, "evidence": None if unrecorded else draft.id}))
        else:
            for line in (*_lines(period, finds), *breaks):
                click.echo(printable(line))
            tell(draft)
            click.echo(_sentence(period, criteria))
    return period.exit_code


def _nothing_to_report(period: Period, folder: Path, journals: Journals, finds: Sequence[Any], whole: Period) -> str:
    """Why there is nothing to report on, if so; `whole` is the period without --since and --until."""
    if finds or journals.unread:
        return ""
    if not any(each.subject == period.subject for each in journals.read):
        return f"no journals of the {period.subject} in {folder}; name the folder that the bot's shadow writes to with --dir"
    if period.first_at is None and not period.damaged and whole.first_at is not None and whole.last_at is not None:
        times = f"they are of {minute(whole.first_at)} to {minute(whole.last_at)} UTC"
        return f"no line of the journals is within --since and --until: {times}; name other times"
    return ""


def _nothing(period: Period, why: str, *, as_data: bool) -> int:
    """Say that there is nothing to report on, and leave no evidence: nothing was looked at, and a period of before stays."""
    if as_data:
        click.echo(as_json({**period.to_json(), "breaks": [], "evidence": None, "reason": why}))
    else:
        click.echo(printable(f"{period.verdict}: {why}. This leaves no evidence"))
    return period.exit_code


def _criteria_of(subject: str) -> list[Criterion]:
    """The criteria of the gate that ask for a period of this subject."""
    return [each for each, about in read_policy().entries([subject], None) if (each.kind, about) == (KIND, subject)]


def _breaks(period: Period, figures: Mapping[str, Figure], criteria: Sequence[Criterion]) -> Iterator[str]:
    """What the gate will not have of a period that ends with exit code 0, one line for each rule that it breaks."""
    if period.exit_code or not period.counts["compared"]:
        return
    for criterion in criteria:
        for rule in criterion.rules:
            value = figures[rule.figure].value if rule.figure in figures else None
            if value is not None and not rule.holds(value, time.time()):
                causes = ", ".join(f"{cause} {number:,}" for cause, number in period.causes.items())
                which = f" ({causes})" if causes and rule.figure == "failures" else ""
                allowed = "allows none" if rule.at_most == 0.0 else f"wants {rule.limit}"
                yield f"NO GO {rule.figure}: {rule.value_text(value, time.time())}{which}; {criterion.id} {allowed}"


def _lines(period: Period, finds: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    counts, noise = period.counts, period.control
    if period.start is not None and period.end is not None:
        yield f"{minute(period.start)} to {minute(period.end)} UTC, {counted(period.processes, 'process')}"
    yield "calls: " + ", ".join(f"{counts[name]:,} {name}" for name in COUNTS)
    if period.unended:
        what = "running, killed, or ended by SIGTERM: what it saw after its last line is not covered"
        yield f"{counted(period.unended, 'process')} of them without a last line: {what}"
    if period.written_at:
        yield f"last line: {minute(period.written_at)} UTC, {ago(period.written_at, time.time())}"
    if period.causes:
        causes = sorted(period.causes.items(), key=lambda each: each[0] == RESTING)
        yield "failures by cause: " + ", ".join(f"{cause} {number:,}" for cause, number in causes)
    for gap in period.gaps[:GAPS_MAX]:
        yield f"GAP {minute(gap.start)} to {minute(gap.end)} UTC: {gap.hours:.1f} h"
    if len(period.gaps) > GAPS_MAX:
        yield f"and {counted(len(period.gaps) - GAPS_MAX, 'more gap')}"
    if period.recent_minutes != period.covered_minutes:
        old = period.covered_hours - period.recent_hours
        yield f"OLD: {old:.1f} h were covered more than 30 days before the last line; the gate does not count them"
    yield from _left_out(period)
    if noise["compared"] or period.noise:
        lasted = counted(period.noise_minutes, "minute")
        yield f"control: {noise['compared']:,} compared in {lasted}, {period.noise} differ: the noise floor"
    for find in finds[:FINDS_MAX]:
        yield f"FIND parity replay {find['repro']}" if "repro" in find else f"FIND {find['kept']}"


def _left_out(period: Period) -> Iterator[str]:
    if period.foreign:
        told = _found(period.foreign_found)
        yield f"{counted(period.foreign, 'journal')} of another reference or candidate left out, with {told}"
        yield "Set what names the bot's candidate here as well, where the bot has it set; else one of the two was built anew"
    if any(period.left_out.values()):
        counts = period.left_out
        told = f"{_found(counts)}, {counted(counts['failures'], 'failure')}"
        noise, damaged = counted(counts["noise"], "difference"), counted(counts["damaged"], "damaged line")
        more = f"{noise} of the reference from itself, {damaged}"
        yield f"LEFT OUT of this same build, before --since or after --until: {told}, {more}"
    for hole in period.places[:HOLES_MAX]:
        times = f"of {minute(hole.start)} to {minute(hole.end)} UTC"
        yield f"NOT READ {hole.path}: a damaged line {times}: nobody knows what was found then, and it is not covered"
    if len(period.places) > HOLES_MAX:
        yield f"NOT READ {counted(len(period.places) - HOLES_MAX, 'more damaged line')}"
    for sentence in period.unread:
        yield f"NOT READ {sentence}"


def _found(counts: Mapping[str, int]) -> str:
    return f"{counts['high']:,} divergent of high severity, {counts['low']:,} of low, {counts['senseless']:,} without sense"


def _why_empty(period: Period) -> str:
    """Why nothing was compared, as far as the journals say."""
    counts = period.counts
    if not counts["seen"]:
        return "no call was seen"
    cause = next((each for each in period.causes if each != RESTING), "")
    why = f": {cause}, see the runbook" if cause else ""
    return f"the candidate answered none of {counted(counts['seen'], 'call')}{why}"


def _sentence(period: Period, criteria: Sequence[Criterion]) -> str:
    """The verdict in a line, with what the policy asks for."""
    if period.verdict == "CONTROL":
        compared = f"{period.control['compared']:,} calls compared with the reference itself"
        return f"CONTROL: {compared}, none differs; no candidate was asked"
    if period.verdict == "EMPTY":
        return f"EMPTY: {_why_empty(period)}"
    wanted = max(
        (each.least(period.subject) for criterion in criteria for each in criterion.sample if each.figure == "recent_hours"),
        default=0.0,
    )
    hours, share = f"{period.recent_hours:.1f} of {wanted:g} hours", f"{100.0 * period.coverage:.2f} % of the calls"
    counts = period.counts
    found = f"{counts['high']} divergent of high severity, {counts['low']} of low"
    senseless = f", {counted(counts['senseless'], 'answer')} without sense" if counts["senseless"] else ""
    noise = f", {counted(period.noise, 'difference')} of the reference from itself" if period.noise else ""
    return f"{period.verdict}: {hours} covered, {share}, {found}{senseless}{noise}"
