"""`parity telemetry capture`, `report` and `compare`."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from generators.errors import ParityError
from harness.cli.options import NamedPath, evidence_options, json_option
from harness.cli.output import EXIT_MISSING, as_json, console_for
from harness.cli.progress import progress_of
from harness.cli.recorded import draft_of, foretell, inputs_of, recorded, tell
from harness.evidence.digests import adapted
from harness.evidence.recorder import Draft
from harness.evidence.statement import Figure
from harness.store.outputs import refuse_inputs
from harness.subjects.registry import names, subject_called
from harness.telemetry.capture import TURN_SEC, Plan, capture, metrics_of, shares_of
from harness.telemetry.figures import UNITS, spelled, values_of
from harness.telemetry.loop import CANDIDATE, REFERENCE, SIDES, Metric
from harness.telemetry.recordings import Recording, merged, read_recording
from harness.words import counted as counted_words

if TYPE_CHECKING:
    from harness.telemetry.compare import Compared

CAPTURED, INCOMPLETE, EMPTY = "CAPTURED", "INCOMPLETE", "EMPTY"
# The kind of evidence that a gate asks for.
BASELINE = "telemetry"
# The fewest pairs of trainings that can be compared need eleven.
MINUTES = 12.0
MINUTES_MAX = 7 * 24 * 60.0
recording_type = NamedPath()


@click.group(name="telemetry")
def telemetry() -> None:
    """What a round of the bot's loop costs, with the reference and with the candidates."""


@telemetry.command(name="capture")
@click.option("--side", type=click.Choice(SIDES), help="One side alone, as for a baseline; both in turns by default.")
@click.option(
    "--minutes",
    type=click.FloatRange(0.01, MINUTES_MAX),
    default=MINUTES,
    show_default=True,
    help="How long, with all sides: the default just suffices to compare trainings, for the gate take 60.",
)
@click.option("--rounds-per-sec", type=click.FloatRange(0.1, 1000.0), default=50.0, show_default=True, help="The pace.")
@click.option("--candles", type=NamedPath(), help="A file of candles; the shipped series by default.")
@click.option("--out", type=recording_type, default=Path("reports/telemetry"), show_default=True, help="Where recordings go.")
@click.option("--replace", is_flag=True, help="Remove recordings that are there.")
@evidence_options
@json_option
def capture_(side: str | None, url: str, unrecorded: bool, as_data: bool, **options: Any) -> int:
    """Run the bot's loop under a market at a pace, through the adapters, and record what it costs.

    Both sides are measured in turns, each in a process of its own. Exit code 3 where a candidate is missing.
    """
    subjects = [subject_called(name) for name in names()]
    sides = SIDES if side is None else (side,)
    missing = [how for share in shares_of(subjects).values() for each in sides if (how := share.missing(each)) is not None]
    if missing:
        click.echo(f"MISSING: a candidate is not here; {missing[0]}", err=True)
        return EXIT_MISSING
    if options["candles"] is not None:
        # Imported here because pandas takes long to load.
        from generators.candles import read_candles

        read_candles(options["candles"])
    turns = max(1, round(60.0 * options["minutes"] / (len(sides) * TURN_SEC)))
    plan = Plan(
        sides=sides, folder=options["out"], candles=options["candles"], rounds_per_sec=options["rounds_per_sec"], turns=turns
    )
    _make_room(plan, inputs_of(url, options["candles"]), replace=options["replace"])
    with recorded(url, draft_of(_kind_of(sides), None), unrecorded=unrecorded, as_data=as_data) as draft:
        foretell(draft)
        with progress_of([("turns", range(turns * len(sides)))], console_for(as_data=as_data), quiet=as_data) as advance:
            late = capture(plan, subjects, lambda: advance("turns", 1))
        # What was built anew meanwhile was not measured.
        found = [read_recording(plan.file_of(each), _here(subjects)) for each in sides]
        word = _recorded_of(draft, found[0], metrics_of(subjects))
        draft.details |= {
            "captured": [str(each.path) for each in found],
            "late_rounds": late,
            "pace": options["rounds_per_sec"],
        }
        if as_data:
            click.echo(as_json({"exit_code": draft.exit_code, "recordings": draft.details["captured"], "late_rounds": late}))
            return draft.exit_code
        for recording in found:
            _print(recording, metrics_of(subjects))
        tell(draft)
        click.echo(f"{word}: {', '.join(str(each.path) for each in found)}; {late} rounds began late")
    return draft.exit_code


@telemetry.command(name="report")
@click.argument("recording", type=recording_type)
@evidence_options
@json_option
def report(recording: Path, url: str, unrecorded: bool, as_data: bool) -> int:
    """Add up a recording, as a bot with DOGE_CORE_TELEMETRY writes it, and keep it as the baseline.

    Only what was measured of the reference or candidate that is here counts. Exit code 3 where nothing was measured.
    """
    subjects = [subject_called(name) for name in names()]
    found = read_recording(recording, _here(subjects))
    with recorded(
        url, draft_of(_kind_of(found.sides, shadowed=found.shadowed), None), unrecorded=unrecorded, as_data=as_data
    ) as draft:
        word = _recorded_of(draft, found, metrics_of(subjects))
        if as_data:
            click.echo(as_json({"exit_code": draft.exit_code, "verdict": word, **draft.details}))
            return draft.exit_code
        _print(found, metrics_of(subjects))
        if draft.kind != BASELINE:
            click.echo(f"no baseline: {_why_none(found)}; see docs/telemetry.md")
        tell(draft)
        click.echo(f"{word}: {found.hours:.2f} hours, {int(draft.figures['metrics'].value)} of {_groups(subjects)} metrics")
    return draft.exit_code


@telemetry.command(name="compare")
@click.argument("baseline", type=recording_type)
@click.argument("candidate", type=recording_type)
@evidence_options
@json_option
def compare(baseline: Path, candidate: Path, url: str, unrecorded: bool, as_data: bool) -> int:
    """Is the candidate's recording worse than the baseline's? Better, no worse, worse, or cannot tell, for each metric.

    Exit code 1 where a metric is worse, 3 where one cannot be told. A baseline that measured a candidate is refused.
    """
    # Imported here because scipy takes long to load.
    from harness.telemetry.compare import UNKNOWN, VERDICTS, WORSE, compare_recordings

    subjects = [subject_called(name) for name in names()]
    here = _here(subjects)
    sides = [read_recording(each, here) for each in (baseline, candidate)]
    if baseline.samefile(candidate):
        raise click.UsageError(f"{baseline}: is named twice; name the baseline, then the candidate's recording")
    if sides[0].sides - {REFERENCE}:
        raise ParityError(
            f"{baseline}: a candidate was measured in it; name the baseline first, then the candidate's recording"
        )
    found = compare_recordings(sides[0], sides[1], metrics_of(subjects))
    # A candidate that is the reference in parts, as in a staged rollout, is no evidence of the cut-over; nor is a reference
    # that a shadow slowed down.
    clean = [each.sides for each in sides] == [{REFERENCE}, {CANDIDATE}] and not any(each.shadowed for each in sides)
    kind = "telemetry-compare" if clean else "telemetry-compare-other"
    draft = draft_of(kind, None)
    draft.asked = [(about, adapted(about)) for about in subjects]
    with recorded(url, draft, unrecorded=unrecorded, as_data=as_data):
        counts = {verdict: sum(each.verdict == verdict for each in found) for verdict in VERDICTS}
        told = {each.group for each in found if each.verdict != UNKNOWN}
        word, code = ("WORSE", 1) if counts[WORSE] else ("CANNOT TELL", EXIT_MISSING) if counts[UNKNOWN] else ("NO WORSE", 0)
        draft.figures = {
            "metrics": Figure(len(told)),
            "worse": Figure(counts[WORSE]),
            "unknown": Figure(counts[UNKNOWN]),
            "hours": Figure(min(each.hours for each in sides), "h"),
        }
        draft.details |= {"compared": [asdict(each) for each in found], "recordings": [_about(each) for each in sides]}
        _date(draft, sides, whole=code == 0)
        draft.conclude(word, code)
        if as_data:
            click.echo(as_json({"exit_code": code, "verdict": word, "compared": draft.details["compared"]}))
            return code
        _print_compared(found)
        tell(draft)
        click.echo(f"{word}: {', '.join(f'{number} {verdict}' for verdict, number in counts.items())}")
    return code


def _here(subjects: Sequence[Any]) -> dict[str, Mapping[str, str]]:
    """Digests of what is here, by the part of a bot that is made of it."""
    found = {about.name: about.shadowed() for about in subjects}
    return {name: digests for name, digests in found.items() if digests is not None}


def _kind_of(sides: Iterable[str], *, shadowed: bool = False) -> str:
    """The kind of evidence: what was measured of the reference alone may be the baseline that a gate asks for."""
    return BASELINE if set(sides) == {REFERENCE} and not shadowed else "telemetry-other"


def _why_none(found: Recording) -> str:
    """Why a recording is no baseline."""
    if not found.sides:
        return "nothing of what is here answered"
    return "a candidate answered" if found.sides != {REFERENCE} else "a shadow ran beside the reference"


def _groups(subjects: Sequence[Any]) -> int:
    return len({each.group for each in metrics_of(subjects)})


def _recorded_of(draft: Draft, found: Recording, metrics: Sequence[Metric]) -> str:
    """Fill in the record of one recording; its verdict."""
    rows = [(metric, what, value) for metric in metrics for what, value in values_of(metric, found.blocks)]
    groups = {metric.group for metric, _, _ in rows}
    word = EMPTY if not found.blocks else INCOMPLETE if len(groups) < len({each.group for each in metrics}) else CAPTURED
    draft.figures = {"metrics": Figure(len(groups)), "hours": Figure(found.hours, "h")} | {
        f"{metric.name} {what}": Figure(value, UNITS[metric.kind]) for metric, what, value in rows
    }
    merged_ones = {each.name: merged(found.blocks, each.name).encode().decode() for each in metrics if each.kind == "duration"}
    draft.details |= {"recording": _about(found), "histograms": merged_ones}
    _date(draft, [found])
    draft.conclude(word, 0 if word == CAPTURED else EXIT_MISSING)
    return word


def _date(draft: Draft, recordings: Sequence[Recording], *, whole: bool = True) -> None:
    """Give a record the times of what was measured, by which a gate tells how old it is; of nothing, those of the report.

    A pass is as old as the older of its recordings (`whole`), anything else as young as the younger one.
    """
    firsts = [each.first_at for each in recordings if each.first_at is not None]
    lasts = [each.last_at for each in recordings if each.last_at is not None]
    if len(lasts) == len(recordings):
        draft.ended_at = min((min if whole else max)(lasts), time.time())
        draft.started_at = min(*firsts, draft.ended_at)


def _about(found: Recording) -> dict[str, Any]:
    """A recording as plain data."""
    processes = len({each.process for each in found.blocks})
    counts = {"blocks": len(found.blocks), "processes": processes, "foreign": found.foreign, "damaged": found.damaged}
    return {"path": str(found.path), "machines": found.machines, "parts": found.parts, **counts, "dropped": found.dropped}


def _make_room(plan: Plan, inputs: Sequence[Path], *, replace: bool) -> None:
    """Make the folder; refuse recordings that are there, unless they are to be replaced, and whatever this command reads."""
    paths = [plan.file_of(side) for side in SIDES]
    for path in paths:
        refuse_inputs(path, inputs)
        if path.exists() and not replace:
            raise ParityError(f"{path}: is there already; name another folder with --out, or replace it with --replace")
    try:
        for path in paths:
            path.unlink(missing_ok=True)
        plan.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ParityError(f"--out {plan.folder}: cannot be made ({error.strerror}); name another folder") from error


def _print(found: Recording, metrics: Sequence[Metric]) -> None:
    table = Table("metric", "group", "what", "value", title=f"{found.path}: {found.hours:.2f} hours")
    for metric in metrics:
        for what, value in values_of(metric, found.blocks):
            table.add_row(metric.name, metric.group, what, spelled(metric.kind, value))
    console = console_for(as_data=False)
    console.print(table)
    if found.foreign:
        console.print(f"{counted_words(found.foreign, 'block')} of another reference or candidate left out", markup=False)
    if found.dropped:
        console.print(f"{counted_words(found.dropped, 'duration')} dropped: too many waited to be counted", markup=False)
    if found.damaged:
        console.print(f"{counted_words(found.damaged, 'line')} that cannot be read left out", markup=False)


def _print_compared(found: Sequence[Compared]) -> None:
    table = Table("metric", "what", "baseline", "candidate", "ratio", "from", "to", "verdict", "would have seen")
    for each in found:
        numbers = ["–" if value is None else f"{value:.3f}" for value in (each.ratio, each.low, each.high)]
        values = ["–" if value is None else spelled(each.kind, value) for value in (each.reference, each.candidate)]
        seen = "–" if each.seen is None else f"{100.0 * each.seen:.1f} %"
        verdict = f"{each.verdict}: {each.reason}" if each.reason else each.verdict
        table.add_row(each.metric, each.what, *values, *numbers, verdict, seen)
    console_for(as_data=False).print(table)
