"""What several folders of tests share."""

from __future__ import annotations

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
