"""The ledger holds whole batches, each once, in whatever database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from harness.store.ledger import DONE, Ledger, LedgerError
from harness.store.records import BatchResult, Find, Repro

FIND = Find("haskell", "0123456789ab", 2, 7, {"path": "$.steps[0].price", "kind": "value"})
BATCH = BatchResult(
    number=0, cases=20, steps=300, divergent=2, waived=0, counts={"phase": {"S0": 3}},
    case_hash="c" * 64, verdict_hash="v" * 64, finds=(FIND,), seconds=0.5, rss_bytes=3 * 2**30,
)  # fmt: skip


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """An empty ledger."""
    opened = Ledger(ledger_url)
    yield opened
    opened.close()


def started(ledger: Ledger) -> str:
    return ledger.start(subject="reducer", plan={"seed": 1}, builds={"reference": "x"}).id


def test_a_batch_counts_once_however_often_it_comes(ledger: Ledger) -> None:
    run = started(ledger)
    assert ledger.record(run, BATCH)
    assert not ledger.record(run, replace(BATCH, cases=999))
    total = ledger.total(run)
    assert (total.batches, total.cases, total.divergent) == (1, 20, 2)
    assert ledger.finds(run) == [FIND]


def test_a_batch_goes_in_whole_or_not_at_all(ledger: Ledger) -> None:
    run = started(ledger)
    twice = replace(BATCH, finds=(FIND, FIND))
    with pytest.raises(LedgerError, match="batch 0 does not fit"):
        ledger.record(run, twice)
    assert ledger.total(run).batches == 0
    assert ledger.finished(run) == set()


def test_finds_of_many_batches_are_one_find_with_its_first_case(ledger: Ledger) -> None:
    run = started(ledger)
    later = replace(BATCH, number=1, finds=(replace(FIND, first_index=25, count=5),))
    ledger.record(run, later)
    ledger.record(run, BATCH)
    assert ledger.finds(run) == [replace(FIND, count=7)]
    assert ledger.counts(run)["phase"]["S0"] == 6
    assert [number for number, _, _ in ledger.hashes(run)] == [0, 1]


def test_writers_at_once_lose_nothing(ledger_url: str) -> None:
    ledger = Ledger(ledger_url)
    run = started(ledger)

    def write(first: int) -> None:
        own = Ledger(ledger_url)
        for number in range(first, 40, 4):
            assert own.record(run, replace(BATCH, number=number))
        own.close()

    threads = [threading.Thread(target=write, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.finished(run) == set(range(40))
    ledger.close()


def test_a_run_is_found_again_with_its_plan(ledger: Ledger) -> None:
    run = started(ledger)
    ledger.end(run, state=DONE)
    found = ledger.find(run)
    assert (found.subject, found.plan, found.builds, found.state) == ("reducer", {"seed": 1}, {"reference": "x"}, DONE)


def test_an_unknown_run_is_refused_with_those_there_are(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="no such run; there is none yet"):
        ledger.find("nothing")
    run = started(ledger)
    with pytest.raises(LedgerError, match=run):
        ledger.find("nothing")


def test_repros_and_coverage_replace_what_was_there(ledger: Ledger) -> None:
    run = started(ledger)
    repro = Repro(port="haskell", fingerprint="0123456789ab", path="a.json", size_before=30, size_after=2, seconds=1.0)
    ledger.record_repro(run, repro)
    ledger.record_repro(run, replace(repro, path="b.json"))
    ledger.record_coverage(run, "python", covered=250, total=256, missing=["reducer/orders.py:9"])
    ledger.record_coverage(run, "python", covered=256, total=256, missing=[])
    assert [each.path for each in ledger.repros(run)] == ["b.json"]
    assert ledger.coverage(run) == {"python": (256, 256, [])}


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://x/y", "sqlite:////no/such/folder/l.sqlite", "postgresql+psycopg://127.0.0.1:1/x"]
)
def test_an_address_that_opens_nothing_is_refused_in_one_sentence(url: str) -> None:
    with pytest.raises(LedgerError, match="--ledger ") as error:
        Ledger(url)
    assert "\n" not in str(error.value)


def test_a_ledger_of_another_version_is_refused_in_a_sentence(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    Ledger(url).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE batches DROP COLUMN waived"))
    engine.dispose()
    with pytest.raises(LedgerError, match=r"another version \(table batches has no waived\)"):
        Ledger(url)


# A race is lost now and then only: twelve turns lose it all but always when nothing keeps order.
@pytest.mark.parametrize("_turn", range(12))
def test_a_ledger_may_be_made_by_many_at_once(ledger_url: str, _turn: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        for ledger in pool.map(lambda _: Ledger(ledger_url), range(8)):
            ledger.close()
