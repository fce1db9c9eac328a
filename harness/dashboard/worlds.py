"""The page *worlds*: the newest exploration of each subject, world by world."""

from __future__ import annotations

from typing import Any

from harness.dashboard.view import View, plain_list, plain_mapping
from harness.dashboard.words import BAD, GOOD, UNSURE, command_for, number, tone_of
from harness.evidence.statement import Evidence


def context(view: View) -> dict[str, Any]:
    """What the template shows. A command stands for a subject without a record only if it can leave one."""
    found = [each for subject in view.subjects if (each := view.newest("exhaust", subject)) is not None]
    wanted = {subject for criterion, subject in view.policy.entries(view.subjects, None) if criterion.kind == "exhaust"}
    missing = [subject for subject in view.subjects if subject in wanted and not view.of("exhaust", subject)]
    return {
        "explorations": [_exploration(each) for each in found],
        "commands": [command_for("exhaust", subject) for subject in missing],
    }


def _exploration(evidence: Evidence) -> dict[str, Any]:
    rows = [plain_mapping(row) for row in plain_list(evidence.details.get("worlds"))]
    return {
        "record": evidence,
        "tone": tone_of(evidence),
        "states": number(evidence.figure("states")),
        "transitions": number(evidence.figure("transitions")),
        "worlds": [_row(row) for row in rows],
    }


def _row(row: Any) -> dict[str, Any]:
    divergent = sum(value for value in plain_mapping(row.get("divergent")).values() if isinstance(value, int))
    closed = row.get("closed") is True
    return {
        "name": str(row.get("world", "?")),
        "why": str(row.get("why", "")),
        "states": _count(row.get("states")),
        "transitions": _count(row.get("transitions")),
        "depth": _count(row.get("depth")),
        "divergent": number(divergent),
        "word": "diverges" if divergent else "closed" if closed else "not closed",
        "tone": BAD if divergent else GOOD if closed else UNSURE,
    }


def _count(value: Any) -> str:
    return number(value if isinstance(value, int | float) else None)
