"""Evidence in the ledger: rows that are only ever added, each held by digest to all before it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import IntegrityError

from harness.store.database import patiently
from harness.store.migrate import exclusive
from harness.store.rows import EMPTY, START, TIME_MAX, Head, Row, are_signatures, head, head_of, leniently, read
from harness.store.schema import evidence, evidence_head

__all__ = [
    "EMPTY",
    "START",
    "TIME_MAX",
    "Head",
    "Row",
    "append",
    "append_all",
    "are_signatures",
    "check_end",
    "faults",
    "head",
    "read",
]

# The only row of the table of the head.
HEAD_ID = 1
# An id, a statement and its signatures.
Record = tuple[str, str, Sequence[Mapping[str, Any]]]
# Clocks of machines that share a ledger may differ by this much.
CLOCK_SEC = 60.0
# What to do with a ledger whose end was changed.
HOW_ON = "parity evidence list names it; take what is sound to a new ledger, as docs/gate.md says"


class ChainError(Exception):
    """A row that does not fit the chain. The message says which."""


def append(
    engine: Engine, ident: str, statement: str, signatures: Sequence[Mapping[str, Any]] = (), now: float | None = None
) -> bool:
    """Add a statement at the end; return False if it is there already. Raises `ChainError` where its id stands for another one.

    Waits for a server that is being restarted: a night's evidence must not be lost with it.
    """
    return append_all(engine, [(ident, statement, signatures)], now) == 1


def append_all(engine: Engine, records: Sequence[Record], now: float | None = None) -> int:
    """Add several statements, all or none; return how many were not there yet. Raises `ChainError` as `append` does."""
    return patiently(lambda: _append_all(engine, records, now))


def _append_all(engine: Engine, records: Sequence[Record], now: float | None) -> int:
    with engine.begin() as connection, leniently(connection):
        exclusive(connection)
        return sum(_append(connection, *each, now) for each in records)


def _append(
    connection: Connection, ident: str, statement: str, signatures: Sequence[Mapping[str, Any]], now: float | None
) -> bool:
    digest = hashlib.sha256(statement.encode()).hexdigest()
    known = connection.execute(select(evidence.c.digest).where(evidence.c.id == ident)).scalar()
    if known is not None:
        if known != digest:
            raise ChainError(f"{ident}: the ledger has another record of this id")
        return False
    last = _sound_end(connection)
    row = Row(
        number=last.number + 1,
        id=ident,
        recorded_at=_moment(connection) if now is None else now,
        statement=statement,
        signatures=signatures,
        digest=digest,
        chain="",
    )
    link = row.link(last.chain)
    try:
        values = {name: value for name, value in vars(row).items() if name != "damage"}
        connection.execute(evidence.insert().values(**{**values, "signatures": list(signatures), "chain": link}))
    except IntegrityError as error:
        raise ChainError(f"{ident}: the ledger has a row {row.number} that its head does not know of") from error
    connection.execute(evidence_head.delete())
    connection.execute(evidence_head.insert().values(id=HEAD_ID, **end_row(Head.at(row.number, link))))
    return True


def end_row(end: Head) -> dict[str, Any]:
    """An end of the chain as a row of its table."""
    return {"number": end.number, "chain": end.chain, "digest": end.digest}


def _moment(connection: Connection) -> float:
    """The time of a new row, asked for once nobody else can add one: it is not before that of the row before.

    A clock that is behind another machine's by a little does not count as one that was moved.
    """
    now = time.time()
    last = connection.execute(select(evidence.c.recorded_at).order_by(evidence.c.number.desc()).limit(1)).scalar()
    return last if isinstance(last, float) and now < last <= now + CLOCK_SEC else now


def check_end(engine: Engine) -> None:
    """Raise `ChainError` where nothing may be added: a new end would hide that the one which is there was changed."""
    with engine.connect() as connection, leniently(connection):
        _sound_end(connection)


def _sound_end(connection: Connection) -> Head:
    """The end of the chain. Raises `ChainError` where it is not as it was written, or is not that of the last row."""
    end = head_of(connection)
    last = connection.execute(select(evidence.c.number, evidence.c.chain).order_by(evidence.c.number.desc()).limit(1)).first()
    number, chain = (0, START) if last is None else last
    if end.sealed and (end.number, end.chain) == (number, chain):
        return end
    if end == EMPTY or (not end.damaged and end.number < number):
        raise ChainError(f"the ledger has a row {number} that its head does not know of; {HOW_ON}")
    raise ChainError(f"the end of the ledger's evidence is not as it was written; {HOW_ON}")


def faults(rows: Sequence[Row], end: Head) -> Iterator[tuple[int | None, str]]:
    """Every place where the chain is broken: the number of the row, or None for its end, and a sentence."""
    before, expected, clock = START, 1, 0.0
    for row in rows:
        if row.number != expected:
            yield row.number, f"record {expected} is missing: {row.number} comes after {expected - 1}"
        elif row.link(before) != row.chain:
            yield row.number, f"record {row.number} ({row.id}) does not fit the chain: it or one before it was changed"
        if row.damage:
            yield row.number, f"record {row.number} ({row.id}) was edited: no such {', '.join(row.damage)} was ever written"
        if hashlib.sha256(row.statement.encode()).hexdigest() != row.digest:
            yield row.number, f"record {row.number} ({row.id}) was edited: its text has another digest"
        if row.recorded_at < clock:
            yield row.number, f"record {row.number} ({row.id}) was recorded before the one before it: the clock was moved"
        before, expected, clock = row.chain, row.number + 1, max(clock, row.recorded_at)
    if end.damaged:
        yield None, "the end of the chain was edited: no such end was ever written"
    elif (end.number, end.chain) != (expected - 1, before):
        yield (
            None,
            f"the chain ends at record {expected - 1}, and was written up to {end.number}: records were removed or added",
        )
    elif not end.sealed:
        yield None, f"the end of the chain, at record {expected - 1}, was written by hand: records were removed"
