"""What a fuzz run is said to have come to, and what is said on the way."""

from __future__ import annotations

import io
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.fuzz.progress import telling
from harness.fuzz.run import Progress
from harness.fuzz.verdict import Verdict, memory_of, verdict_of
from harness.store.ledger import Ledger, Total
from harness.store.records import BatchResult, Find
from tests.subjects import DETECTOR, plan_of

MIB = 2**20


def verdict(
    *, divergent: int = 0, waived: int = 0, excused: int = 0, complete: bool = True, gaps: tuple[str, ...] = ()
) -> Verdict:
    total = Total(4, 1000, 25_000, divergent, waived, 1.0)
    counts = {"judged": Counter({"excused": excused})}
    return Verdict(run_id="r", complete=complete, total=total, counts=counts, waivers=(), gaps=gaps, memory=None)


@pytest.mark.parametrize(
    ("given", "word", "code"),
    [
        ({}, "PARITY", 0),
        ({"divergent": 1}, "DIVERGENCE", 1),
        ({"divergent": 1, "complete": False}, "INCOMPLETE", 1),
        ({"complete": False}, "INCOMPLETE", 130),
        ({"divergent": 2, "waived": 2}, "WAIVED", 0),
        ({"divergent": 2, "waived": 1}, "DIVERGENCE", 1),
        ({"gaps": ("NEVER MET: phase S2",)}, "NOT MET", 1),
        ({"gaps": ("EXPIRED: x",), "divergent": 2, "waived": 2}, "NOT MET", 1),
        ({"gaps": ("EXPIRED: x",), "complete": False}, "NOT MET", 1),
    ],
)
def test_a_run_has_one_word_and_one_exit_code(given: dict[str, Any], word: str, code: int) -> None:
    found = verdict(**given)
    assert (found.word, found.exit_code) == (word, code)
    assert found.sentence(10.0).startswith(f"{word}: 1000 cases")


def test_the_bound_is_of_what_was_compared_in_full() -> None:
    assert verdict().bound == pytest.approx(3 / 1000)
    assert verdict(excused=400).bound == pytest.approx(3 / 600)
    assert verdict(excused=1000).bound is None
    assert verdict(divergent=1, waived=1).bound is None


def test_memory_is_judged_between_early_and_late_batches() -> None:
    assert memory_of([MIB] * 39) is None
    assert memory_of([9 * MIB] * 13 + [MIB] * 23 + [2 * MIB] * 4) == (MIB, 2 * MIB)


@pytest.mark.parametrize(("late", "grows"), [(100, False), (112, False), (117, True)])
def test_memory_that_grows_fails_a_run(late: int, grows: bool, tmp_path: Path) -> None:
    ledger, plan = Ledger(f"sqlite:///{tmp_path / 'l.sqlite'}"), plan_of(DETECTOR, sequences=40, batch_size=1)
    run = ledger.start(subject="detector", plan=plan.to_json(), builds={})
    for number in range(40):
        size = (100 if number < 30 else late) * MIB
        ledger.record(
            run.id,
            BatchResult(number=number, cases=1, steps=1, divergent=0, waived=0, counts={}, case_hash="", verdict_hash="",
                        finds=(), seconds=0.1, rss_bytes=size),
        )  # fmt: skip
    found = verdict_of(ledger, run.id, plan)
    assert [gap.partition(":")[0] for gap in found.gaps] == (["MEMORY GROWS"] if grows else [])
    assert found.exit_code == int(grows)


def progress() -> Progress:
    found = Find("haskell", "0123456789ab", 1, 7, {"path": "$.steps[1].phase", "kind": "value"})
    counts = {"phase": Counter({"S0": 5, "S2": 9})}
    return Progress(10, done=6, before=1, cases=50, divergent=1, counts=counts, new=[found])


@pytest.mark.parametrize("terminal", [False, True])
def test_a_run_tells_finds_pace_and_what_was_met(terminal: bool) -> None:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=120)
    with telling(console) as tell:
        tell(progress())
    coloured = console.file.getvalue()  # type: ignore[attr-defined]  # it is the one above
    said = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", coloured)
    assert "FOUND 0123456789ab of haskell: $.steps[1].phase (value), case 7" in said
    assert "phase: S2 9, S0 5" in said
    assert "1 divergent" in said
    assert ("about" in said) is not terminal
