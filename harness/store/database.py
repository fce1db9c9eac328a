"""The database of a ledger: opening it, making its tables, waiting for it, and showing its address."""

from __future__ import annotations

import json
import logging
import os
import re
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError

log = logging.getLogger(__name__)
T = TypeVar("T")
# A writer waits this long for another one.
BUSY_SEC = 30.0
# Timeout of a connection to a server.
CONNECT_SEC = 10
# A server may be unavailable for this long during a run, and is retried at this interval.
AWAY_SEC, AGAIN_SEC = 60.0, 1.0


def shown(url: str) -> str:
    """Return the address with its password, if any, replaced by asterisks."""
    try:
        address = make_url(url)
        return url if address.password is None else address.render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return re.sub(r"://[^@]*@", "://***@", url)


def file_of(url: str) -> Path | None:
    """Return the file of a SQLite database, or None for another database, one in memory or an invalid address."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        return None
    if address.get_backend_name() != "sqlite" or in_memory(url):
        return None
    return Path(str(address.database).removeprefix("file:").partition("?")[0])


def in_memory(url: str) -> bool:
    """Return True for a SQLite database in memory, which is lost when its process ends."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        return False
    database = address.database or ""
    nowhere = database in ("", ":memory:", "file::memory:") or address.query.get("mode") == "memory"
    return address.get_backend_name() == "sqlite" and nowhere


def engine_of(url: str, *, make: bool = True) -> Engine:
    """Connections to a database. Raises what SQLAlchemy raises, and `ValueError` for a port that is not a number.

    Without `make`, a SQLite file stays as it is: it may turn out to be no ledger.
    """
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        return _postgresql(address)
    if address.get_backend_name() != "sqlite":
        return create_engine(address, pool_pre_ping=True, json_deserializer=read_json)
    engine = create_engine(address, connect_args={"timeout": BUSY_SEC}, json_deserializer=read_json)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        # A reader never waits for the writer, and a transaction that was committed survives the process.
        if make:
            _write_ahead(connection)
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")

    return engine


def read_json(text: str | bytes) -> Any:
    """JSON of a column. Raises `JSONDecodeError`, also for what is nested more deeply than anything that was written there."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise json.JSONDecodeError("it is nested too deeply", "", 0) from error


def _postgresql(address: URL) -> Engine:
    """Connections to PostgreSQL with our limits, where the address and the environment set none.

    The lock limit is set once a connection is open: as one of the `options` of the connection it would displace those of the
    address or of the environment, among them the schema.
    """
    limits = {} if "connect_timeout" in address.query or "PGCONNECT_TIMEOUT" in os.environ else {"connect_timeout": CONNECT_SEC}
    engine = create_engine(address, pool_pre_ping=True, connect_args=limits, json_deserializer=read_json)

    @event.listens_for(engine, "connect")
    def _limit(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false) WHERE current_setting('lock_timeout') = '0'",
                           (f"{BUSY_SEC:.0f}s",))  # fmt: skip
        # A setting of a transaction that is rolled back would be lost.
        connection.commit()

    return engine


def _write_ahead(connection: Any) -> None:
    """Switch a file to write-ahead logging, with retries, because SQLite refuses while another connection uses the file."""
    give_up = time.monotonic() + BUSY_SEC
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return


def patiently(write: Callable[[], T]) -> T:
    """Call `write`, and retry while the server is unavailable, as during a restart. `write` must be safe to repeat."""
    give_up = time.monotonic() + AWAY_SEC
    told = False
    while True:
        try:
            return write()
        except OperationalError as error:
            if not _is_away(error) or time.monotonic() > give_up:
                raise
            if not told:
                log.warning("the ledger does not answer (%s); asking again for %g s", first_line(error), AWAY_SEC)
                told = True
            time.sleep(AGAIN_SEC)


def _is_away(error: OperationalError) -> bool:
    """Return True if the server is unavailable for now: it refuses connections, is starting, or stopped."""
    if isinstance(error.orig, sqlite3.Error):
        return False
    # 57P01 to 57P03: stopped by an administrator, crashed, cannot connect now. No code: there was no answer.
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state is None or state.startswith(("57P", "08"))


def first_line(error: Exception) -> str:
    """Return the first line of an error's text."""
    return str(error).partition("\n")[0]
