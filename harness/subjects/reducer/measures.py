"""The figures of a reducer's run beyond divergences: how many sessions of the production client were compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from generators.plain import Json
from generators.reducer.case import Case
from harness.panel import Judgement


class ReducerMeasures:
    """Figures of one port."""

    def __init__(self) -> None:
        self.sessions = 0

    def add(self, source: str, case: Case, judgement: Judgement) -> None:
        """Count a session."""
        del source, case
        self.sessions += bool(judgement.measures)

    def to_json(self) -> Json:
        """The figures as plain data."""
        return {"sessions": self.sessions}

    def tables(self, port: str) -> Sequence[Any]:
        """A line."""
        return [f"{port}: {self.sessions} session(s) compared"] if self.sessions else []
