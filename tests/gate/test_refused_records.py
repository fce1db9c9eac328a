"""What a reader calls unsound is refused before it is written, and one damaged cell hides nothing of the rest."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from harness.evidence.book import read_book
from harness.evidence.recorder import Draft, recording
from harness.evidence.soundness import refuse_unsound
from harness.evidence.statement import SINCE_1970, Evidence, EvidenceError, Figure, digest_of
from harness.evidence.transfer import FORMAT, imported
from harness.store.ledger import Ledger, LedgerError
from harness.subjects.registry import names, subject_called
from tests.gate.ledgers import record
from tests.gate.test_certificate import parity
from tests.gate.test_suites import suite_of, whole

SUBJECT = names()[0]
PLAIN = record("fuzz", SUBJECT, ident="a1")
AHEAD_SEC = 3600.0


def left(url: str) -> list[Evidence | None]:
    """The records of a ledger, which must be sound."""
    ledger = Ledger(url)
    book = read_book(ledger)
    ledger.close()
    assert book.all_faults == []
    return [each.evidence for each in book.entries]


def export_of(folder: Path, ident: str, statement: str, signatures: list[Any] | None = None) -> Path:
    """A file of one record, whole as exports are."""
    body = json.dumps({"id": ident, "statement": statement, "signatures": signatures or []}) + "\n"
    file = folder / "e.jsonl"
    header = {"format": FORMAT, "records": 1, "digest": digest_of(body)}
    file.write_text(json.dumps(header) + "\n" + body, encoding="utf-8")
    return file


UNSOUND: dict[str, Callable[[], Evidence]] = {
    "it ends in the future": lambda: replace(PLAIN, ended_at=time.time() + AHEAD_SEC),
    "it ends before it starts": lambda: replace(PLAIN, started_at=PLAIN.ended_at + 1.0),
    "a figure beyond all": lambda: replace(PLAIN, figures={"cases": Figure(1e305)}),
    "a sample beyond all": lambda: replace(PLAIN, samples={"cases": [-1e305]}),
    "an id that is empty": lambda: replace(PLAIN, id=""),
    "an id that is long": lambda: replace(PLAIN, id="a" * 5000),
    "an id of two lines": lambda: replace(PLAIN, id="a\nb"),
    "an id that moves the cursor": lambda: replace(PLAIN, id="a\x1b[2K"),
    "an id that ends a line": lambda: replace(PLAIN, id="a1\n"),
}


@pytest.mark.parametrize("what", UNSOUND)
def test_a_record_that_no_reader_believes_is_not_imported(what: str, tmp_path: Path) -> None:
    url, found = f"sqlite:///{tmp_path / 'l.sqlite'}", UNSOUND[what]()
    ledger = Ledger(url)
    with pytest.raises(EvidenceError, match=r"e\.jsonl: line 2: evidence '.*; it is not recorded") as refused:
        imported(ledger, export_of(tmp_path, found.id, found.text()))
    assert str(refused.value).isprintable()
    ledger.close()
    assert left(url) == []


@pytest.mark.parametrize("what", UNSOUND)
def test_what_is_refused_is_what_a_reader_would_call_unsound(what: str, tmp_path: Path) -> None:
    found = UNSOUND[what]()
    with pytest.raises(EvidenceError):
        refuse_unsound(found.id, found.text(), (), time.time())
    ledger = Ledger(f"sqlite:///{tmp_path / 'l.sqlite'}")
    ledger.append_evidence(found.id, found.text())
    assert read_book(ledger).all_faults != []
    ledger.close()


@pytest.mark.parametrize("signatures", [[{"keyid": ["a"]}], [{"keyid": {"a": {}}}], [5]])
def test_signatures_that_are_none_are_not_imported(signatures: list[Any], tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'l.sqlite'}")
    with pytest.raises(EvidenceError, match="line 2"):
        imported(ledger, export_of(tmp_path, PLAIN.id, PLAIN.text(), signatures))
    ledger.close()


@pytest.mark.parametrize("change", [{"ended_at": time.time() + AHEAD_SEC}, {"figures": {"a": Figure(1e305)}}, {"id": "a b"}])
def test_a_command_records_nothing_that_no_reader_believes(change: dict[str, Any], tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    draft = Draft("freeze", subject_called(SUBJECT), ("parity",), **change)
    with pytest.raises(EvidenceError, match="it is not recorded"), recording(url, draft):
        draft.conclude("FROZEN", 0)
    assert left(url) == []


def test_a_report_of_the_future_is_not_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url, file = f"sqlite:///{tmp_path / 'l.sqlite'}", tmp_path / "r.xml"
    file.write_text(suite_of(whole("rust")), encoding="utf-8")
    os.utime(file, (time.time() + AHEAD_SEC,) * 2)
    code, out, err = parity(capsys, "evidence", "tests", "rust", str(file), "--ledger", url)
    assert (code, out, err.count("ended after it was recorded"), err.count("\n")) == (2, "", 1, 1)
    assert left(url) == []


@pytest.mark.parametrize(
    ("median", "at", "said"),
    [("1e305", "2100-01-01T00:00:00+00:00", "beyond 1e+300"), ("1.0", "0001-01-01T00:00:00", "$.datetime")],
)
def test_timed_calls_that_none_were_are_not_recorded(
    median: str, at: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, file = f"sqlite:///{tmp_path / 'l.sqlite'}", tmp_path / "micro.json"
    stats = f'{{"median":{median},"q1":1.0,"q3":1.0}}'
    call = f'{{"stats":{stats},"extra_info":{{"subject":"{SUBJECT}","call":"x"}}}}'
    file.write_text(f'{{"datetime":"{at}","benchmarks":[{call}]}}', encoding="utf-8")
    code, _, err = parity(capsys, "evidence", "micro", str(file), "--ledger", url)
    assert (code, err.count("\n"), said in err) == (2, 1, True), err
    assert left(url) == [] if Path(tmp_path / "l.sqlite").exists() else True


@pytest.mark.parametrize("value", [1e20, -1e20, 253_402_300_800.0])
def test_a_time_that_is_none_is_shown_as_a_number(value: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    ledger = Ledger(url)
    ledger.append_evidence("a1", replace(PLAIN, figures={"cases": Figure(value, SINCE_1970)}).text())
    ledger.close()
    for words in (["evidence", "list"], ["evidence", "show", "a1"], ["dashboard", "--out", str(tmp_path / "site")]):
        assert parity(capsys, *words, "--ledger", url)[0] == 0, words


def test_the_id_itself_wins_over_those_that_begin_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    ledger = Ledger(url)
    for ident in ("ab", "abx", "aby"):
        ledger.append_evidence(ident, replace(PLAIN, id=ident).text())
    ledger.close()
    assert "record 1, ab:" in parity(capsys, "evidence", "show", "ab", "--ledger", url)[1]
    assert "several records" in parity(capsys, "evidence", "show", "a", "--ledger", url)[2]
    assert "no such record" in parity(capsys, "evidence", "show", "*", "--ledger", url)[2]


def changed(url: str, *changes: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for change in changes:
            connection.exec_driver_sql(change)
    engine.dispose()


def filled(url: str, count: int) -> None:
    ledger = Ledger(url)
    for number in range(1, count + 1):
        ledger.append_evidence(f"a{number}", replace(PLAIN, id=f"a{number}").text())
    ledger.close()


NESTED = "[" * 40_000 + "]" * 40_000
CELLS = {
    "signatures that are no JSON": "signatures = '{bad'",
    "signatures that are no UTF-8": "signatures = CAST(x'ff41' AS TEXT)",
    "signatures that are nested": f"signatures = '{NESTED}'",
    "a signature that is nested": 'signatures = \'[{"a":' + "[" * 900 + "]" * 900 + "}]'",
    "a signature of bytes": "signatures = x'ff00'",
    "a statement that is no UTF-8": "statement = CAST(x'ff41' AS TEXT)",
    "a statement that is nested": f"statement = '{NESTED}'",
    "an id that is no UTF-8": "id = CAST(x'ff41' AS TEXT)",
    "a digest that is no UTF-8": "digest = CAST(x'ff41' AS TEXT)",
    "a chain of bytes": "chain = x'00'",
}
# What PostgreSQL lets anybody write into columns of its types.
CELLS_POSTGRES = {
    "signatures that are none": "signatures = '5'",
    "signatures that are nested": "signatures = '" + "[" * 2000 + "]" * 2000 + "'",
    "a statement that is none": "statement = 'no'",
    "a time that is none": "recorded_at = 'NaN'",
}


def rest_is_taken(url: str, change: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`list` and `gate` name a damaged record of a ledger, and `export --sound` takes those before it."""
    filled(url, 4)
    changed(url, f"UPDATE evidence SET {change} WHERE number = 3")
    code, out, _ = parity(capsys, "evidence", "list", "--ledger", url)
    assert (code, "NOT SOUND: record 3 " in out, "4 of 4 records" in out) == (1, True, True)
    assert parity(capsys, "gate", "explain", "ledger", "--ledger", url)[0] == 1
    file, other = str(folder / "sound.jsonl"), f"sqlite:///{folder / 'other.sqlite'}"
    code, out, err = parity(capsys, "evidence", "export", "--sound", "--out", file, "--ledger", url)
    assert (code, "left out: record 3 " in err) == (0, True)
    assert parity(capsys, "evidence", "import", file, "--ledger", other)[0] == 0
    assert {"a1", "a2"} <= {each.id for each in left(other) if each is not None}


@pytest.mark.parametrize("what", CELLS)
def test_one_damaged_cell_hides_nothing_of_the_rest(what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rest_is_taken(f"sqlite:///{tmp_path / 'l.sqlite'}", CELLS[what], tmp_path, capsys)


@pytest.mark.parametrize("ledger_url", ["postgres"], indirect=True)
def test_one_damaged_cell_of_a_server_hides_nothing_of_the_rest(
    ledger_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for change in CELLS_POSTGRES.values():
        rest_is_taken(ledger_url, change, tmp_path, capsys)
        changed(ledger_url, "DELETE FROM evidence", "DELETE FROM evidence_head")
        (tmp_path / "other.sqlite").unlink()


ENDS = {
    "a number that is a word": "UPDATE evidence_head SET number = 'x'",
    "a chain of bytes": "UPDATE evidence_head SET chain = x'00'",
    "a chain that is no UTF-8": "UPDATE evidence_head SET chain = CAST(x'ff41' AS TEXT)",
    "two ends": "INSERT INTO evidence_head SELECT 2, number, chain, digest FROM evidence_head",
    "no end": "DELETE FROM evidence_head",
    "an earlier end": "UPDATE evidence_head SET number = 1, chain = (SELECT chain FROM evidence WHERE number = 1)",
    "no digest": "UPDATE evidence_head SET digest = NULL",
    "a digest of bytes": "UPDATE evidence_head SET digest = x'00'",
    "a digest of a row": "UPDATE evidence_head SET digest = chain",
}


@pytest.mark.parametrize("what", ENDS)
def test_nothing_is_told_as_done_where_the_end_was_changed(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    filled(url, 2)
    changed(url, ENDS[what])
    code, out, _ = parity(capsys, "evidence", "list", "--ledger", url)
    assert (code, out.count("NOT SOUND: the ") + out.count("NOT SOUND: record") >= 1) == (1, True), out
    assert parity(capsys, "gate", "--ledger", url)[0] == 1
    signed = ["gate", "sign-off", "0.questions", "--name", "a", "--reason", "b", "--ledger", url]
    code, out, err = parity(capsys, *signed)
    assert (code, out, err.count("\n"), "docs/gate.md" in err) == (2, "", 1, True)
    # A new end would have hidden it.
    assert parity(capsys, "evidence", "list", "--ledger", url)[0] == 1


def test_no_work_is_begun_whose_record_could_not_be_added(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    filled(url, 2)
    changed(url, ENDS["no end"])
    with pytest.raises(LedgerError, match="does not know of"), recording(url, Draft("x", subject_called(SUBJECT), ())):
        pytest.fail("it was begun")


def test_a_record_that_cannot_be_kept_is_not_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> bool:
        raise LedgerError("is full")

    monkeypatch.setattr(Ledger, "append_evidence", full)
    where = ["--ledger", f"sqlite:///{tmp_path / 'l.sqlite'}"]
    for words in (["gate", "sign-off", "0.questions", "--name", "a", "--reason", "b"], ["golden", "verify", "--json"]):
        code, out, err = parity(capsys, *words, *where)
        assert (code, out, err) == (2, "", "parity: is full\n"), words


def test_records_that_were_cut_off_with_two_statements_are_missed(ledger_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    filled(ledger_url, 4)
    end = "number = 3, chain = (SELECT chain FROM evidence WHERE number = 3)"
    changed(ledger_url, "DELETE FROM evidence WHERE number = 4", f"UPDATE evidence_head SET {end}")
    code, out, _ = parity(capsys, "evidence", "list", "--ledger", ledger_url)
    assert (code, "the end of the chain, at record 3, was written by hand: records were removed" in out) == (1, True)


@pytest.mark.parametrize("whole_end", [True, False])
def test_an_older_ledger_gets_the_digest_of_an_end_that_is_whole(
    whole_end: bool, ledger_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(ledger_url, 3)
    older = [
        *(f"ALTER TABLE {table} DROP COLUMN digest" for table in ("evidence_head", "batches", "coverage")),
        "UPDATE alembic_version SET version_num = '0003'",
    ]
    changed(ledger_url, *older, *([] if whole_end else ["DELETE FROM evidence WHERE number = 3"]))
    assert parity(capsys, "evidence", "list", "--ledger", ledger_url)[0] == int(not whole_end)
    if whole_end:
        filled(ledger_url, 4)
        assert len(left(ledger_url)) == 4
