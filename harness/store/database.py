"""The database under a ledger, by its address: how it is opened, locked, waited for and named to a reader."""

from __future__ import annotations

import logging
import re
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from harness.store.schema import metadata

log = logging.getLogger(__name__)
T = TypeVar("T")
# How long a writer waits for another one.
BUSY_SEC = 30.0
# For a connection to a server.
CONNECT_SEC = 10
# How long a server may be away in the middle of a run, and how often it is asked again.
AWAY_SEC, AGAIN_SEC = 60.0, 1.0
# What lets one process alone make the tables, until it commits. The number is of our own choice, any fixed one would do.
ONE_MAKER = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(7061726974)"}


def shown(url: str) -> str:
    """The address without its password, as far as there is one."""
    try:
        address = make_url(url)
        return url if address.password is None else address.render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return re.sub(r"://[^@]*@", "://***@", url)


def file_of(url: str) -> Path | None:
    """The file of a SQLite database; None for another database, one in memory or no address at all."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        return None
    if address.get_backend_name() != "sqlite" or in_memory(url):
        return None
    return Path(str(address.database).removeprefix("file:").partition("?")[0])


def in_memory(url: str) -> bool:
    """True for a database that is gone with the process that opened it."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        return False
    database = address.database or ""
    nowhere = database in ("", ":memory:", "file::memory:") or address.query.get("mode") == "memory"
    return address.get_backend_name() == "sqlite" and nowhere


def engine_of(url: str) -> Engine:
    """Connections to a database. Raises what SQLAlchemy raises, and `ValueError` for a port that is not a number."""
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        limits = {"connect_timeout": CONNECT_SEC, "options": f"-c lock_timeout={BUSY_SEC:.0f}s"}
        return create_engine(address, pool_pre_ping=True, connect_args=limits)
    if address.get_backend_name() != "sqlite":
        return create_engine(address, pool_pre_ping=True)
    engine = create_engine(address, connect_args={"timeout": BUSY_SEC})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        # A reader never waits for the writer, and a transaction that was committed survives the process.
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")

    return engine


def _write_ahead(connection: Any) -> None:
    """Switch a file to write-ahead logging. SQLite refuses at once while another connection has the file, so ask again."""
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


def create_tables(engine: Engine) -> None:
    """Make the ledger's tables where they are not there yet."""
    with engine.begin() as connection:
        there = set(inspect(connection).get_table_names())
        if there.issuperset(metadata.tables):
            return
        # Several runs may begin with the same new ledger: one makes its tables, the others wait and find them.
        if lock := ONE_MAKER.get(engine.dialect.name):
            connection.exec_driver_sql(lock)
        metadata.create_all(connection)


def patiently(write: Callable[[], T]) -> T:
    """Call `write` again and again while the server is away, as when it is restarted. Must be safe to call twice."""
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
    """True if there is no server for now: it refuses connections, starts, or stopped under one."""
    if isinstance(error.orig, sqlite3.Error):
        return False
    # 57P01 to 57P03: stopped by an administrator, crashed, cannot connect now. Without a code nobody answered.
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state is None or state.startswith(("57P", "08"))


def first_line(error: Exception) -> str:
    """The first line of an error."""
    return str(error).partition("\n")[0]
