"""A database that does not answer at once: it is waited for as long as a restart takes, and no longer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from harness.store import database
from harness.store.database import file_of, in_memory, shown
from harness.store.ledger import Ledger, LedgerError
from tests.fuzz.postgres import PostgresMissingError, Server, running_server
from tests.fuzz.test_ledger import BATCH, started


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of this test alone, which may stop it."""
    try:
        with running_server() as running:
            yield running
    except PostgresMissingError as error:
        pytest.skip(f"MISSING: {error}")


def test_a_restart_is_waited_for_and_reported_once(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(database, "AGAIN_SEC", 0.05)
    ledger = Ledger(server.url)
    run = started(ledger)
    server.stop()
    back = threading.Timer(0.5, server.start)
    back.start()
    with caplog.at_level(logging.WARNING):
        assert ledger.record(run, BATCH)
    back.join()
    assert ledger.total(run).batches == 1
    assert [record.message.partition(" (")[0] for record in caplog.records] == ["the ledger does not answer"]
    ledger.close()


def test_a_server_that_stays_away_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "AGAIN_SEC", 0.05)
    monkeypatch.setattr(database, "AWAY_SEC", 0.3)
    ledger = Ledger(server.url)
    run = started(ledger)
    server.stop()
    with pytest.raises(OperationalError, match="refused"):
        ledger.record(run, BATCH)
    ledger.close()


def test_a_locked_table_ends_the_run(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SEC", 1.0)
    ledger = Ledger(server.url)
    run = started(ledger)
    locker = create_engine(server.url)
    with locker.begin() as connection:
        connection.execute(text("LOCK TABLE batches IN ACCESS EXCLUSIVE MODE"))
        began = time.monotonic()
        with pytest.raises(OperationalError, match="lock timeout"):
            ledger.record(run, BATCH)
        assert time.monotonic() - began < 20.0
    assert ledger.record(run, BATCH)
    locker.dispose()
    ledger.close()


def setting_of(ledger: Ledger, name: str) -> str:
    """A setting of a new connection of a ledger, after a transaction that was rolled back."""
    with ledger._engine.connect() as connection:
        connection.rollback()
        return str(connection.execute(text(f"SHOW {name}")).scalar())


def schemas_of(url: str) -> set[str]:
    """The schemas that hold a ledger's tables."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT schemaname FROM pg_tables WHERE tablename = 'batches'")).scalars()
        schemas = set(found)
    engine.dispose()
    return schemas


@pytest.mark.parametrize("by", ["address", "environment"])
def test_a_schema_of_the_users_own_is_kept(by: str, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = create_engine(server.url)
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA mine"))
    engine.dispose()
    url = server.url
    if by == "address":
        url += "?options=-csearch_path%3Dmine"
    else:
        monkeypatch.setenv("PGOPTIONS", "-csearch_path=mine")
    ledger = Ledger(url)
    assert ledger.record(started(ledger), BATCH)
    assert setting_of(ledger, "lock_timeout") == "30s"
    ledger.close()
    monkeypatch.delenv("PGOPTIONS", raising=False)
    assert schemas_of(server.url) == {"mine"}


def test_a_lock_limit_of_the_users_own_is_kept(server: Server) -> None:
    ledger = Ledger(server.url + "?options=-c%20lock_timeout%3D7s")
    assert setting_of(ledger, "lock_timeout") == "7s"
    ledger.close()


def test_a_connection_timeout_of_the_users_own_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, object]] = []
    monkeypatch.setattr(database, "create_engine", lambda address, **options: given.append(options) or create_engine(address))
    for url in ("postgresql+psycopg://h/x", "postgresql+psycopg://h/x?connect_timeout=60"):
        database.engine_of(url)
    assert [each["connect_args"] for each in given] == [{"connect_timeout": 10}, {}]


def test_a_ledger_that_is_deleted_in_the_middle_is_no_ledger(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    ledger = Ledger(f"sqlite:///{path}")
    run = started(ledger)
    path.unlink()
    with pytest.raises(LedgerError, match="was deleted while the run wrote to it"):
        ledger.end(run, state="done")
    ledger.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file::memory:?uri=true"])
def test_a_ledger_that_keeps_nothing_is_refused(url: str) -> None:
    assert in_memory(url)
    with pytest.raises(LedgerError, match="keeps nothing; name a file"):
        Ledger(url)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///reports/l.sqlite", Path("reports/l.sqlite")),
        ("sqlite+pysqlite:////new/l.sqlite", Path("/new/l.sqlite")),
        ("sqlite:///file:/tmp/l.sqlite?uri=true", Path("/tmp/l.sqlite")),
        ("postgresql+psycopg://parity@127.0.0.1/x", None),
        ("nonsense", None),
    ],
)
def test_the_file_of_an_address(url: str, path: Path | None) -> None:
    assert file_of(url) == path


@pytest.mark.parametrize("url", ["postgresql+psycopg://me:secret@h:5432/x", "postgresql+psycopg://me:secret@h:port/x"])
def test_a_password_is_shown_to_nobody(url: str) -> None:
    assert "secret" not in shown(url)
    with pytest.raises(LedgerError) as error:
        Ledger(url.replace("@h", "@127.0.0.1").replace("5432", "1"))
    assert "secret" not in str(error.value)
