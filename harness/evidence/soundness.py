"""What makes a record unsound: one answer for whoever writes records and for whoever reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.evidence.statement import Evidence, EvidenceError, parse
from harness.store.chain import CLOCK_SEC, are_signatures

ID_LENGTH_MAX = 32
# As a table's column holds it, and as it is typed, printed and put into the address of a page.
ID = re.compile(rf"[0-9A-Za-z][0-9A-Za-z_-]{{0,{ID_LENGTH_MAX - 1}}}")


def examined(ident: str, text: str, recorded_at: float) -> tuple[Evidence | None, list[str]]:
    """A record's statement, None where it cannot be read, and all that is wrong with it; a time is in seconds since 1970."""
    try:
        evidence = parse(text)
    except EvidenceError as error:
        return None, [f": {error}"]
    return evidence, list(_faults(evidence, ident, recorded_at))


def _faults(evidence: Evidence, ident: str, recorded_at: float) -> Iterator[str]:
    if evidence.id != ident:
        yield f" holds the statement of {evidence.id}"
    if ID.fullmatch(ident) is None:
        yield f" has no id: one has 1 to {ID_LENGTH_MAX} letters, digits, - and _"
    if evidence.started_at > evidence.ended_at:
        yield " ended before it started: the clock was moved"
    if evidence.made_at > recorded_at + CLOCK_SEC:
        yield " ended after it was recorded: the clock was moved"


def refuse_unsound(ident: str, text: str, signatures: Sequence[Mapping[str, Any]], recorded_at: float) -> None:
    """Refuse what nobody could read as sound: it would make the ledger a no-go for good. Raises `EvidenceError`."""
    _, faults = examined(ident, text, recorded_at)
    if not are_signatures(signatures):
        faults.append(" has signatures that are none: each has names and texts")
    if faults:
        raise EvidenceError(f"evidence {ident[:ID_LENGTH_MAX]!r}{faults[0]}; it is not recorded")
