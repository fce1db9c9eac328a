"""A ledger with a run, and a server of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.subjects.registry import names
from tests.serve.servers import Served, batch, run_in, serving


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The address of a ledger with a run."""
    address = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    run_in(address, names()[0], batch(0))
    return address


@pytest.fixture
def own(url: str) -> Iterator[Served]:
    """A server of that ledger, for one test alone."""
    with serving(url) as found:
        yield found
