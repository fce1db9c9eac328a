"""The latest runs of a ledger, with the times by which somebody watches them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Text, cast, func, select

from harness.store.rows import TIME_MAX, decoded, leniently
from harness.store.schema import batches, coverage, runs

# Batches must be spread over such a part of the window to tell a pace.
SPREAD_MIN = 0.25
COLUMNS = ("id", "subject", "state", "started_at", "ended_at")


@dataclass(frozen=True, kw_only=True)
class Recent:
    """A run and when it was heard of; all times are in seconds since 1970, None for what is no time.

    `plan` is None where it cannot be read.
    `measured` is the number of its figures of coverage.
    `pace` is in cases a second over the batches of the last `window_sec` seconds, None where they are too few to tell.
    """

    id: str
    subject: str
    plan: Mapping[str, Any] | None
    state: str
    started_at: float | None
    ended_at: float | None
    batches: int
    measured: int
    last_at: float | None
    pace: float | None


def recent(engine: Engine, *, limit: int, now: float, window_sec: float) -> list[Recent]:
    """The runs that began last, the newest first."""
    with engine.connect() as connection, leniently(connection):
        # A plan that was damaged is that run's alone.
        asked = select(*(runs.c[name] for name in COLUMNS), cast(runs.c.plan, Text).label("plan"))
        rows = connection.execute(asked.order_by(runs.c.started_at.desc(), runs.c.id).limit(limit)).mappings().all()
        ids = [row["id"] for row in rows]
        known = select(batches.c.run_id, func.count(), func.max(batches.c.recorded_at)).where(batches.c.run_id.in_(ids))
        heard = {run: (number, last) for run, number, last in connection.execute(known.group_by(batches.c.run_id))}
        lately = select(batches.c.run_id, batches.c.recorded_at, batches.c.cases).where(
            batches.c.run_id.in_(ids) & (batches.c.recorded_at > now - window_sec)
        )
        points: dict[str, list[tuple[float, int]]] = {}
        for run, at, cases in connection.execute(lately.order_by(batches.c.recorded_at)):
            if _time(at) is not None and isinstance(cases, int):
                points.setdefault(run, []).append((at, cases))
        figures = select(coverage.c.run_id, func.count()).where(coverage.c.run_id.in_(ids)).group_by(coverage.c.run_id)
        measured = {row[0]: row[1] for row in connection.execute(figures)}
    return [
        Recent(
            **{name: str(row[name]).encode(errors="replace").decode() for name in ("id", "subject", "state")},
            plan=decoded(row["plan"]),
            started_at=_time(row["started_at"]),
            ended_at=_time(row["ended_at"]),
            batches=heard.get(row["id"], (0, None))[0],
            measured=measured.get(row["id"], 0),
            last_at=_time(heard.get(row["id"], (0, None))[1]),
            pace=_pace(points.get(row["id"], []), _time(row["started_at"]), now, window_sec),
        )
        for row in rows
    ]


def _time(value: Any) -> float | None:
    """A time, or None for whatever else a database that was changed by hand may hold."""
    return value if isinstance(value, int | float) and 0.0 <= value < TIME_MAX else None


def _pace(points: list[tuple[float, int]], started_at: float | None, now: float, window_sec: float) -> float | None:
    """Cases a second up to the last batch, from the start of the run, or from the first batch where that is long ago.

    The cases of that first batch were done before it was recorded. Workers record batches at nearly the same time, so
    that batches which lie close together tell nothing.
    """
    if not points:
        return None
    # A run that was started by another clock may seem to have begun after its batches.
    if started_at is not None and now - window_sec < started_at < points[0][0]:
        points, least = [(started_at, 0), *points], 0.0
    else:
        least = SPREAD_MIN * window_sec
    spread = points[-1][0] - points[0][0]
    return sum(cases for _, cases in points[1:]) / spread if spread > least else None
