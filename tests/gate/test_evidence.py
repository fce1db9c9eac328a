"""Evidence: what commands leave, how it is read, how it travels, and older ledgers that open."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from harness.evidence.book import read_book
from harness.evidence.statement import SINCE_1970, EvidenceError, Figure, check, parse
from harness.evidence.suites import read_report
from harness.evidence.transfer import exported, imported
from harness.gate.policy import read_policy
from harness.store import chain
from harness.store.ledger import Ledger, LedgerError
from harness.store.migrate import FIRST, HEAD
from harness.store.schema import evidence, evidence_head, metadata
from tests.gate.keys import key_pair
from tests.gate.ledgers import fill, record, satisfying
from tests.gate.test_certificate import parity

SIMPLE = replace(record("run", "reducer", ident="simple"), figures={"cases": Figure(7), "rate": Figure(1.5, "cases/s")})


def test_a_statement_is_read_back_as_it_was() -> None:
    assert parse(SIMPLE.text()) == SIMPLE
    check(SIMPLE.text())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"exit_code":0', '"exit_code":"0"', r"\$\.predicate\.exit_code"),
        ('"kind":"run",', "", "kind"),
        ('"kind":"run"', '"kind":"run","more":1', "more"),
        ("Statement/v1", "Statement/v0", "Statement/v0"),
        ('"value":7', '"value":1e999', "figures"),
        ('"kind":"run"', '"kind": "run"', "canonically"),
        ('"kind":"run"', '"kind":"run","kind":"run"', "canonically"),
        ('"subject":[{', '"subject":[[', "statement"),
    ],
)
def test_a_statement_that_is_none_is_refused(old: str, new: str, said: str) -> None:
    assert old in SIMPLE.text()
    with pytest.raises(EvidenceError, match=said):
        parse(SIMPLE.text().replace(old, new, 1))


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(EvidenceError, match="JSON has no word for"):
        replace(SIMPLE, figures={"cases": Figure(float("nan"))}).text()


def test_a_statement_without_digests_is_none_of_in_toto() -> None:
    with pytest.raises(EvidenceError, match="no in-toto statement"):
        check(replace(SIMPLE, digests={}).text())


def test_evidence_travels_once(ledger_url: str, tmp_path: Path) -> None:
    here, there = Ledger(f"sqlite:///{tmp_path / 'here.sqlite'}"), Ledger(ledger_url)
    fill(here, satisfying(read_policy()))
    file = tmp_path / "evidence.jsonl"
    file.write_text(exported(read_book(here)), encoding="utf-8")
    count = len(here.evidence()[0])
    assert imported(there, file) == (count, count)
    assert imported(there, file) == (0, count)
    book = read_book(there)
    assert (book.all_faults, len(book.entries)) == ([], count)
    assert [each.evidence for each in book.entries] == [each.evidence for each in read_book(here).entries]
    here.close()
    there.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[: len(text) // 2], "cut off or edited"),
        (lambda text: text.replace('\\"value\\":7', '\\"value\\":8'), "cut off or edited"),
        (lambda text: text.replace("evidence 1", "evidence 9", 1), r"\$\.format"),
        (lambda text: text[10:], "line 1"),
        (lambda text: "", "line 1"),
    ],
)
def test_an_export_that_was_changed_is_refused_whole(change: object, said: str, tmp_path: Path) -> None:
    assert callable(change)
    here, there = Ledger(f"sqlite:///{tmp_path / 'here.sqlite'}"), Ledger(f"sqlite:///{tmp_path / 'there.sqlite'}")
    fill(here, [SIMPLE, replace(SIMPLE, id="second")])
    file = tmp_path / "evidence.jsonl"
    file.write_text(change(exported(read_book(here))), encoding="utf-8")
    with pytest.raises(EvidenceError, match=said):
        imported(there, file)
    assert there.evidence()[0] == []
    here.close()
    there.close()


def test_an_import_of_another_record_of_a_known_id_is_refused_whole(tmp_path: Path) -> None:
    here, there = Ledger(f"sqlite:///{tmp_path / 'here.sqlite'}"), Ledger(f"sqlite:///{tmp_path / 'there.sqlite'}")
    fill(here, [replace(SIMPLE, id="first"), SIMPLE])
    fill(there, [replace(SIMPLE, verdict="DIVERGENCE", exit_code=1)])
    file = tmp_path / "evidence.jsonl"
    file.write_text(exported(read_book(here)), encoding="utf-8")
    with pytest.raises(EvidenceError, match="another record of the id simple; nothing was imported"):
        imported(there, file)
    assert len(there.evidence()[0]) == 1
    here.close()
    there.close()


def test_what_was_edited_does_not_travel(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    ledger = Ledger(url)
    fill(ledger, [SIMPLE])
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE evidence SET statement = replace(statement, 'PARITY', 'PARITX')"))
    engine.dispose()
    with pytest.raises(EvidenceError, match="is not exported: record 1"):
        exported(read_book(ledger))
    ledger.close()


def old_ledger(url: str) -> None:
    """A ledger as it was before migrations, with a run."""
    engine = create_engine(url)
    metadata.create_all(engine, tables=[table for table in metadata.sorted_tables if table not in (evidence, evidence_head)])
    with engine.begin() as connection:
        for column in ("batches DROP COLUMN recorded_at", "batches DROP COLUMN digest", "coverage DROP COLUMN digest"):
            connection.execute(text(f"ALTER TABLE {column}"))
        names = "id, subject, plan, builds, state, started_at"
        connection.execute(text(f"INSERT INTO runs ({names}) VALUES ('old', 'reducer', '{{}}', '{{}}', 'done', 1)"))
    engine.dispose()


def test_an_older_ledger_opens_and_keeps_its_history(ledger_url: str) -> None:
    old_ledger(ledger_url)
    for _ in range(2):
        ledger = Ledger(ledger_url)
        assert ledger.find("old").state == "done"
        ledger.append_evidence(SIMPLE.id, SIMPLE.text())
        assert len(ledger.evidence()[0]) == 1
        ledger.close()


def test_migrations_make_the_tables_that_the_schema_names(ledger_url: str) -> None:
    Ledger(ledger_url).close()
    engine = create_engine(ledger_url)
    inspector = inspect(engine)
    assert set(inspector.get_table_names()) == {*metadata.tables, "alembic_version"}
    for table in metadata.sorted_tables:
        columns = inspector.get_columns(table.name)
        found = {each["name"]: (each["type"]._type_affinity, each["nullable"]) for each in columns}
        assert found == {column.name: (column.type._type_affinity, column.nullable) for column in table.columns}, table.name
        assert set(inspector.get_pk_constraint(table.name)["constrained_columns"]) == set(table.primary_key.columns.keys())
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == HEAD != FIRST
    engine.dispose()


def test_a_newer_ledger_is_refused_in_a_sentence(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    Ledger(url).close()
    with sqlite3.connect(tmp_path / "l.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(LedgerError, match="was made by a newer version"):
        Ledger(url)


def test_a_command_leaves_signed_evidence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    private, public = key_pair(tmp_path)
    _, other = key_pair(tmp_path, "other")
    monkeypatch.setenv("PARITY_SIGNING_KEY", str(private))
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    code, out, _ = parity(capsys, "golden", "verify", "--subject", "reducer", "--ledger", url, "--json")
    (ident,) = json.loads(out)["evidence"]
    assert code == 0
    assert parity(capsys, "evidence", "show", ident, "--ledger", url, "--key", str(public))[0] == 0
    code, _, err = parity(capsys, "evidence", "show", ident, "--ledger", url, "--key", str(other))
    assert (code, "is not signed by" in err) == (1, True)
    monkeypatch.setenv("PARITY_SIGNING_KEY", str(public))
    assert parity(capsys, "golden", "verify", "--subject", "reducer", "--ledger", url)[0] == 2


def test_a_record_is_shown_for_a_reader(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    command = ("parity", "fuzz", "--candidate-exe", "swift run core")
    figures = {"cases": Figure(1200), "elapsed": Figure(2.9768179849, "s"), "since": Figure(1_790_000_000.0, SINCE_1970)}
    finds = [
        {"fingerprint": "f00d", "path": "$.orders[0].price", "reference": "1.11", "candidate": "1.12", "port": "swift"}
    ] * 2
    ledger = Ledger(url)
    fill(ledger, [record("fuzz", "reducer", ident="abcd", command=command, figures=figures, details={"finds": finds})])
    ledger.close()
    _, out, _ = parity(capsys, "evidence", "show", "abcd", "--ledger", url)
    assert "  command   parity fuzz --candidate-exe 'swift run core'\n" in out
    assert "  figure    cases: 1,200\n  figure    elapsed: 2.97682 s\n  figure    since: 2026-09-21 14:13:20 UTC\n" in out
    assert max(map(len, out.splitlines())) < 120


def test_a_run_that_found_no_port_is_evidence_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    arguments = ["run", "--sequences", "3", "--market-windows", "0", "--ledger", url, "--reports", str(tmp_path)]
    parity(capsys, *arguments, "--candidate-exe", "/nonexistent", "--ports", "python")
    ledger = Ledger(url)
    (entry,) = read_book(ledger).entries
    ledger.close()
    assert entry.evidence is not None
    assert not entry.evidence.passed
    assert not [name for name in entry.evidence.digests if name.startswith("port ")]


@pytest.mark.parametrize(
    "arguments",
    [
        ["mutants", "--only", "nothing:*"],
        ["mutants", "--compiled", "--only", "nothing:*"],
        ["bench", "--candles", "nowhere.csv"],
        ["bench", "--against", "/nowhere"],
        ["run", "--candles", "nowhere.csv"],
    ],
)
def test_bad_input_promises_no_record(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = parity(capsys, *arguments, "--ledger", f"sqlite:///{tmp_path / 'l.sqlite'}")
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_a_command_that_takes_long_names_its_record_at_the_beginning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--ledger", f"sqlite:///{tmp_path / 'l.sqlite'}", "--reports", str(tmp_path)]
    _, out, _ = parity(capsys, "run", "--sequences", "3", "--market-windows", "0", "--ports", "haskell", *where)
    first = out.splitlines()[0]
    assert "will be on evidence.html#" in first
    assert out.count("will be on") == 1
    ident = first.removeprefix("evidence ").partition(":")[0]
    assert parity(capsys, "evidence", "show", ident, *where[:2])[0] == 0


def test_no_evidence_leaves_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    assert parity(capsys, "golden", "verify", "--subject", "reducer", "--ledger", url, "--no-evidence")[0] == 0
    assert not (tmp_path / "l.sqlite").exists()


JUNIT = """<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" failures="1" skipped="1" tests="3"
 timestamp="2026-02-16T12:00:00+00:00"><testcase classname="a" name="b"/><testcase classname="a" name="c"><failure>no</failure>
</testcase><testcase classname="a" name="d"><skipped/></testcase></testsuite></testsuites>"""


def test_a_report_of_tests_is_counted_case_by_case(tmp_path: Path) -> None:
    file = tmp_path / "r.xml"
    file.write_text(JUNIT + JUNIT, encoding="utf-8")
    found = read_report(file)
    assert (found.passed, found.failed, found.skipped, found.began_at) == (2, 2, 2, 1771243200.0)
    assert found.bad[0] == "failed: a::c"


@pytest.mark.parametrize("text", ["", "<testsuites/>", JUNIT[:250], JUNIT.replace('tests="3"', 'tests="4"'), "no"])
def test_a_report_that_is_none_or_cut_off_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "r.xml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(EvidenceError, match=r"r\.xml: "):
        read_report(file)


def test_a_report_of_older_sources_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "r.xml"
    file.write_text(JUNIT, encoding="utf-8")
    code, _, err = parity(capsys, "evidence", "tests", "pytest", str(file), "--ledger", f"sqlite:///{tmp_path / 'l.sqlite'}")
    assert code == 2
    assert "was changed since these tests began; run them again" in err


def test_a_ledger_whose_clock_went_back_has_a_way_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = (f"sqlite:///{tmp_path / name}" for name in ("old.sqlite", "new.sqlite"))
    ledger = Ledger(old)
    for place, ident in enumerate(("a1", "b2", "c3")):
        each = record("fuzz", "reducer", ident=ident, ended_at=1000.0 + place)
        chain.append(ledger._engine, ident, each.text(), now=(2000.0, 1995.0, 2001.0)[place])
    ledger.close()
    code, out, _ = parity(capsys, "gate", "explain", "ledger", "--ledger", old)
    assert (code, "parity evidence export --sound" in out) == (1, True)
    file = str(tmp_path / "sound.jsonl")
    assert parity(capsys, "evidence", "export", "--out", file, "--ledger", old)[0] == 2
    code, out, err = parity(capsys, "evidence", "export", "--sound", "--out", file, "--ledger", old)
    assert (code, out) == (0, f"wrote 2 records to {file}\n")
    assert err == "left out: record 2 (b2) was recorded before the one before it: the clock was moved\n"
    assert parity(capsys, "evidence", "import", file, "--ledger", new)[0] == 0
    assert parity(capsys, "gate", "explain", "ledger", "--ledger", new)[0] == 0
