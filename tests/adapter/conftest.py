"""A backend for tests of the adapter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from doge_core.backend import Haskell
from doge_core.settings import Settings


@pytest.fixture
def haskell(executable: Path) -> Iterator[Haskell]:
    """The Haskell backend, by itself."""
    adapter = Haskell(Settings(backend="haskell", exe=str(executable)))
    yield adapter
    adapter.close()
