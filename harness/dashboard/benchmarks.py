"""The page *benchmarks*: each figure over builds with its band, its change points and its target, machines apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from harness.dashboard.bands import Point, banded
from harness.dashboard.changes import Change, changes_in
from harness.dashboard.plots import Plot, drawn, mode_for, plot
from harness.dashboard.view import View, plain_list, plain_mapping
from harness.dashboard.words import BAD, GOOD, UNSURE, command_for, moment, number
from harness.evidence.digests import MACHINE, PORT
from harness.evidence.statement import Evidence, canonical, digest_of
from harness.panel import REFERENCE
from harness.words import counted

RATIO, COUNT = "ratio", "1"
# So many changes of the build are marked in a figure; more would hide it.
BUILDS_MARKED_MAX = 40


@dataclass(frozen=True, kw_only=True)
class Series:
    """A figure of a subject on one machine, over its records."""

    name: str
    unit: str
    points: Sequence[Point]
    changes: Sequence[Change]
    target: Mapping[str, Any]

    @property
    def latest(self) -> Point:
        """The newest point."""
        return self.points[-1]

    @property
    def to_target(self) -> float | None:
        """The newest value as a multiple of its target, if there is one."""
        return self.latest.value / self.limit if self.limit else None

    @property
    def limit(self) -> float | None:
        """The limit of its target, if there is one."""
        found = self.target.get("limit")
        return float(found) if isinstance(found, int | float) else None

    @property
    def met(self) -> tuple[str, str]:
        """The verdict of its target as a word, with its tone."""
        if self.limit is None:
            return "–", UNSURE
        met = self.target.get("met")
        return ("met", GOOD) if met is True else ("missed", BAD) if met is False else ("cannot tell", UNSURE)


def context(view: View) -> dict[str, Any]:
    """What the template shows."""
    groups = []
    for subject in view.subjects:
        by_machine: dict[str, list[Evidence]] = {}
        for each in view.of("bench", subject):
            by_machine.setdefault(each.digests.get(MACHINE, ""), []).append(each)
        for machine, records in sorted(by_machine.items(), key=lambda item: (-item[1][-1].ended_at, item[0])):
            groups.append(_group(subject, machine, records))
    missing = [subject for subject in view.subjects if not view.of("bench", subject)]
    return {"groups": groups, "commands": [command_for("bench", subject) for subject in missing]}


def _group(subject: str, machine: str, records: Sequence[Evidence]) -> dict[str, Any]:
    every = [_series(name, records) for name in _names(records)]
    ratios, measured = [each for each in every if each.unit == RATIO], [each for each in every if each.unit != RATIO]
    key = f"{subject}|{machine}"
    return {
        "id": f"bench-{digest_of(key)[:10]}",
        "subject": subject,
        "machine": _machine(records[-1]),
        "digest": machine[:12],
        "records": records,
        "builds": len({build_of(each) for each in records}),
        "ratios": [_row(each, records[-1]) for each in ratios],
        "measured": [_row(each, records[-1]) for each in measured],
        "changes": sorted((row for each in every for row in _changes(each)), key=lambda row: row["at"], reverse=True),
        "ratio_plots": [_plot(each, key) for each in ratios],
        "measured_plots": [_plot(each, key) for each in measured],
    }


def _names(records: Sequence[Evidence]) -> list[str]:
    """The figures that are measured, those without bands (counts of problems and the like) left out."""
    return sorted({name for each in records for name, figure in each.figures.items() if figure.unit != COUNT})


def _series(name: str, records: Sequence[Evidence]) -> Series:
    points = []
    for each in records:
        if (figure := each.figures.get(name)) is not None:
            band = [value for value in each.samples.get(name, ()) if isinstance(value, int | float)] or [figure.value]
            low, high = min(band), max(band)
            points.append(Point(float(figure.value), float(low), float(high), each, build_of(each)))
    targets = [each for each in map(plain_mapping, _targets(records)) if each.get("figure") == name]
    return Series(
        name=name,
        unit=points[-1].record.figures[name].unit,
        points=points,
        changes=changes_in([each.value for each in points]),
        target=targets[-1] if targets else {},
    )


def _targets(records: Sequence[Evidence]) -> Sequence[Any]:
    return plain_list(records[-1].details.get("targets"))


def build_of(evidence: Evidence) -> str:
    """A short name of what was measured: the reference, the ports and the harness."""
    kept = [name for name in evidence.digests if name in ("engine", "reference") or name.startswith(PORT)]
    return digest_of(canonical({name: evidence.digests[name] for name in kept}))[:8]


def _machine(evidence: Evidence) -> str:
    known = plain_mapping(evidence.details.get("machine"))
    parts = [str(known[name]) for name in ("processor", "system", "python") if name in known]
    parts += [f"{known['cpus']} CPUs"] if "cpus" in known else []
    parts += [f"{known['memory_gib']} GiB"] if "memory_gib" in known else []
    return ", ".join(parts) or "a machine that its records do not describe"


def _row(series: Series, newest: Evidence) -> dict[str, Any]:
    """A figure's newest value with its band, its ratio to the reference's figure and to its target."""
    point, target, limit = series.latest, series.target, series.limit
    reference = _of_reference(series, newest)
    return {
        "name": series.name,
        "value": number(point.value),
        "band": f"{number(point.low)} to {number(point.high)}" if point.low != point.high else "–",
        "record": point.record,
        "to_reference": "–" if not reference else number(point.value / reference),
        "target": "–" if limit is None else f"at {'least' if target.get('floor') else 'most'} {number(limit)}",
        "to_target": number(series.to_target),
        "met": series.met,
        "reason": str(target.get("reason", "")),
        "count": len(series.points),
    }


def _of_reference(series: Series, newest: Evidence) -> float | None:
    """The reference's value of the same thing in the same unit: `WHAT [PORT, UNIT]` names both."""
    what, _, column = series.name.rpartition(" [")
    unit = column.rstrip("]").rpartition(", ")[2]
    return newest.figure(f"{what} [{REFERENCE}, {unit}]") if what and series.unit != RATIO else None


def _changes(series: Series) -> list[dict[str, Any]]:
    return [
        {
            "name": series.name,
            "record": series.points[each.place].record,
            "at": series.points[each.place].record.ended_at,
            "build": series.points[each.place].build,
            "before": number(each.before),
            "after": number(each.after),
            "move": f"{100.0 * each.move:+.1f} %",
        }
        for each in series.changes
    ]


def _plot(series: Series, key: str) -> Plot:
    points = banded(series.points)
    x = [moment(each.record.ended_at) for each in points]
    # The band is a closed shape: its lower edge, and its upper edge drawn up to it.
    edge = {"type": "scatter", "mode": "lines", "x": x, "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    traces: list[dict[str, Any]] = [
        {**edge, "name": "smallest", "y": [drawn(each.low) for each in points], "meta": {"hue": 0}},
        {
            **edge,
            "name": "largest",
            "y": [drawn(each.high) for each in points],
            "fill": "tonexty",
            "meta": {"hue": 0, "band": True},
        },
        {
            "type": "scatter",
            "mode": mode_for(len(points)),
            "name": "median",
            "x": x,
            "y": [drawn(each.value) for each in points],
            "customdata": [each.record.id for each in points],
            "text": [f"build {each.build}" for each in points],
            "hovertemplate": "%{y} on %{x}<br>%{text}",
            "marker": {"size": 4},
            "line": {"width": 1.5},
            "meta": {"hue": 0},
        },
    ]
    if series.limit is not None:
        ends = {"type": "scatter", "mode": "lines", "name": "target", "x": [x[0], x[-1]], "y": [series.limit] * 2}
        traces.append({**ends, "line": {"dash": "dash", "width": 1.5}, "meta": {"hue": 1}})
    if series.changes:
        moved = [series.points[each.place] for each in series.changes]
        marks = {"type": "scatter", "mode": "markers", "name": "change", "marker": {"symbol": "diamond", "size": 11}}
        at = {"x": [moment(each.record.ended_at) for each in moved], "y": [each.value for each in moved]}
        traces.append({**marks, **at, "customdata": [each.record.id for each in moved], "meta": {"hue": 2}})
    begun = builds_begun(series.points)
    told = f"{number(series.latest.value)} last, {len(series.points)} record{'' if len(series.points) == 1 else 's'}"
    told += f", drawn as {len(points)} points" if len(points) < len(series.points) else ""
    told += f", {len(series.changes)} change{'' if len(series.changes) == 1 else 's'}"
    told += f", {counted(len(begun) + 1, 'build')}" if begun else ""
    found = plot(series.name, told, traces, unit=series.unit, key=key)
    return replace(found, figure={**found.figure, "layout": {**found.figure["layout"], "shapes": [_begin(at) for at in begun]}})


def builds_begun(points: Sequence[Point]) -> list[float]:
    """When each build but the first was measured first, the latest of them: where a line marks that the build changed."""
    return [after.record.ended_at for before, after in pairwise(points) if after.build != before.build][-BUILDS_MARKED_MAX:]


def _begin(at: float) -> dict[str, Any]:
    place = {"x0": moment(at), "x1": moment(at), "y0": 0, "y1": 1, "yref": "paper"}
    return {"type": "line", **place, "layer": "below", "line": {"dash": "dot", "width": 1, "color": "#888888"}}
