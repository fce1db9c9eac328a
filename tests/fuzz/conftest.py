"""The databases that a ledger can live in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.fuzz.postgres import PostgresMissingError, running_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A server; where none can be had, the tests that need it are reported as missing, with the reason."""
    try:
        with running_server() as server:
            yield server.url
    except PostgresMissingError as error:
        pytest.skip(f"MISSING: {error}")


@pytest.fixture(params=["sqlite", "postgres"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty ledger, in either database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    server: str = request.getfixturevalue("postgres")
    name = f"ledger_{abs(hash(tmp_path)):x}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.rpartition("/")[0] + f"/{name}"
