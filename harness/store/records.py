"""Records of the ledger, as plain data that can be sent between processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Find:
    """A kind of divergence: the index of its first case, and the number of cases."""

    port: str
    fingerprint: str
    count: int
    first_index: int
    divergence: Mapping[str, Any]

    def with_more(self, count: int) -> Find:
        """Return the same find with `count` more, later cases."""
        return replace(self, count=self.count + count)

    def to_row(self) -> dict[str, Any]:
        """Return the find as a row of its table."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class BatchResult:
    """The result of a batch. Only `seconds` and `rss_bytes` depend on the worker that ran it."""

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
    """The repro file of a find, and the size of its case before and after shrinking."""

    port: str
    fingerprint: str
    path: str
    size_before: int
    size_after: int
    seconds: float

    def to_row(self) -> dict[str, Any]:
        """Return the repro as a row of its table."""
        return asdict(self)
