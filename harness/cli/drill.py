"""`parity drill`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click
from rich.table import Table

from harness.cli.options import Seconds, evidence_options, json_option, subject_option
from harness.cli.output import EXIT_MISSING, as_json, console_for
from harness.cli.recorded import draft_of, foretell, recorded, tell
from harness.drill import Drills, Step, answered_share
from harness.evidence.digests import adapted
from harness.evidence.statement import Figure
from harness.parts import part_of
from harness.subjects.registry import subject_called
from harness.words import counted

SOUND, UNSOUND = "HELD", "NOT HELD"

step_option = click.option(
    "--step-sec", type=Seconds(0.1, 3600.0), default=2.0, show_default=True, help="How long each step lasts, in seconds."
)


@click.group(name="drill")
def drill() -> None:
    """Throws the switches of a cut-over under load, for practice and as evidence."""


@drill.command(name="rollback")
@subject_option()
@step_option
@evidence_options
@json_option
def rollback(**options: Any) -> int:
    """Break the candidate in six ways while it answers, and switch back to the reference each time.

    Exit code 0 if no call was lost, doubled or answered otherwise than by the reference, and the candidate answered before it
    was broken.
    """
    return _drill("rollback", lambda drills: drills.rollback(options["step_sec"]), options)


@drill.command(name="rollout")
@subject_option()
@step_option
@evidence_options
@json_option
def rollout(**options: Any) -> int:
    """From the reference by the shadow to the candidate and back, while the load goes on.

    Exit code 0 if no call was lost, doubled or answered otherwise, the shadow compared and the candidate answered.
    """
    return _drill("rollout", lambda drills: drills.rollout(options["step_sec"]), options)


def _drill(name: str, steps_of: Callable[[Drills], Iterator[Step]], options: dict[str, Any]) -> int:
    about = subject_called(options["subject"])
    drills: Drills | None = part_of(about, "drills")
    if drills is None:
        raise click.UsageError(f"drill {name}: the subject {about.name} has no drills")
    missing = drills.available()
    if missing is not None:
        click.echo(f"MISSING: the candidate is not here; {missing}", err=True)
        return EXIT_MISSING
    as_data, unrecorded = options["as_data"], options["unrecorded"]
    # The rollout's record must not stand for the rollback that a gate asks for.
    kind = "drill" if name == "rollback" else f"drill-{name}"
    draft = draft_of(kind, None)
    draft.asked = [(about, adapted(about))]
    with recorded(options["url"], draft, unrecorded=unrecorded, as_data=as_data):
        foretell(draft)
        steps = []
        for step in steps_of(drills):
            steps.append(step)
            if not as_data:
                idle = f" ({step.idle})" if step.idle else ""
                click.echo(f"{step.name}: {counted(step.calls, 'call')}, {'held' if step.sound else 'NOT HELD'}{idle}")
        word = SOUND if _held(name, steps) else UNSOUND
        draft.figures = _figures(steps)
        draft.details |= {"steps": [step.to_json() for step in steps], "drill": name, "of": about.name}
        draft.conclude(word, 0 if word == SOUND else 1)
        if as_data:
            tell(draft)
            evidence = None if unrecorded else draft.id
            click.echo(
                as_json({"exit_code": draft.exit_code, "steps": [step.to_json() for step in steps], "evidence": evidence})
            )
        else:
            _print(name, steps)
            tell(draft)
            sums = {count: sum(getattr(step, count) for step in steps) for count in ("calls", "lost", "doubled", "unequal")}
            click.echo(f"{word}: {', '.join(f'{number} {count}' for count, number in sums.items())}")
    return draft.exit_code


def _held(name: str, steps: Sequence[Step]) -> bool:
    """True if every step held, and the steps were about the candidate."""
    answered, compared = [each.answered is not None for each in steps], [each.compared is not None for each in steps]
    about = bool(steps) and (all(answered) if name == "rollback" else any(answered) and any(compared))
    return about and all(step.sound for step in steps)


def _figures(steps: Sequence[Step]) -> dict[str, Figure]:
    restored = [step.restored_sec for step in steps if step.restored_sec is not None]
    figures = {name: Figure(sum(getattr(step, name) for step in steps)) for name in ("calls", "lost", "doubled", "unequal")}
    figures |= {"breakages": Figure(len(steps)), "slowest": Figure(max((step.slowest_sec for step in steps), default=0.0), "s")}
    for name in ("answered", "compared", "divergent"):
        numbers = [getattr(step, name) for step in steps if getattr(step, name) is not None]
        figures |= {name: Figure(sum(numbers))} if numbers else {}
    share = answered_share(steps)
    figures |= {} if share is None else {"answered_share": Figure(share)}
    # A step whose switch was never answered has no time, and its calls are missing.
    return figures | ({"restored": Figure(max(restored), "s")} if restored else {})


def _print(name: str, steps: list[Step]) -> None:
    table = Table(title=f"drill {name}")
    texts = ("step", "candidate answered", "answered by", "fallbacks")
    numbers = ("calls", "lost", "doubled", "unequal", "slowest call", "restored after")
    for column in (texts[0], *numbers, *texts[1:]):
        table.add_column(column, justify="left" if column in texts else "right")
    for step in steps:
        restored = "–" if step.restored_sec is None else f"{1000.0 * step.restored_sec:,.1f} ms"
        counts = [str(getattr(step, each)) for each in ("calls", "lost", "doubled", "unequal")]
        told = [*(f"{cause} {number}" for cause, number in step.fallbacks.items()), *step.notes]
        slowest = f"{1000.0 * step.slowest_sec:,.1f} ms"
        answered = "–" if step.answered is None else f"{step.answered} of {step.asked}"
        table.add_row(step.name, *counts, slowest, restored, answered, step.answered_by, ", ".join(told))
    console_for(as_data=False).print(table)
