"""A run whose rows were made by hand is not gone on with: batches have digests, and some are run again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from harness.evidence.book import read_book
from harness.fuzz.batch import run_batch
from harness.fuzz.recheck import DRAWN, differing, drawn
from harness.fuzz.run import begin
from harness.store import ledger as ledgers
from harness.store.ledger import Ledger
from harness.store.records import BatchResult, Find
from tests.gate.test_certificate import parity
from tests.subjects import plan_of

PLAN = plan_of(seed=11, sequences=60, settings={"events_max": 10}, batch_size=20)
FIND = Find("haskell", "0123456789ab", 1, 3, {"path": "$.a", "kind": "value", "step": 1, "also": []})


@pytest.fixture(scope="module")
def results() -> list[BatchResult]:
    """What the batches of the plan come to."""
    from harness.engine.builds import builds_of

    return [run_batch(PLAN.to_json(), builds_of(PLAN), number) for number in range(3)]


def stopped(url: str, batches: list[BatchResult]) -> str:
    """A run with these batches; its id."""
    ledger = Ledger(url)
    run = begin(ledger, PLAN)
    for each in batches:
        assert ledger.record(run.id, each)
    ledger.close()
    return run.id


def resume(url: str, run_id: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Code, output and errors of a run that is gone on with."""
    return parity(
        capsys, "fuzz", "--resume", run_id, "--ledger", url, "--reports", str(folder), "--workers", "1", "--finds-max", "0"
    )


def changed(url: str, *changes: str, **values: Any) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for change in changes:
            connection.execute(text(change), values)
    engine.dispose()


def recorded(url: str) -> list[str]:
    ledger = Ledger(url)
    book = read_book(ledger)
    ledger.close()
    return [each.evidence.verdict for each in book.entries if each.evidence]


def test_a_run_as_it_was_recorded_is_gone_on_with(
    ledger_url: str, results: list[BatchResult], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = stopped(ledger_url, results[:2])
    code, out, err = resume(ledger_url, run_id, tmp_path, capsys)
    assert (code, err) == (0, ""), out
    assert recorded(ledger_url) == ["PARITY"]


CHANGES = {
    "a larger plan": "UPDATE runs SET plan = :plan",
    "another build": "UPDATE batches SET digest = (SELECT digest FROM batches WHERE number = 1) WHERE number = 0",
    "more cases": "UPDATE batches SET cases = 100000 WHERE number = 1",
    "fewer divergent": "UPDATE batches SET divergent = 0, waived = 0",
    "counts that were met": 'UPDATE batches SET counts = \'{"phase": {"S0": 5}}\' WHERE number = 1',
    "a find taken out": "DELETE FROM finds",
    "a find of another count": "UPDATE finds SET count = 2",
    "a find that was waived": "UPDATE finds SET divergence = '{}'",
    "less memory": "UPDATE batches SET rss_bytes = 1",
    "no digest": "UPDATE batches SET digest = NULL WHERE number = 1",
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_batch_or_plan_that_was_changed_is_refused(
    what: str, ledger_url: str, results: list[BatchResult], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = stopped(ledger_url, [results[0], replace(results[1], divergent=1, finds=(FIND,))])
    change = CHANGES[what]
    values = {"plan": json.dumps(replace(PLAN, sequences=100_000).to_json())} if ":plan" in change else {}
    # A colon within JSON is no parameter.
    changed(ledger_url, change if values else change.replace('": ', '"\\: '), **values)
    code, _, err = resume(ledger_url, run_id, tmp_path, capsys)
    assert (code, err.count("\n"), err.startswith(f"parity: run {run_id}: batch ")) == (2, 1, True), err
    assert "start a new run" in err
    assert recorded(ledger_url) == []


def test_copies_of_a_batch_are_refused(
    ledger_url: str, results: list[BatchResult], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = stopped(ledger_url, [results[0], replace(results[0], number=1)])
    code, _, err = resume(ledger_url, run_id, tmp_path, capsys)
    assert (code, "batches 0 and 1 are of the same cases; start a new run" in err) == (2, True)


FORGED: dict[str, Callable[[BatchResult], BatchResult]] = {
    "cases that are none of the plan's": lambda batch: replace(batch, case_hash="c" * 64),
    "a number of steps": lambda batch: replace(batch, steps=batch.steps + 1),
    "what was met": lambda batch: replace(batch, counts={**batch.counts, "phase": {"S0": 1}}),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_batch_that_was_made_up_by_who_knows_the_code_is_run_again(
    what: str, results: list[BatchResult], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    run_id = stopped(url, [FORGED[what](results[0]), *results[1:]])
    code, _, err = resume(url, run_id, tmp_path, capsys)
    assert (code, err.count("\n"), f"run {run_id}: batch 0, run again, has " in err) == (2, 1, True), err
    assert recorded(url) == []


def test_what_no_rows_of_a_batch_know_of_is_told(results: list[BatchResult]) -> None:
    stored = {name: getattr(results[0], name) for name in ("case_hash", "cases", "steps", "counts", "divergent", "waived")}
    assert differing(stored, results[0]) is None
    assert differing(stored, replace(results[0], divergent=2)) == "2 divergent"
    # A flaky find does not come again, and a port may be excused by another processor.
    assert differing({**stored, "divergent": 1}, results[0]) is None
    assert differing(stored, replace(results[0], counts={**results[0].counts, "judged": {"excused": 1}})) is None


def test_the_first_the_last_and_some_that_the_seed_draws_are_run_again() -> None:
    chosen = drawn(PLAN, set(range(100)))
    assert (len(chosen), chosen[0], chosen[-1]) == (2 + DRAWN, 0, 99)
    assert chosen == drawn(PLAN, list(range(99, -1, -1)))
    assert [drawn(PLAN, set(range(count))) for count in range(4)] == [[], [0], [0, 1], [0, 1, 2]]
    assert len({tuple(drawn(replace(PLAN, seed=seed), set(range(100)))) for seed in range(20)}) > 10


def test_coverage_that_was_made_up_is_refused(
    ledger_url: str, results: list[BatchResult], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = stopped(ledger_url, results)
    ledger = Ledger(ledger_url)
    ledger.record_coverage(run_id, "python branches", covered=1, total=2, missing=[])
    ledger.check_run(run_id)
    ledger.close()
    changed(ledger_url, "UPDATE coverage SET covered = 2")
    code, _, err = resume(ledger_url, run_id, tmp_path, capsys)
    assert (code, "its coverage of 'python branches' is not what was recorded" in err) == (2, True)


def test_a_run_that_is_changed_while_it_runs_leaves_no_evidence(
    results: list[BatchResult], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    run_id, known = stopped(url, results), ledgers.Ledger.end

    def end(self: Ledger, run: str, *, state: str) -> None:
        known(self, run, state=state)
        changed(url, "UPDATE batches SET cases = 1000000")

    monkeypatch.setattr(ledgers.Ledger, "end", end)
    code, _, err = resume(url, run_id, tmp_path, capsys)
    assert (code, "batch 0 or the plan of its run is not what was recorded" in err) == (2, True)
    assert recorded(url) == []
