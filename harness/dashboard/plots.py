"""Figures as plotly reads them, as plain data. Colours are left to the page, which knows if it is dark."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.dashboard.words import moment
from harness.evidence.statement import Evidence, digest_of

# A line has at most so many points; a page with more would be slow to open.
POINTS_MAX = 400
# An axis of logarithms over so many decades has ticks within them too, a longer one about as many as these.
DECADES_FINE, LOG_TICKS = 1.5, 5
# Each point of a line with at most so many has a mark.
MARKED_MAX = 60


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A figure of a page: its id there, a title, a sentence on what it shows, and the figure itself."""

    id: str
    title: str
    summary: str
    figure: Mapping[str, Any]


def plot(title: str, summary: str, traces: Sequence[Mapping[str, Any]], *, unit: str, log: bool = False, key: str = "") -> Plot:
    """A figure over time. `key` tells figures of one title apart."""
    axis: dict[str, Any] = {"title": {"text": unit}, "automargin": True}
    values = [value for each in traces for value in each.get("y", ()) if value]
    axis |= {"type": "log", "tickformat": ",~g", "tickvals": log_ticks(values)} if log else {"rangemode": "tozero"}
    layout = {
        "xaxis": {"type": "date", "automargin": True},
        "yaxis": axis,
        "showlegend": sum(each.get("showlegend", True) for each in traces) > 1,
    }
    ident = f"plot-{digest_of(f'{title}|{key}')[:10]}"
    return Plot(id=ident, title=title, summary=summary, figure={"data": list(traces), "layout": layout})


def lines(name: str, records: Sequence[Evidence], values: Sequence[float], hue: int) -> list[dict[str, Any]]:
    """A line over records, and a cross on each that failed. A click on a point leads to its record."""
    kept = thinned([not each.passed for each in records])
    failed = [place for place in kept if not records[place].passed]
    common = {"type": "scatter", "name": name, "hovertemplate": "%{y} on %{x}<br>%{text}", "meta": {"hue": hue}}
    found = [{**common, **_points(kept, records, values), "mode": mode_for(len(kept)), "marker": {"size": 5}}]
    if failed:
        crosses = {"mode": "markers", "marker": {"symbol": "x", "size": 10}, "showlegend": False}
        found.append({**common, **_points(failed, records, values), **crosses})
    return found


def log_ticks(values: Sequence[float]) -> list[float]:
    """Ticks of an axis of logarithms whose labels are whole numbers and leave space between them."""
    if not values:
        return []
    low, high = math.log10(min(values)), math.log10(max(values))
    first, last = math.floor(low), math.ceil(high)
    if high - low <= DECADES_FINE:
        return [float(f"{digit}e{power}") for power in range(first, last + 1) for digit in (1, 2, 5)]
    return [float(f"1e{power}") for power in range(first, last + 1, math.ceil((last - first) / LOG_TICKS))]


def _points(places: Sequence[int], records: Sequence[Evidence], values: Sequence[float]) -> dict[str, Any]:
    chosen = [records[place] for place in places]
    return {
        "x": [moment(each.ended_at) for each in chosen],
        "y": [drawn(values[place]) for place in places],
        "customdata": [each.id for each in chosen],
        "text": [f"{each.verdict} ({each.id})" for each in chosen],
    }


def mode_for(points: int) -> str:
    """How a line is drawn: the points of a long one are no more than a blur, and take most of the time."""
    return "lines+markers" if points <= MARKED_MAX else "lines"


def drawn(value: float) -> float:
    """A value as it is drawn: no screen shows more digits, and pages get smaller."""
    return float(f"{value:.6g}")


def thinned(special: Sequence[bool]) -> list[int]:
    """The places of the points to draw: all if they are few, else every so many-th, the special ones and the last."""
    step = -(-len(special) // POINTS_MAX)
    last = len(special) - 1
    return [place for place, is_special in enumerate(special) if is_special or place % step == 0 or place == last]
