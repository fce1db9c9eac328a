"""The page *power*: how many planted bugs the cases find, and how much of each port they reach, over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.dashboard.plots import Plot, lines, plot
from harness.dashboard.view import View, plain_list, plain_mapping
from harness.dashboard.words import command_for, number, percent, tone_of
from harness.evidence.statement import Evidence

HUNTS = ("mutants", "mutants-compiled")
# Figures of coverage that a night leaves, in per cent.
COVERAGE = "coverage "
SURVIVORS_MAX = 100


def context(view: View) -> dict[str, Any]:
    """What the template shows."""
    hunts = [(kind, subject) for kind in HUNTS for subject in ("", *view.subjects) if view.of(kind, subject)]
    return {
        "plots": [found for found in (_scores(view, hunts), *_coverage(view), _missed(view)) if found is not None],
        "hunts": [_hunt(view.of(kind, subject)[-1]) for kind, subject in hunts],
        "covered": [row for subject in view.subjects for row in _covered(view, subject)],
        "hunt_commands": [command_for("mutants", subject) for subject in view.subjects],
        "coverage_commands": [f"{command_for('fuzz', subject)} --coverage 200" for subject in view.subjects],
    }


def _called(kind: str, subject: str) -> str:
    return " ".join(word for word in (subject, kind.removeprefix("mutants").strip("-")) if word) or "all"


def _scores(view: View, hunts: Sequence[tuple[str, str]]) -> Plot | None:
    traces, told = [], []
    for hue, (kind, subject) in enumerate(hunts):
        known = [(each, value) for each in view.of(kind, subject) if (value := each.figure("share")) is not None]
        if known:
            traces.extend(
                lines(_called(kind, subject), [each for each, _ in known], [100.0 * value for _, value in known], hue)
            )
            told.append(f"{_called(kind, subject)} {percent(known[-1][1])} last")
    return plot("Mutation score", "; ".join(told), traces, unit="% killed") if traces else None


def _coverage(view: View) -> list[Plot]:
    """A figure for each subject whose nights measured what they reach."""
    found = []
    for subject in view.subjects:
        records = view.of("fuzz", subject)
        names = sorted({name for each in records for name in each.figures if name.startswith(COVERAGE)})
        traces = []
        for hue, name in enumerate(names):
            known = [(each, value) for each in records if (value := each.figure(name)) is not None]
            traces.extend(lines(name.removeprefix(COVERAGE), [each for each, _ in known], [value for _, value in known], hue))
        if traces:
            told = f"what the first cases of a night reach, {len(names)} figure{'' if len(names) == 1 else 's'}"
            found.append(plot(f"Coverage: {subject}", told, traces, unit="%"))
    return found


def _missed(view: View) -> Plot | None:
    traces, told = [], []
    for hue, subject in enumerate(view.subjects):
        known = [(each, value) for each in view.of("coverage", subject) if (value := each.figure("missed")) is not None]
        if known:
            traces.extend(lines(subject, [each for each, _ in known], [float(value) for _, value in known], hue))
            told.append(f"{subject} {number(known[-1][1])} last")
    return plot("Branches that no fixture reaches", "; ".join(told), traces, unit="branches") if traces else None


def _hunt(evidence: Evidence) -> dict[str, Any]:
    survivors = [plain_mapping(each) for each in plain_list(evidence.details.get("survivors"))][:SURVIVORS_MAX]
    return {
        "name": _called(evidence.kind, evidence.subject),
        "record": evidence,
        "tone": tone_of(evidence),
        "share": percent(evidence.figure("share")),
        **{name: number(evidence.figure(name)) for name in ("mutants", "killed", "survived", "bugs", "bugs_missed")},
        "survivors": [{name: str(each.get(name, "")) for name in ("id", "status", "change")} for each in survivors],
    }


def _covered(view: View, subject: str) -> list[dict[str, Any]]:
    """Each figure of coverage of a subject, from the newest night that has it."""
    newest: dict[str, Evidence] = {}
    for each in view.of("fuzz", subject):
        newest |= {name: each for name in each.figures if name.startswith(COVERAGE)}
    return [
        {
            "subject": subject,
            "name": name.removeprefix(COVERAGE),
            "value": f"{number(each.figure(name))} %",
            "record": each,
        }
        for name, each in sorted(newest.items())
    ]
