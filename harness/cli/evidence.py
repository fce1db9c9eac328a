"""`parity evidence`: the records that commands left, and their way to another machine."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from harness.cli.options import NamedPath, json_option, ledger_option
from harness.cli.output import as_json, console_for, printable
from harness.cli.recorded import draft_of, inputs_of, made, recorded, tell
from harness.evidence.book import Book, Entry, read_book
from harness.evidence.checkout import SUITES, files_missing
from harness.evidence.digests import built_in, files_behind
from harness.evidence.figures import counts
from harness.evidence.micro import read_micro
from harness.evidence.signing import is_signed_by, public_key_of
from harness.evidence.statement import EvidenceError, Figure, stamp
from harness.evidence.suites import NAMED_MAX, read_report, refuse_older
from harness.evidence.transfer import exported, imported
from harness.store.database import first_line, shown
from harness.store.ledger import Ledger, LedgerError
from harness.store.outputs import write_output
from harness.subjects.registry import names, subject_called
from harness.words import counted

LISTED = 20
DETAIL_LENGTH = 100


@click.group()
def evidence() -> None:
    """Records that commands left: list, show, export, import."""


@contextmanager
def _opened(url: str, *, make: bool = False) -> Iterator[Ledger]:
    """A ledger, closed with the block. Raises `LedgerError`."""
    ledger = Ledger(made(url) if make else url, make=make)
    try:
        yield ledger
    except SQLAlchemyError as error:
        raise LedgerError(f"--ledger {shown(url)}: {first_line(error)}") from error
    finally:
        ledger.close()


def _book(url: str) -> Book:
    with _opened(url) as ledger:
        return read_book(ledger)


@evidence.command(name="list")
@click.option("--kind", help="Records of one command alone, as in fuzz.")
@click.option("--subject", help="Records about one subject alone.")
@click.option("--last", type=click.IntRange(1), default=LISTED, show_default=True, help="So many, the newest.")
@ledger_option
@json_option
def evidence_list(kind: str | None, subject: str | None, last: int, url: str, as_data: bool) -> int:
    """A line a record, the newest last; what was edited or removed is named (exit code 1)."""
    book = _book(url)
    _refuse_unknown("--kind", kind, book.kinds)
    _refuse_unknown("--subject", subject, {each.evidence.subject for each in book.entries if each.evidence} | set(names()))
    wanted = [entry for entry in book.entries if _matches(entry, kind, subject)][-last:]
    faults = book.all_faults
    if as_data:
        click.echo(as_json({"exit_code": int(bool(faults)), "faults": faults, "records": [_to_json(each) for each in wanted]}))
        return int(bool(faults))
    table = Table("id", "ended", "kind", "subject", "verdict", "cases", "divergent", "signed")
    for entry in wanted:
        table.add_row(*_cells(entry))
    console = console_for(as_data=False)
    console.print(table)
    for fault in faults:
        console.print(f"NOT SOUND: {fault}", markup=False, soft_wrap=True)
    console.print(f"{len(wanted)} of {counted(len(book.entries), 'record')}", markup=False)
    return int(bool(faults))


def _refuse_unknown(option: str, value: str | None, known: Collection[str]) -> None:
    """Refuse a name that no record has: an empty table would say that there is no such evidence."""
    if value is not None and value not in known:
        listed = ", ".join(printable(each) for each in sorted(known) if each) or "none yet"
        raise EvidenceError(f"{option} {value}: the ledger has no record of it; it has {listed}")


def _matches(entry: Entry, kind: str | None, subject: str | None) -> bool:
    if entry.evidence is None:
        return kind is None and subject is None
    return kind in (None, entry.evidence.kind) and subject in (None, entry.evidence.subject)


def _cells(entry: Entry) -> list[str]:
    found = entry.evidence
    if found is None:
        return [entry.row.id, "", "", "", "NOT SOUND", "", "", ""]
    numbers = [found.figure(name) for name in ("cases", "divergent")]
    verdict = found.verdict if entry.sound else "NOT SOUND"
    shown_numbers = ["-" if number is None else f"{number:,}" for number in numbers]
    ended = stamp(found.ended_at)[:19].replace("T", " ")
    return [found.id, ended, found.kind, found.subject or "-", verdict, *shown_numbers, "yes" if entry.row.signatures else "no"]


def _to_json(entry: Entry) -> dict[str, Any]:
    statement = json.loads(entry.row.statement) if entry.evidence is not None else None
    row = entry.row
    return {
        "number": row.number,
        "id": row.id,
        "recorded_at": stamp(row.recorded_at),
        "digest": row.digest,
        "chain": row.chain,
        "signatures": list(row.signatures),
        "faults": list(entry.faults),
        "statement": statement,
    }


@evidence.command(name="show")
@click.argument("ident", metavar="ID")
@click.option("--key", type=NamedPath(), help="A public key (PEM) that the record must be signed by.")
@ledger_option
@json_option
def evidence_show(ident: str, key: Path | None, url: str, as_data: bool) -> int:
    """A record as it was written; exit code 1 where it was edited, or is not signed by --key."""
    entry = _book(url).find(ident)
    faults = list(entry.faults)
    if key is not None and not is_signed_by(entry.row.statement, entry.row.signatures, public_key_of(key)):
        faults.append(f"record {entry.row.number} ({entry.row.id}) is not signed by {key}")
    data = {**_to_json(entry), "faults": faults}
    click.echo(as_json(data) if as_data else printable(_text(entry)))
    for fault in faults:
        click.echo(f"NOT SOUND: {fault}", err=True)
    return int(bool(faults))


def _text(entry: Entry) -> str:
    found = entry.evidence
    if found is None:
        return entry.row.statement
    about = f" about the {found.subject}" if found.subject else ""
    lines = [
        f"record {entry.row.number}, {found.id}: {found.kind}{about}: {found.verdict} (exit code {found.exit_code})",
        f"  command   {found.command_line}",
        f"  time      {stamp(found.started_at)} to {stamp(found.ended_at)}",
        *([] if found.seed is None else [f"  seed      {found.seed}"]),
        *(f"  figure    {name}: {' '.join(figure.words).rstrip()}" for name, figure in sorted(found.figures.items())),
        *(f"  digest    {name}: {digest}" for name, digest in sorted(found.digests.items())),
        *(f"  detail    {name}: {_spelt(value)}" for name, value in sorted(found.details.items())),
        f"  signed    {', '.join(str(each.get('keyid', '?')) for each in entry.row.signatures) or 'by nobody'}",
    ]
    return "\n".join(lines)


def _spelt(value: Any) -> str:
    """A detail as JSON, on lines of its own where one would be long."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) <= DETAIL_LENGTH:
        return line
    return "\n" + textwrap.indent(json.dumps(value, ensure_ascii=False, indent=2), "    ")


@evidence.command(name="tests")
@click.argument("suite", type=click.Choice(list(SUITES)))
@click.argument("report", type=NamedPath())
@ledger_option
def evidence_tests(suite: str, report: Path, url: str) -> int:
    """Record what a test SUITE's JUnit REPORT says: what passed, failed, was skipped (exit code 1 unless all passed)."""
    found = read_report(report)
    subjects = [subject_called(name) for name in names()]
    behind = [files for about in subjects for files in files_behind(about, built_in(about)).values()]
    refuse_older(report, found.began_at, [file for files in behind for file in files])
    missing = files_missing(report, suite, found)
    draft = draft_of(f"tests-{suite}", None)
    with recorded(url, draft):
        draft.started_at, draft.ended_at = found.began_at, found.ended_at
        draft.figures = counts(passed=found.passed, failed=found.failed, skipped=found.skipped, files_missing=len(missing))
        draft.figures |= {f"property {name}": Figure(value) for name, value in found.numbers.items()}
        draft.details |= {"bad": found.bad[:NAMED_MAX], "files_missing": missing[:NAMED_MAX]}
        green = found.passed and not found.failed and not found.skipped
        draft.conclude("PASSED" if green else "FAILED", int(not green))
        tell(draft)
        click.echo(f"{suite}: {found.passed} passed, {found.failed} failed, {found.skipped} skipped")
        for path in missing:
            click.echo(f"NOT RUN, or not all of it: {path}")
    return draft.exit_code


@evidence.command(name="micro")
@click.argument("report", type=NamedPath())
@ledger_option
def evidence_micro(report: Path, url: str) -> int:
    """Record the small calls that pytest-benchmark timed, from its JSON REPORT."""
    found = read_micro(report)
    for about in [subject_called(name) for name in names()]:
        calls = found.calls.get(about.name, {})
        refuse_older(
            report, found.began_at, [file for files in files_behind(about, built_in(about)).values() for file in files]
        )
        draft = draft_of("micro", about)
        with recorded(url, draft):
            if calls:
                draft.ports = built_in(about)
                draft.started_at, draft.ended_at = found.began_at, found.ended_at
                draft.figures = {name: Figure(each.median, "s") for name, each in calls.items()}
                draft.samples = {name: [each.low, each.high] for name, each in calls.items()}
                draft.conclude("MEASURED", 0)
                tell(draft)
        click.echo(f"{about.name}: {counted(len(calls), 'call')}")
    return 0


@evidence.command(name="export")
@click.argument("idents", metavar="[ID]...", nargs=-1)
@click.option("--out", type=NamedPath(), required=True, help="The file to write.")
@click.option("--sound", is_flag=True, help="Leave out records that are NOT SOUND, by which an export is refused otherwise.")
@ledger_option
def evidence_export(idents: tuple[str, ...], out: Path, sound: bool, url: str) -> int:
    """Write records, all or those named, to one file for another machine or a new ledger."""
    book = _book(url)
    text = exported(book, idents, sound=sound)
    write_output(out, text, inputs=inputs_of(url))
    click.echo(f"wrote {counted(text.count(chr(10)) - 1, 'record')} to {out}")
    for entry in book.entries if sound and not idents else ():
        if not entry.sound:
            click.echo(f"left out: {entry.faults[0]}", err=True)
    return 0


@evidence.command(name="import")
@click.argument("file", type=NamedPath())
@ledger_option
def evidence_import(file: Path, url: str) -> int:
    """Add the records of a FILE that another ledger exported; those that are here already stay as they are."""
    with _opened(url, make=True) as ledger:
        new, every = imported(ledger, file)
    click.echo(f"{new} of {counted(every, 'record')} of {file} new")
    return 0
