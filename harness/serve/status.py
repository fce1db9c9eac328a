"""How the latest runs stand, as plain data: what the live page, `status.json` and the metrics show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from generators.errors import ParityError
from harness.engine.plan import FuzzPlan, plan_from
from harness.engine.waivers import find_is_waived
from harness.fuzz.coverage import recorded_figures
from harness.fuzz.verdict import EXIT_CODES, Verdict, verdict_of
from harness.store.database import first_line, shown
from harness.store.ledger import RUNNING, Ledger, LedgerError
from harness.store.recent import Recent
from harness.store.records import Find

RUNS_MAX, FINDS_MAX = 10, 50
# The pace of a run is that of its last minute.
PACE_SEC = 60.0
# A run that says it is going on, and has recorded no batch for so long, has probably been killed.
SILENT_SEC = 600.0
SILENT, UNREADABLE = "silent", "unreadable"
# The word of a run at its end whose coverage was asked for, and is not there (yet).
UNMEASURED = "NOT MEASURED"


class Watcher:
    """Reads runs from a ledger; one whose batches are as many as before is not read again."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._known: dict[str, tuple[tuple[int, int, str], dict[str, Any]]] = {}

    def status(self, now: float) -> dict[str, Any]:
        """How things stand at a moment. Raises `LedgerError`, and SQLAlchemy's errors for a database that fails."""
        ledger = Ledger(self._url, make=False)
        try:
            found = ledger.recent(RUNS_MAX, now=now, window_sec=PACE_SEC)
            counted = {each.id: self._counted(ledger, each) for each in found}
        except ValueError as error:
            raise LedgerError(f"--ledger {shown(self._url)}: its runs were damaged ({first_line(error)})") from error
        finally:
            ledger.close()
        self._known = {each.id: self._known[each.id] for each in found}
        return {"at": now, "runs": [{**_times(each, counted[each.id], now), **counted[each.id]} for each in found]}

    def _counted(self, ledger: Ledger, run: Recent) -> dict[str, Any]:
        mark = (run.batches, run.measured, run.state)
        known = self._known.get(run.id)
        if known is None or known[0] != mark:
            known = self._known[run.id] = (mark, _counts(ledger, run))
        return known[1]


def _counts(ledger: Ledger, run: Recent) -> dict[str, Any]:
    """All of a run that changes only with its batches."""
    try:
        if run.plan is None:
            raise LookupError("its plan cannot be read")
        plan = plan_from(run.plan)
        return _counted_by(plan, ledger, run)
    except (TypeError, AttributeError, LookupError, ValueError, ArithmeticError, ParityError) as error:
        return {"unreadable": f"it is of another version, or was changed ({error})", "cases": 0, "planned": 0, "finds": []}


def _counted_by(plan: FuzzPlan, ledger: Ledger, run: Recent) -> dict[str, Any]:
    figures = recorded_figures(ledger, run.id, plan) if plan.coverage else []
    verdict, finds = verdict_of(ledger, run.id, plan, figures or ()), ledger.finds(run.id)
    word, exit_code = verdict.word, verdict.exit_code
    if figures is None and exit_code == 0:
        # The command measures after the last batch, and what it finds may be a no.
        word, exit_code = UNMEASURED, EXIT_CODES["MISSING"]
    return {
        "seed": plan.seed,
        "candidates": list(plan.candidates or plan.about().defaults.night_ports),
        "planned": plan.sequences,
        **_said(verdict, word, exit_code, going=run.state == RUNNING),
        **verdict.sums(),
        "memory_bytes": None if verdict.memory is None else verdict.memory[1],
        "finds_count": len(finds),
        "finds": _finds(plan, verdict, finds),
    }


def _said(verdict: Verdict, word: str, exit_code: int, *, going: bool) -> dict[str, Any]:
    """The verdict; a run that goes on has none, unless what was found decides already."""
    if not going or verdict.complete:
        return {"word": word, "exit_code": exit_code}
    return {"word": "DIVERGENCE", "exit_code": 1} if verdict.exit_code == 1 else {"word": None, "exit_code": None}


def _finds(plan: FuzzPlan, verdict: Verdict, finds: Sequence[Find]) -> list[dict[str, Any]]:
    return [
        {
            "port": find.port,
            "fingerprint": find.fingerprint,
            "count": find.count,
            "first_index": find.first_index,
            "path": str(find.divergence.get("path", "?")),
            "kind": str(find.divergence.get("kind", "?")),
            "waived": find_is_waived(verdict.waivers, find),
        }
        for find in finds[:FINDS_MAX]
    ]


def _times(run: Recent, counted: dict[str, Any], now: float) -> dict[str, Any]:
    """All of a run that changes with the clock."""
    heard = run.last_at if run.last_at is not None else run.started_at
    state = run.state
    if "unreadable" in counted:
        state = UNREADABLE
    elif state == RUNNING and (heard is None or now - heard > SILENT_SEC):
        state = SILENT
    going = state == RUNNING
    left = counted["planned"] - counted["cases"]
    return {
        "id": run.id,
        "subject": run.subject,
        "state": state,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "last_at": run.last_at,
        "rate": run.pace if going else None,
        "left_sec": left / run.pace if going and run.pace else None,
    }
