"""The ledger's records, as plain data that crosses processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Find:
    """A kind of divergence: the first case that showed it, and how many cases did."""

    port: str
    fingerprint: str
    count: int
    first_index: int
    divergence: Mapping[str, Any]

    def with_more(self, count: int) -> Find:
        """The same find in more cases, all of them later ones."""
        return replace(self, count=self.count + count)

    def to_row(self) -> dict[str, Any]:
        """The find as a row."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class BatchResult:
    """The result of a batch; nothing in it but `seconds` and `rss_bytes` depends on who ran it."""

    number: int
    cases: int
    steps: int
    divergent: int
    waived: int
    counts: Mapping[str, Mapping[str, int]]
    case_hash: str
    verdict_hash: str
    finds: tuple[Find, ...]
    seconds: float
    rss_bytes: int


@dataclass(frozen=True, kw_only=True)
class Repro:
    """The file that was kept of a find, and how much smaller its case is than the one that was found."""

    port: str
    fingerprint: str
    path: str
    size_before: int
    size_after: int
    seconds: float

    def to_row(self) -> dict[str, Any]:
        """The repro as a row."""
        return asdict(self)
