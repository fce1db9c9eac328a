"""The page *gate*: each criterion with value, limit, sample, record and command."""

from __future__ import annotations

from typing import Any

from harness.dashboard.view import View
from harness.dashboard.words import minute, number, tone_of_status
from harness.evidence.statement import Evidence
from harness.gate.judge import Finding
from harness.gate.policy import Criterion, Rule


def context(view: View) -> dict[str, Any]:
    """What the template shows."""
    known = {each.id: each for each in view.policy.criteria}
    rows = [_row(view, each, known.get(each.id)) for each in view.findings]
    phases = sorted({each.phase for each in view.findings})
    return {"phases": [{"phase": phase, "rows": [row for row in rows if row["finding"].phase == phase]} for phase in phases]}


def _row(view: View, finding: Finding, criterion: Criterion | None) -> dict[str, Any]:
    entry = view.entries.get(finding.record or "")
    evidence = None if entry is None else entry.evidence
    return {
        "finding": finding,
        "tone": tone_of_status(finding.status.value),
        "criterion": criterion,
        "evidence": evidence,
        "rules": [] if criterion is None else [_rule(rule, evidence, view.now) for rule in criterion.rules],
        "samples": []
        if criterion is None
        else [
            {
                "figure": each.figure,
                "least": number(each.least(finding.subject)),
                "value": _shown(None if evidence is None else evidence.figure(each.figure)),
            }
            for each in criterion.sample
        ],
    }


def _shown(value: float | None) -> str:
    return "" if value is None else number(value)


def _rule(rule: Rule, evidence: Evidence | None, now: float) -> dict[str, Any]:
    value = None if evidence is None else evidence.figure(rule.figure)
    shown = _shown(value) if rule.days_at_least is None or value is None else minute(value)
    kept = None if value is None else rule.holds(value, now)
    word, tone = {True: ("kept", "good"), False: ("broken", "bad"), None: ("no value", "unsure")}[kept]
    return {"text": rule.text, "figure": rule.figure, "value": shown, "word": word, "tone": tone, "always": rule.always}
