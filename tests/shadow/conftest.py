"""Fixtures of the tests of shadows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.compiled import PACKAGE
from tests.shadow.priority import hurried


@pytest.fixture
def right(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiled package, for whoever asks this process's path."""
    monkeypatch.syspath_prepend(PACKAGE.parent)


@pytest.fixture
def yielding() -> None:
    """For a test of what a candidate yields to: it keeps the priority that it gave itself."""


@pytest.fixture(autouse=True)
def _hurried(request: pytest.FixtureRequest) -> Iterator[None]:
    if "yielding" in request.fixturenames:
        yield
        return
    with hurried():
        yield
