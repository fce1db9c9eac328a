"""What several folders of tests share."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from doge_core.locate import HOW_TO_GET, find_executable


@pytest.fixture(scope="session")
def executable() -> Path:
    """The Haskell executable. A suite without it has not tested the port, so it fails rather than skips."""
    found = find_executable()
    if found is None:
        pytest.fail(f"port haskell is missing: {HOW_TO_GET}")
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test logged, as text that can be sent from one process to another: some log what no encoding has."""
    report = yield
    report.sections = [(name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections]
    return report
