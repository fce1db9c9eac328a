"""A divergent case of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.comparators.divergence import Divergence


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A divergent case of one port: its first divergence stands for it, `count` says how many there were."""

    port: str
    case: str
    source: str
    divergence: Divergence
    count: int
    notes: tuple[str, ...] = ()
    repro: Path | None = None
    again: str = ""

    def to_json(self) -> dict[str, Any]:
        """The finding as plain data."""
        return {
            "port": self.port,
            "case": self.case,
            "source": self.source,
            "count": self.count,
            "notes": list(self.notes),
            "repro": None if self.repro is None else str(self.repro),
            "divergence": self.divergence.to_json(),
        }
