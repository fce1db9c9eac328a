"""What a fuzz run came to, for a reader and for a machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from harness.fuzz.explain import Explained
from harness.fuzz.plan import FuzzPlan
from harness.fuzz.run import Progress
from harness.store.ledger import Ledger, Total
from harness.tally import WANTED

# None in n cases: with 95 % confidence the share of divergent cases of this distribution is at most 3 / n.
RULE_OF_THREE = 3.0


def never_hit(counts: dict[str, Any]) -> list[str]:
    """Phases, events and actions that no case reached."""
    return [f"{kind} {name}" for kind, names in WANTED.items() for name in names if not counts.get(kind, {}).get(name)]


def summarise(
    console: Console, ledger: Ledger, run_id: str, plan: FuzzPlan, progress: Progress, explained: Sequence[Explained]
) -> int:
    """Print what came of the run; its exit code: 1 for any divergence or gap, 130 if batches are still open."""
    total, counts = ledger.total(run_id), ledger.counts(run_id)
    table = Table("what", "times", title="Met by the cases", title_justify="left")
    for kind, numbers in counts.items():
        for name, number in numbers.items():
            table.add_row(f"{kind} {name}", str(number))
    console.print(table)
    for find in ledger.finds(run_id):
        console.print(f"FIND {find.fingerprint} of {find.port}: {find.count} case(s), the first is {find.first_index}: "
                      f"{find.divergence['path']}", markup=False)  # fmt: skip
    for each in explained:
        console.print(
            f"SHRUNK {each.find.fingerprint}: {each.shrunk.events_before} events to {len(each.shrunk.case.events)} in "
            f"{each.shrunk.attempts} attempts, {each.shrunk.seconds:.1f} s: parity replay {each.path}",
            markup=False,
            soft_wrap=True,
        )
    complete = total.batches == plan.batch_count
    gaps = never_hit(counts) if plan.subject == "reducer" and complete and plan.sequences >= 1000 else []
    for gap in gaps:
        console.print(f"NEVER MET: {gap}", markup=False)
    excused = counts.get("judged", Counter())["excused"]
    console.print(_verdict(run_id, plan, total, progress, gaps=len(gaps), excused=excused), markup=False)
    if total.divergent or gaps:
        return 1
    return 0 if complete else 130


def bound_of(cases: int, excused: int) -> float | None:
    """The largest share of divergent cases that none in so many leaves likely; excused ones were not compared in full."""
    return RULE_OF_THREE / (cases - excused) if cases > excused else None


def _verdict(run_id: str, plan: FuzzPlan, total: Total, progress: Progress, *, gaps: int, excused: int) -> str:
    start = (
        f"{total.cases} cases, {total.steps} steps, {total.divergent} divergent, {progress.rate:.0f} cases/s in this sitting"
    )
    if total.batches < plan.batch_count:
        return f"INCOMPLETE: {start}; go on with parity fuzz --resume {run_id}"
    if total.divergent:
        return f"DIVERGENCE: {start}"
    if gaps:
        return f"NOT MET: {start}, but {gaps} of what the cases have to meet never came"
    start += f", {excused} excused" if excused else ""
    bound = bound_of(total.cases, excused)
    return f"PARITY: {start}" + ("" if bound is None else f"; at most {bound:.1e} of such cases diverge (95 % confidence)")


def as_data_of(ledger: Ledger, run_id: str, plan: FuzzPlan, explained: Sequence[Explained]) -> dict[str, Any]:
    """The run as plain data."""
    total, counts = ledger.total(run_id), ledger.counts(run_id)
    excused = counts.get("judged", Counter())["excused"]
    shrunk = {(each.find.port, each.find.fingerprint): each for each in explained}
    finds = []
    for find in ledger.finds(run_id):
        each = shrunk.get((find.port, find.fingerprint))
        finds.append({**find.to_row(), "repro": None if each is None else str(each.path),
                      "events_after": None if each is None else len(each.shrunk.case.events)})  # fmt: skip
    return {
        "run": run_id,
        "plan": plan.to_json(),
        "complete": total.batches == plan.batch_count,
        "cases": total.cases,
        "steps": total.steps,
        "divergent": total.divergent,
        "excused": excused,
        "bound": None if total.divergent else bound_of(total.cases, excused),
        "counts": {kind: dict(numbers) for kind, numbers in counts.items()},
        "finds": finds,
    }
