"""The shadows whose journals lie in a folder, as the live page shows them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generators.errors import ParityError
from harness.shadow.finds import finds_in
from harness.shadow.journals import journals_in
from harness.shadow.period import period_of
from harness.subjects.registry import names, subject_called

# Journals grow by a line in ten seconds, and what is here may be built anew: they are read so often.
READ_SEC = 10.0


class Shadows:
    """Adds up the journals of a folder now and then."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read_at = -READ_SEC
        self._known: list[dict[str, Any]] = []

    def status(self) -> list[dict[str, Any]]:
        """One entry for each subject that has a shadow; `error` says why it cannot be told."""
        if time.monotonic() - self._read_at >= READ_SEC:
            self._known = [
                _told(self._folder, name, here) for name in names() if (here := subject_called(name).shadowed()) is not None
            ]
            self._read_at = time.monotonic()
        return self._known


def _told(folder: Path, name: str, here: Mapping[str, str]) -> dict[str, Any]:
    try:
        finds = finds_in(folder, here)
        period = period_of(name, journals_in(folder), here).with_finds(finds)
    except ParityError as error:
        return {"subject": name, "error": str(error)}
    return {**period.to_json(), "gaps": len(period.gaps), "finds": len(finds)}
