"""The report of a fuzz run, for a reader and for a machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.engine.waivers import Waiver, find_is_waived
from harness.fuzz.triage import Triaged
from harness.fuzz.verdict import Verdict
from harness.store.records import Find
from harness.words import counted

# So many fingerprints beside a find's own are named.
ALSO_MAX = 12


def print_verdict(
    console: Console, verdict: Verdict, finds: Sequence[Find], triaged: Sequence[Triaged], *, rate: float, ledger: str
) -> None:
    """Print the results of the run; `rate` is in cases a second, `ledger` the option that names the ledger, if it is needed."""
    console.print(_met(verdict))
    for waiver in verdict.waivers:
        console.print(_waived(verdict, waiver), markup=False, soft_wrap=True)
    for find in finds:
        console.print(_found(verdict, find), markup=False, soft_wrap=True)
    for each in triaged:
        console.print(_triaged(each), markup=False, soft_wrap=True)
    for gap in verdict.gaps:
        console.print(gap, markup=False, soft_wrap=True)
    if verdict.memory is not None:
        early, late = (size / 2**20 for size in verdict.memory)
        console.print(f"memory of a worker with its ports: {early:.0f} MiB early on, {late:.0f} MiB in the end", markup=False)
    console.print(verdict.sentence(rate, ledger), markup=False, soft_wrap=True)


def _met(verdict: Verdict) -> Table:
    table = Table("what", "how often", title="Met by the cases", title_justify="left")
    for kind, numbers in verdict.counts.items():
        if kind not in ("waiver", "asked"):
            often = sorted(numbers.items(), key=lambda item: -item[1])
            table.add_row(kind, ", ".join(f"{escape(name)} ({number:,})" for name, number in often))
    return table


def _found(verdict: Verdict, find: Find) -> str:
    word = "FIND" if not find_is_waived(verdict.waivers, find) else "WAIVED FIND"
    text = f"{word} {find.fingerprint} of {find.port}: {counted(find.count, 'case')}, the first is {find.first_index}: "
    also = find.divergence.get("also", [])[:ALSO_MAX]
    return f"{text}{find.divergence['path']}" + (f"; in the same step {', '.join(also)}" if also else "")


def _triaged(each: Triaged) -> str:
    if each.majority is None:
        return (
            f"FLAKY {each.find.fingerprint}: case {each.find.first_index} does not diverge when it is run alone; with the "
            f"{counted(each.asked_before, 'case')} before it in its batch: parity replay {each.path}"
        )
    effort = f"{counted(each.shrunk.attempts, 'attempt')}, {each.shrunk.seconds:.1f} s"
    return (
        f"SHRUNK {each.find.fingerprint}: {each.shrunk.size_before} {each.shrunk.unit} to {each.shrunk.size_after} in "
        f"{effort}: parity replay {each.path}\n  {each.majority.sentence}"
    )


def _waived(verdict: Verdict, waiver: Waiver) -> str:
    hits = verdict.counts["waiver"][waiver.key] if "waiver" in verdict.counts else 0
    of = f" of {waiver.port}" if waiver.port else ""
    return (
        f"WAIVED {waiver.fingerprint}{of}: {counted(hits, 'case')}, until {waiver.expires} by {waiver.owner}: {waiver.reason}"
    )


def as_data_of(verdict: Verdict, finds: Sequence[Find], triaged: Sequence[Triaged]) -> dict[str, Any]:
    """The run as plain data."""
    known = {(each.find.port, each.find.fingerprint): each for each in triaged}
    rows = []
    for find in finds:
        each = known.get((find.port, find.fingerprint))
        sizes: dict[str, Any] = dict.fromkeys(
            ("size_before", "size_after", "unit", "repro", "asked_before", "odd", "first_step")
        )
        if each is not None:
            shrunk = each.shrunk
            sizes = {"size_before": shrunk.size_before, "size_after": shrunk.size_after, "unit": shrunk.unit}
            sizes |= {"repro": str(each.path), "asked_before": each.asked_before}
            if each.majority is not None:
                sizes |= {"odd": list(each.majority.odd), "first_step": each.majority.step}
        rows.append({**find.to_row(), **sizes})
    counts = verdict.counts
    waived: Mapping[str, int] = counts.get("waiver", {})
    return {
        "run": verdict.run_id,
        "verdict": verdict.word,
        "complete": verdict.complete,
        **verdict.sums(),
        "bound_thorough": verdict.bound_thorough,
        "memory_bytes": list(verdict.memory) if verdict.memory else None,
        "counts": {kind: dict(numbers) for kind, numbers in counts.items() if kind != "waiver"},
        "waivers": [{**waiver.to_json(), "hits": waived.get(waiver.key, 0)} for waiver in verdict.waivers],
        "finds": rows,
        "coverage": [figure.to_json() for figure in verdict.figures],
    }
