"""Records that say anything, rows that hold anything, several writers at once: a sentence or a fault, never a traceback."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.table import Table
from sqlalchemy import Connection, create_engine

from harness.cli.main import main
from harness.cli.output import console_for
from harness.evidence.book import read_book
from harness.evidence.statement import Evidence, EvidenceError, Figure, parse
from harness.evidence.suites import read_report
from harness.evidence.transfer import exported, imported
from harness.store import chain
from harness.store import rows as stored
from harness.store.ledger import Ledger
from harness.subjects.registry import names
from tests.gate.ledgers import record

SUBJECT = names()[0]
HOSTILE = "<script>alert(1)</script>\u2028\u2029\x85\x1b[2J[/red][bold]\u202e\x00\\"
PLAIN = record("fuzz", SUBJECT, ident="a1")


def deep(levels: int) -> str:
    """A record whose details are a list in a list in a list …"""
    return PLAIN.text().replace('"details":{}', '"details":{"a":' + "[" * levels + "]" * levels + "}")


RECORDS: dict[str, Sequence[Evidence]] = {
    "text": [
        replace(
            PLAIN,
            verdict=HOSTILE,
            command=(HOSTILE,),
            details={"finds": [{"port": HOSTILE, "divergence": {"path": HOSTILE, "reference": HOSTILE}}], "machine": HOSTILE},
            figures={HOSTILE: Figure(1, HOSTILE)},
        )
    ],
    "a word that looks like a style": [replace(PLAIN, verdict="[/x]", exit_code=130)],
    "a word that erases the line": [replace(PLAIN, verdict="\x1b[1A\x1b[2KGO", exit_code=130)],
    "a name of a file that is no UTF-8": [replace(PLAIN, command=("parity", "\udcff"))],
    "large figures": [
        replace(PLAIN, figures={name: Figure(1e299) for name in ("cases", "bound", "rate", "excused_share", "coverage x")}),
        *(
            record("freeze", subject, ident=f"f{place}", figures={"frozen_since": Figure(value)})
            for place, (subject, value) in enumerate(zip(names(), (1e299, -1e299), strict=False))
        ),
        record("mutants", SUBJECT, ident="m", figures={"share": Figure(1e299)}),
        record("bench", SUBJECT, ident="b", figures={"a": Figure(1e299, "ratio")}, samples={"a": [1e299, -1e299]}),
    ],
    "details of another version": [
        replace(PLAIN, details={"finds": [{"count": 1.5}, 5, None], "levels": {"x": 5}, "ports": [5], "machine": {"cpus": []}})
    ],
}  # fmt: skip
TEXTS = {
    "a figure beyond all": replace(PLAIN, figures={"cases": Figure(10**400)}).text(),
    "a sample beyond all": replace(PLAIN, samples={"cases": [10**400]}).text(),
    "a time before all": PLAIN.text().replace("2026-", "0001-").replace("+00:00", "+23:00"),
    "deep": deep(600),
    "deeper": deep(100_000),
}
CHANGES = {
    "signatures that are a number": "UPDATE evidence SET signatures = '5'",
    "a signature without a key": "UPDATE evidence SET signatures = '[{\"x\": 1}]'",
    "a signature that is none": "UPDATE evidence SET signatures = '[5]'",
    "signatures that are no JSON": "UPDATE evidence SET signatures = '{{'",
    "a time that is a word": "UPDATE evidence SET recorded_at = 'then'",
    "a time without end": "UPDATE evidence SET recorded_at = 9e999",
    "a time after all": "UPDATE evidence SET recorded_at = 1e300",
    "a statement that is bytes": "UPDATE evidence SET statement = x'ff00'",
    "a statement that is no UTF-8": "UPDATE evidence SET statement = CAST(x'ff41' AS TEXT)",
}


def commands(url: str, folder: Path) -> list[list[str]]:
    """Every command that reads evidence."""
    ledger, out = ["--ledger", url], str(folder / "export.jsonl")
    return [
        ["evidence", "list", *ledger], ["evidence", "list", "--json", *ledger], ["evidence", "show", "a", *ledger],
        ["gate", *ledger], ["gate", "explain", "2.night", *ledger], ["dashboard", "--out", str(folder / "site"), *ledger],
        ["gate", "certify", "--out", str(folder / "c.json"), *ledger], ["gate", "verify", str(folder / "c.json"), *ledger],
        ["evidence", "export", "--out", out, *ledger],
        ["evidence", "import", out, "--ledger", f"sqlite:///{folder / 'other.sqlite'}"],
    ]  # fmt: skip


def read_by_all(url: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[int, str]]:
    """Code and output of every command; what is raised fails the test."""
    found = {}
    for words in commands(url, folder):
        with pytest.raises(SystemExit) as ended:
            main(words)
        out, err = capsys.readouterr()
        code = int(ended.value.code or 0)
        assert code in (0, 1, 2), words
        assert code == 2 or words[1] == "verify" or not err.startswith("parity:"), err
        found[" ".join(words[:2])] = (code, out + err)
    return found


@pytest.mark.parametrize("what", RECORDS)
def test_a_record_may_say_anything(what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    ledger = Ledger(url)
    for each in RECORDS[what]:
        ledger.append_evidence(each.id, each.text())
    ledger.close()
    found = read_by_all(url, tmp_path, capsys)
    assert found["evidence list"][0] == 0
    # What was written as it should be travels.
    assert found["evidence import"][0] == 0, found["evidence import"]
    assert not any("\x1b" in out for _, out in found.values())


@pytest.mark.parametrize("what", TEXTS)
def test_a_statement_that_none_would_write_is_no_evidence(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(EvidenceError):
        parse(TEXTS[what])
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    ledger = Ledger(url)
    ledger.append_evidence("a1", TEXTS[what])
    ledger.close()
    found = read_by_all(url, tmp_path, capsys)
    assert (found["evidence list"][0], found["gate --ledger"][0], found["evidence export"][0]) == (1, 1, 2)


@pytest.mark.parametrize("what", CHANGES)
def test_a_row_may_hold_anything(what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    ledger = Ledger(url)
    ledger.append_evidence(PLAIN.id, PLAIN.text())
    ledger.close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(CHANGES[what])
    engine.dispose()
    found = read_by_all(url, tmp_path, capsys)
    assert all(found[each][0] != 0 for each in ("evidence list", "gate --ledger", "evidence export"))


def test_a_table_shows_names_and_not_what_they_ask_of_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("a")
    table.add_row("[red]x[/red]\x1b[2K\u202ey")
    console_for(as_data=False).print(table)
    assert "[red]x[/red]\\x1b[2K\\x202ey" in capsys.readouterr().out


def test_one_record_that_is_named_twice_travels_once(tmp_path: Path) -> None:
    here, there = Ledger(f"sqlite:///{tmp_path / 'here.sqlite'}"), Ledger(f"sqlite:///{tmp_path / 'there.sqlite'}")
    here.append_evidence(PLAIN.id, PLAIN.text())
    file = tmp_path / "e.jsonl"
    file.write_text(exported(read_book(here), ["a1", "a"]), encoding="utf-8")
    assert imported(there, file) == (1, 1)
    here.close()
    there.close()


def test_an_import_that_ends_in_the_middle_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = Ledger(f"sqlite:///{tmp_path / 'here.sqlite'}"), Ledger(f"sqlite:///{tmp_path / 'there.sqlite'}")
    for ident in ("a1", "a2", "a3"):
        here.append_evidence(ident, replace(PLAIN, id=ident).text())
    file = tmp_path / "e.jsonl"
    file.write_text(exported(read_book(here)), encoding="utf-8")
    written = chain._append

    def full(connection: Connection, ident: str, *rest: Any) -> bool:
        if ident == "a2":
            raise OSError("no space left")
        return written(connection, ident, *rest)

    monkeypatch.setattr(chain, "_append", full)
    with pytest.raises(OSError, match="no space"):
        imported(there, file)
    assert there.evidence()[0] == []
    here.close()
    there.close()


def between(monkeypatch: pytest.MonkeyPatch, name: str, first: Callable[[], object]) -> None:
    """Do something once, just before a function of the chain is called."""
    known, left = getattr(chain, name), [first]

    def call(*arguments: object) -> object:
        if left:
            left.pop()()
        return known(*arguments)

    monkeypatch.setattr(chain, name, call)


def test_a_writer_that_waited_for_another_one_is_recorded_after_it(ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = Ledger(ledger_url), Ledger(ledger_url)

    def other() -> None:
        time.sleep(0.01)
        theirs.append_evidence("a2", replace(PLAIN, id="a2").text())

    between(monkeypatch, "exclusive", other)
    ours.append_evidence("a1", PLAIN.text())
    rows, head = ours.evidence()
    assert [row.id for row in rows] == ["a2", "a1"]
    assert list(chain.faults(rows, head)) == []
    ours.close()
    theirs.close()


def test_a_clock_that_is_a_little_behind_another_one_breaks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, now = Ledger(f"sqlite:///{tmp_path / 'l.sqlite'}"), time.time()
    for ident, ahead in (("a1", 0.0), ("a2", -30.0), ("a3", -200.0)):
        monkeypatch.setattr("harness.store.chain.time.time", lambda ahead=ahead: now + ahead)
        ledger.append_evidence(ident, replace(PLAIN, id=ident).text())
        faults = list(chain.faults(*ledger.evidence()))
        # One that is far behind was moved, and that is said.
        assert [number for number, _ in faults] == ([3] if ident == "a3" else [])
    ledger.close()


def test_rows_and_the_end_of_the_chain_are_of_one_moment(ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = Ledger(ledger_url), Ledger(ledger_url)
    writer.append_evidence("a1", PLAIN.text())
    known, left = stored.head_of, [1]

    def head(connection: Connection) -> chain.Head:
        # The end is asked for after the rows: a writer comes between.
        if left and left.pop():
            writer.append_evidence("a2", replace(PLAIN, id="a2").text())
        return known(connection)

    monkeypatch.setattr(stored, "head_of", head)
    rows, end = reader.evidence()
    assert list(chain.faults(rows, end)) == []
    assert len(reader.evidence()[0]) == 2
    reader.close()
    writer.close()


@pytest.mark.parametrize(
    ("suite", "said"),
    [
        ('tests="\u00b2"', "cut off"),
        (f'tests="{"1" * 5000}"', "cut off"),
        ('tests="1" timestamp="0001-01-01T00:00:00"', "is no time"),
        ('tests="1" errors="1"', "says 1 of its number of errors, and lists 0"),
        ('tests="1" failures="2"', "says 2 of its number of failures, and lists 0"),
    ],
)
def test_a_hostile_report_is_a_sentence(suite: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "TZ", "UTC")
    file = tmp_path / "report.xml"
    file.write_text(f'<testsuite {suite}><testcase name="a"/></testsuite>', encoding="utf-8")
    with pytest.raises(EvidenceError, match=said):
        read_report(file)
