"""A candle, and a series of candles with the layout of the file that it was read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeVar

from generators.errors import ParityError
from generators.plain import Json

T = TypeVar("T")
# The columns that every file of candles must have.
COLUMNS = ("timestamp", "open", "high", "low", "close", "volume")


class CandleError(ParityError):
    """A candle file is unusable; the message names the file, the row and the remedy."""


@dataclass(frozen=True)
class Candle:
    """One candle that starts at `start_sec` (Unix seconds). Prices are in USD per unit, volume in units."""

    start_sec: float
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, kw_only=True)
class CandleSeries:
    """Candles in order of time, and the account of how they were read.

    `source` names the file, `layout` the arrangement of its columns, `details` the choices made while reading. `rows` counts
    all rows of the file, `left_out` those that became no candle, by the reason.
    """

    source: str
    layout: str
    candles: Sequence[Candle]
    rows: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    details: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The account in one line."""
        details = f" ({'; '.join(self.details)})" if self.details else ""
        gone = ", ".join(f"{count:,} {reason}" for reason, count in self.left_out.items())
        left = f"{sum(self.left_out.values()):,} left out: {gone}" if gone else "none left out"
        return f"{self.source}: {self.layout}{details}; {self.rows:,} {'row' if self.rows == 1 else 'rows'} read, {left}"

    def to_json(self) -> Json:
        """Return the account, without the candles, as plain data."""
        return {
            "source": self.source,
            "layout": self.layout,
            "details": list(self.details),
            "rows_read": self.rows,
            "left_out": dict(self.left_out),
            "candles": len(self.candles),
        }


def spacing_sec(candles: Sequence[Candle]) -> float:
    """Return the duration of a candle in seconds: the shortest gap between two, or a minute if there is only one candle."""
    gaps = (after.start_sec - before.start_sec for before, after in pairwise(candles))
    return min(gaps, default=60.0)


def evenly(items: Sequence[T], count_max: int | None) -> list[T]:
    """Return at most so many items (all, if that is None), spread evenly over the sequence."""
    if count_max is None or count_max >= len(items):
        return list(items)
    return [items[index * len(items) // count_max] for index in range(count_max)]
