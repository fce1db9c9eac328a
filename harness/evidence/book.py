"""All evidence of a ledger, read and checked: each record's text, its place in the chain, its signatures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harness.evidence.soundness import examined
from harness.evidence.statement import Evidence, EvidenceError
from harness.store import chain
from harness.store.ledger import Ledger


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A record in its place: its row in the chain, what it says, and what is wrong with it, if anything."""

    row: chain.Row
    evidence: Evidence | None
    faults: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """True if the record is as it was written."""
        return self.evidence is not None and not self.faults


@dataclass(frozen=True, kw_only=True)
class Book:
    """The records of a ledger in their order. `faults` are those of the chain as a whole, not of one record."""

    entries: Sequence[Entry]
    faults: Sequence[str] = ()
    kinds: Mapping[str, Sequence[Entry]] = field(default_factory=dict)

    def of_kind(self, kind: str, subject: str) -> Iterator[Entry]:
        """The records of a kind and a subject that can be read, the newest first."""
        for entry in self.kinds.get(kind, ()):
            if entry.evidence is not None and entry.evidence.subject == subject:
                yield entry

    def find(self, ident: str) -> Entry:
        """The record of this id, or else whose id begins so. Raises `EvidenceError` where there is none, or several."""
        found = [entry for entry in self.entries if entry.row.id == ident] or [
            entry for entry in self.entries if entry.row.id.startswith(ident)
        ]
        if len(found) == 1:
            return found[0]
        known = ", ".join(entry.row.id for entry in self.entries[-5:]) or "none yet"
        what = "several records have ids that begin so" if found else f"the ledger has no such record; the latest are {known}"
        raise EvidenceError(f"evidence {ident}: {what}")

    @property
    def all_faults(self) -> list[str]:
        """Everything that is wrong with the chain and its records."""
        return [*self.faults, *(fault for entry in self.entries for fault in entry.faults)]


def read_book(ledger: Ledger) -> Book:
    """Read and check all evidence of a ledger."""
    return book_of(*ledger.evidence())


def book_of(rows: Sequence[chain.Row], head: chain.Head) -> Book:
    """Check rows against each other and against what they say."""
    by_row: dict[int | None, list[str]] = {}
    for number, sentence in chain.faults(rows, head):
        by_row.setdefault(number, []).append(sentence)
    entries = [_entry(row, by_row.get(row.number, ())) for row in rows]
    kinds: dict[str, list[Entry]] = {}
    for entry in reversed(entries):
        if entry.evidence is not None:
            kinds.setdefault(entry.evidence.kind, []).append(entry)
    for each in kinds.values():
        each.sort(key=lambda entry: entry.evidence.ended_at if entry.evidence else 0.0, reverse=True)
    return Book(entries=entries, faults=by_row.get(None, ()), kinds=kinds)


def _entry(row: chain.Row, faults: Sequence[str]) -> Entry:
    evidence, found = examined(row.id, row.statement, row.recorded_at)
    said = [f"record {row.number} ({row.id}){fault}" for fault in found]
    return Entry(row=row, evidence=evidence, faults=(*faults, *said))
