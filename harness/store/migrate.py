"""The tables of a ledger, made or brought up to date by Alembic's migrations."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

# The latest revision under `migrations/versions`; a test holds it against them.
HEAD = "0006"
# A ledger from before there were migrations has the tables of this revision.
FIRST = "0001"
# Statements that lock the database for one writer. The number of the lock is arbitrary.
ONE_WRITER = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(7061726974)"}


class RevisionError(Exception):
    """A ledger was made by a version that is newer than this one."""


class NoTablesError(Exception):
    """A database holds no ledger."""


def exclusive(connection: Connection) -> None:
    """Let nobody else write until the transaction ends, as far as the database can promise it."""
    if lock := ONE_WRITER.get(connection.dialect.name):
        connection.exec_driver_sql(lock)


def create_tables(engine: Engine, *, make: bool = True) -> None:
    """Make the tables of a new ledger, or bring those of an older one up to date.

    Raises `RevisionError` for a newer one, and without `make`, `NoTablesError` for a database that has none.
    """
    with engine.begin() as connection:
        found = revision_of(connection)
    if found == HEAD:
        return
    if found is None and not make:
        raise NoTablesError
    with engine.begin() as connection:
        # Several runs may start with the same ledger: one makes its tables, the others wait for it.
        exclusive(connection)
        found = revision_of(connection)
        if found != HEAD:
            _migrate(connection, found)


def revision_of(connection: Connection) -> str | None:
    """The revision of a ledger's tables; None where it has none."""
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" in tables:
        found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return found
    return FIRST if "runs" in tables else None


def _migrate(connection: Connection, found: str | None) -> None:
    # Imported here because a ledger that is up to date does not need it.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise RevisionError(f"revision {found}, where this version knows {HEAD}")
    if found == FIRST and "alembic_version" not in inspect(connection).get_table_names():
        command.stamp(config, FIRST)
    command.upgrade(config, "head")
