"""Some batches of a run that is taken up again, run once more: what the ledger holds has to be what they come to."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import closing
from typing import Any

from harness.engine.plan import FuzzPlan
from harness.store.ledger import Ledger, LedgerError
from harness.store.records import BatchResult

# So many batches beside the first and the last.
DRAWN = 2
# Counts of what ports answered: another processor may excuse more, and a flaky port answers now so, now otherwise.
OF_PORTS = ("judged", "excused by", "waiver")


def drawn(plan: FuzzPlan, finished: Collection[int]) -> list[int]:
    """The batches to run again: first, last and some that the seed draws."""
    numbers = sorted(finished)
    inner = numbers[1:-1]
    chosen = random.Random(f"{plan.seed} {len(numbers)}").sample(inner, min(DRAWN, len(inner)))
    return sorted({*numbers[:1], *numbers[-1:], *chosen})


def hold_again(
    ledger: Ledger,
    run_id: str,
    plan: FuzzPlan,
    finished: Collection[int],
    run: Callable[[list[int]], Generator[BatchResult]],
) -> None:
    """Run some finished batches again and compare what they counted. Raises `LedgerError` for the first that differs."""
    numbers = drawn(plan, finished)
    if not numbers:
        return
    with closing(run(numbers)) as results:
        for again in results:
            if difference := differing(ledger.batch(run_id, again.number), again):
                why = "the ledger was changed, or the batch comes out otherwise each time"
                raise LedgerError(f"run {run_id}: batch {again.number}, run again, has {difference}: {why}; start a new run")


def differing(stored: Mapping[str, Any], again: BatchResult) -> str | None:
    """What a batch came to, and did not come to when it was run again, in words; None where that fits."""
    for name in ("case_hash", "cases", "steps"):
        if stored[name] != getattr(again, name):
            return f"another {name}"
    if _met(stored["counts"]) != _met(again.counts):
        return "other counts"
    # A find that does not come again is flaky, and counts as it is; one that the ledger does not know was taken out.
    if stored["divergent"] == stored["waived"] and again.divergent > again.waived:
        return f"{again.divergent - again.waived} divergent"
    return None


def _met(counts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    return {kind: dict(numbers) for kind, numbers in counts.items() if kind not in OF_PORTS}
