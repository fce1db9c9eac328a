"""Fixtures of the tests of shadows."""

from __future__ import annotations

import pytest

from tests.compiled import PACKAGE


@pytest.fixture
def right(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiled package, for whoever asks this process's path."""
    monkeypatch.syspath_prepend(PACKAGE.parent)
