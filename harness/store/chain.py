"""Evidence in the ledger: rows that are only ever added, each held by digest to all before it."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import IntegrityError

from harness.store.database import patiently
from harness.store.migrate import exclusive
from harness.store.schema import evidence, evidence_head

# The chain before its first row.
START = "0" * 64
# The only row of the table of the head.
HEAD_ID = 1
# An id, a statement and its signatures.
Record = tuple[str, str, Sequence[Mapping[str, Any]]]
# Clocks of machines that share a ledger may differ by this much.
CLOCK_SEC = 60.0
# The first second after the year 9999: no later time can be written.
TIME_MAX = 253_402_300_800.0


class ChainError(Exception):
    """A row that does not fit the chain. The message says which."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of the chain. `recorded_at` is in seconds since 1970, `signatures` are a DSSE envelope's.

    `damage` names columns that hold what was never written there; they are empty here.
    """

    number: int
    id: str
    recorded_at: float
    statement: str
    signatures: Sequence[Mapping[str, Any]]
    digest: str
    chain: str
    damage: Sequence[str] = ()

    def link(self, before: str) -> str:
        """The chain's digest with this row after `before`."""
        parts = [before, self.number, self.id, repr(self.recorded_at), self.digest, list(self.signatures)]
        return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True)
class Head:
    """The end of the chain as it was written last: the number of rows, and the digest."""

    number: int
    chain: str


# Of a chain without a record.
EMPTY = Head(0, START)


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
    with engine.begin() as connection:
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
    last = _head(connection)
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
    connection.execute(evidence_head.insert().values(id=HEAD_ID, number=row.number, chain=link))
    return True


def _moment(connection: Connection) -> float:
    """The time of a new row, asked for once nobody else can add one: it is not before that of the row before.

    A clock that is behind another machine's by a little does not count as one that was moved.
    """
    now = time.time()
    last = connection.execute(select(evidence.c.recorded_at).order_by(evidence.c.number.desc()).limit(1)).scalar()
    return last if isinstance(last, float) and now < last <= now + CLOCK_SEC else now


def _head(connection: Connection) -> Head:
    row = connection.execute(select(evidence_head.c.number, evidence_head.c.chain)).first()
    return EMPTY if row is None else Head(row[0], row[1])


def read(engine: Engine) -> tuple[list[Row], Head]:
    """All rows in their order, and the head that was written last, of one moment."""
    with engine.connect().execution_options(isolation_level="SERIALIZABLE") as connection:
        if connection.dialect.name == "sqlite":
            # Python's driver begins no transaction for a reader: a row could be added between the two questions.
            connection.exec_driver_sql("BEGIN")
        rows = [_row(row) for row in connection.execute(select(evidence).order_by(evidence.c.number)).mappings()]
        return rows, _head(connection)


def _row(found: Mapping[Any, Any]) -> Row:
    """A row as it is in the database, which keeps whatever somebody puts there, whatever its columns are for."""
    values, damage = dict(found), []
    for name, (fits, instead) in _COLUMNS.items():
        if not fits(values[name]):
            values[name] = instead
            damage.append(name)
    return Row(**values, damage=tuple(damage))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and 0.0 <= value < TIME_MAX


def _are_signatures(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


# What each column must hold, and what stands for anything else.
_COLUMNS: Mapping[str, tuple[Callable[[Any], bool], Any]] = {
    **dict.fromkeys(("id", "statement", "digest", "chain"), (_is_text, "")),
    "recorded_at": (_is_time, 0.0),
    "signatures": (_are_signatures, ()),
}


def head(engine: Engine) -> Head:
    """The head alone."""
    with engine.connect() as connection:
        return _head(connection)


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
    if (end.number, end.chain) != (expected - 1, before):
        yield (
            None,
            f"the chain ends at record {expected - 1}, and was written up to {end.number}: records were removed or added",
        )
