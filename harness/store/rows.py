"""Rows of evidence as they are in the database, which keeps whatever somebody puts there, whatever its columns are for."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Text, cast, select

from harness.store.schema import evidence, evidence_head

# The chain before its first row.
START = "0" * 64
# The first word of what the digest of the end is made of: no digest of a row is made of it.
END = "doge-parity end of evidence"
# The first second after the year 9999: no later time can be written.
TIME_MAX = 253_402_300_800.0


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
    """The end of the chain as it was written last: the number of rows, the digest, and a digest of the two.

    The last is found in no row: who cuts the chain off at one has to make it. `damaged` is True where the table held what was
    never written there.
    """

    number: int
    chain: str
    digest: str = ""
    damaged: bool = False

    @classmethod
    def at(cls, number: int, chain: str) -> Head:
        """The end after a row, with its digest."""
        return cls(number, chain, end_digest(number, chain))

    @property
    def sealed(self) -> bool:
        """True if its digest is its own."""
        return not self.damaged and self.digest == end_digest(self.number, self.chain)


def end_digest(number: int, chain: str) -> str:
    """SHA-256 of an end of the chain."""
    return hashlib.sha256(json.dumps([END, number, chain], separators=(",", ":")).encode()).hexdigest()


# Of a chain without a record.
EMPTY = Head.at(0, START)


def read(engine: Engine) -> tuple[list[Row], Head]:
    """All rows in their order, and the head that was written last, of one moment."""
    with engine.connect().execution_options(isolation_level="SERIALIZABLE") as connection, leniently(connection):
        if connection.dialect.name == "sqlite":
            # Python's driver begins no transaction for a reader: a row could be added between the two questions.
            connection.exec_driver_sql("BEGIN")
        # As text, for a driver that decodes JSON itself fails at the first row that holds something else.
        columns = [column for column in evidence.c if column.name != "signatures"]
        asked = select(*columns, cast(evidence.c.signatures, Text).label("signatures")).order_by(evidence.c.number)
        return [_row(row) for row in connection.execute(asked).mappings()], head_of(connection)


@contextmanager
def leniently(connection: Connection) -> Iterator[None]:
    """Within the block SQLite gives text that is no UTF-8 too, with half surrogates for it; other databases hold none."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    before, driver.text_factory = driver.text_factory, lambda found: found.decode(errors="surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = before


def decoded(text: Any) -> Any:
    """JSON as a database holds it, or None for whatever is none, or is nested too deeply to be read."""
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None


def _row(found: Mapping[Any, Any]) -> Row:
    values, damage = {**found, "signatures": decoded(found["signatures"])}, []
    for name, (fits, instead) in _COLUMNS.items():
        if not fits(values[name]):
            values[name] = instead
            damage.append(name)
    return Row(**values, damage=tuple(damage))


def is_text(value: Any) -> bool:
    """True for text that can be written."""
    return isinstance(value, str) and not any("\ud800" <= sign <= "\udfff" for sign in value)


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and 0.0 <= value < TIME_MAX


def are_signatures(value: Any) -> bool:
    """True for signatures as an envelope lists them: names and texts, and nothing within them."""
    return isinstance(value, list | tuple) and all(
        isinstance(each, dict) and all(is_text(part) for pair in each.items() for part in pair) for each in value
    )


# What each column must hold, and what stands for anything else.
_COLUMNS: Mapping[str, tuple[Callable[[Any], bool], Any]] = {
    **dict.fromkeys(("id", "statement", "digest", "chain"), (is_text, "")),
    "recorded_at": (_is_time, 0.0),
    "signatures": (are_signatures, ()),
}


def head(engine: Engine) -> Head:
    """The head alone."""
    with engine.connect() as connection, leniently(connection):
        return head_of(connection)


def head_of(connection: Connection) -> Head:
    """The head, of a connection that reads leniently."""
    rows = connection.execute(select(evidence_head.c.number, evidence_head.c.chain, evidence_head.c.digest)).all()
    if not rows:
        return EMPTY
    number, chain, digest = rows[0]
    if len(rows) > 1 or not isinstance(number, int) or not is_text(chain):
        return Head(0, "", damaged=True)
    return Head(number, chain, digest if isinstance(digest, str) else "")
