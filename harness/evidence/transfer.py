"""Evidence on its way from one ledger to another: one file, whole or refused."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from harness.evidence.book import Book
from harness.evidence.soundness import refuse_unsound
from harness.evidence.statement import EvidenceError, canonical, check, digest_of
from harness.store.ledger import Ledger
from harness.words import counted

FORMAT = "doge-parity evidence 1"


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    records: int
    digest: str


class _Record(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    statement: str
    signatures: list[dict[str, str]]


def exported(book: Book, idents: Sequence[str] = (), *, sound: bool = False) -> str:
    """Records as text, all or those named: a line that counts and sums them up, and a line each.

    `sound` leaves out a record that is not as it was written. Otherwise it raises `EvidenceError`: it must not travel as if it
    were.
    """
    named = {entry.row.number: entry for entry in map(book.find, idents)}
    entries = [entry for entry in (named.values() if idents else book.entries) if entry.sound or not sound]
    for entry in entries:
        if not entry.sound:
            raise EvidenceError(f"evidence {entry.row.id}: is not exported: {entry.faults[0]}")
    lines = [
        canonical({"id": each.row.id, "statement": each.row.statement, "signatures": list(each.row.signatures)})
        for each in entries
    ]
    body = "".join(f"{line}\n" for line in lines)
    return canonical({"format": FORMAT, "records": len(lines), "digest": digest_of(body)}) + "\n" + body


def imported(ledger: Ledger, file: Path) -> tuple[int, int]:
    """Add a file's records to a ledger; return how many are new, and how many there were.

    Raises `EvidenceError` for a file that is cut off, edited or malformed; then nothing of it is added.
    """
    records = _records(file, time.time())
    known = {row.id: row.digest for row in ledger.evidence()[0]}
    for record in records:
        if known.get(record.id, digest_of(record.statement)) != digest_of(record.statement):
            raise EvidenceError(f"{file}: the ledger has another record of the id {record.id}; nothing was imported")
    return ledger.append_all([(each.id, each.statement, each.signatures) for each in records]), len(records)


def _records(file: Path, now: float) -> list[_Record]:
    try:
        text = file.read_bytes().decode()
    except OSError as error:
        raise EvidenceError(f"{file}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise EvidenceError(f"{file}: is not UTF-8 ({error.reason})") from error
    first, _, body = text.partition("\n")
    header = _decoded(first, _Header, file, 1)
    if header.format != FORMAT:
        raise EvidenceError(f"{file}: $.format is {json.dumps(header.format)}, not {json.dumps(FORMAT)}")
    # Not splitlines: a text in a record may hold signs that end lines for Python, and not in JSON.
    lines = body.removesuffix("\n").split("\n") if body else []
    if len(lines) != header.records or digest_of(body) != header.digest:
        raise EvidenceError(
            f"{file}: holds {len(lines)} of {counted(header.records, 'record')}, or others: it was cut off or edited"
        )
    records = [_decoded(line, _Record, file, number) for number, line in enumerate(lines, start=2)]
    known: Mapping[str, str] = {each.id: each.statement for each in records}
    if len(known) != len(records):
        raise EvidenceError(f"{file}: holds two records of one id")
    for number, record in enumerate(records, start=2):
        try:
            check(record.statement)
            refuse_unsound(record.id, record.statement, record.signatures, now)
        except EvidenceError as error:
            raise EvidenceError(f"{file}: line {number}: {error}") from error
    return records


def _decoded(line: str, kind: type[Any], file: Path, number: int) -> Any:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise EvidenceError(f"{file}: line {number}: is no line of an export ({error})") from error
