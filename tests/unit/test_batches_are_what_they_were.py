"""What a batch decides is pinned: its cases, its verdicts and what it counts, at parity and with one bug planted.

The pinned values were written by an earlier version of the harness. They change only with the cases, a reference, what
counts as a divergence or how finds are named, never because the code around them moved.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.engine.builds import builds_of
from harness.engine.plan import FuzzPlan
from harness.fuzz.batch import run_batch
from harness.store.records import BatchResult

PINNED = json.loads(Path(__file__).with_name("pinned_batches.json").read_text(encoding="utf-8"))
PLANTED = f"{sys.executable} tests/quality/planted.py naive_rounding"
SETTINGS: dict[str, Any] = {"seed": 7, "settings": {"events_max": 56}, "timeout_sec": 120.0}
MANY: dict[str, Any] = {"subject": "reducer", "sequences": 200, "batch_size": 200, **SETTINGS}
FEW: dict[str, Any] = {"subject": "detector", "sequences": 40, "batch_size": 40, **SETTINGS}
PLANS = {
    "reducer at parity": FuzzPlan(**MANY),
    "reducer with naive rounding": FuzzPlan(**MANY, candidates=(PLANTED,)),
    "detector at parity": FuzzPlan(**FEW),
    "detector with a late RSI": FuzzPlan(**FEW, candidates=("tests.fuzz.late_rsi",)),
}


def decided(result: BatchResult) -> dict[str, Any]:
    """All that a batch decided, without times; a count of zero is the same as none."""
    return {
        **{name: getattr(result, name) for name in ("cases", "steps", "divergent", "case_hash", "verdict_hash")},
        "finds": sorted(
            [find.port, find.fingerprint, find.count, find.first_index, find.divergence["path"]] for find in result.finds
        ),
        "counts": {
            kind: {name: count for name, count in sorted(counts.items()) if count} for kind, counts in result.counts.items()
        },
    }


@pytest.mark.parametrize("name", PLANS)
def test_a_batch_decides_what_it_decided_before(name: str) -> None:
    plan = PLANS[name]
    assert decided(run_batch(plan.to_json(), builds_of(plan), 0)) == PINNED[name]
