"""The page *nights*: cases, bound, rate and excused share over time, and the finds."""

from __future__ import annotations

from typing import Any

from harness.dashboard.finds import finds_of
from harness.dashboard.plots import Plot, lines, plot
from harness.dashboard.view import View
from harness.dashboard.words import command_for, number, percent, tone_of
from harness.evidence.statement import Evidence

# So many nights and finds are listed; the others are on the page of the evidence.
LISTED_MAX, FINDS_MAX = 60, 500
# Each figure with its title, factor, unit, and whether its axis is logarithmic.
FIGURES = (
    ("cases", "Cases a night", 1.0, "cases", True),
    ("bound", "Bound on the share of divergent cases (95 % confidence)", 100.0, "%", True),
    ("rate", "Rate", 1.0, "cases/s", False),
    ("excused_share", "Excused share", 100.0, "%", False),
)


def context(view: View) -> dict[str, Any]:
    """What the template shows."""
    nights = [each for each in view.by_kind.get("fuzz", ()) if each.subject]
    finds = finds_of(view)
    return {
        "plots": [found for each in FIGURES if (found := _plot(view, *each)) is not None],
        "nights": [_row(each) for each in reversed(nights[-LISTED_MAX:])],
        "count": len(nights),
        "finds": finds[:FINDS_MAX],
        "finds_count": len(finds),
        "commands": [command_for("fuzz", subject) for subject in view.subjects],
    }


def _plot(view: View, figure: str, title: str, factor: float, unit: str, log: bool) -> Plot | None:
    traces, told = [], []
    for hue, subject in enumerate(view.subjects):
        known = [(each, value) for each in view.of("fuzz", subject) if (value := each.figure(figure)) is not None]
        known = [(each, value) for each, value in known if value > 0.0 or not log]
        if known:
            records, values = [each for each, _ in known], [factor * value for _, value in known]
            traces.extend(lines(subject, records, values, hue))
            last = f"{number(values[-1])} {unit} last" if records[-1] is view.of("fuzz", subject)[-1] else "none in the last"
            told.append(f"{subject} {last}, {number(min(values))} to {number(max(values))} {unit} so far")
    return plot(title, "; ".join(told), traces, unit=unit, log=log) if traces else None


def _row(evidence: Evidence) -> dict[str, Any]:
    return {
        "record": evidence,
        "tone": tone_of(evidence),
        "cases": number(evidence.figure("cases")),
        "divergent": number(evidence.figure("divergent")),
        "bound": percent(evidence.figure("bound")),
        "excused": percent(evidence.figure("excused_share")),
        "rate": number(evidence.figure("rate")),
    }
