"""Reading candles: a CSV with a header, Kraken's OHLCVT files without one, or the daily series that ships with `arch`."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

COLUMNS = ("timestamp", "open", "high", "low", "close", "volume")


class CandleError(ValueError):
    """A candle file is not usable; the message names the file, the line and what to do."""


@dataclass(frozen=True)
class Candle:
    """What a market did from `start_sec` (Unix seconds) on. Prices in USD per unit, volume in units."""

    start_sec: float
    open: float
    high: float
    low: float
    close: float
    volume: float


def read_candles(path: Path) -> list[Candle]:
    """The candles of a file, in order.

    Reads `timestamp,open,high,low,close,volume` with a header (more columns are ignored), or without one Kraken's
    `timestamp,open,high,low,close,volume,trades`. A timestamp is in Unix seconds or in ISO 8601. Raises `CandleError`.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            candles = list(parse_candles(csv.reader(file), name=str(path)))
    except OSError as error:
        raise CandleError(f"{path}: cannot be read ({error.strerror}); name a CSV file of candles") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise CandleError(f"{path}: is no CSV text ({error}); name a CSV file of candles") from error
    if not candles:
        raise CandleError(f"{path}: holds no candles; a row is {','.join(COLUMNS)}")
    return candles


def parse_candles(rows: Iterable[list[str]], *, name: str) -> Iterator[Candle]:
    """The candles of CSV rows; `name` and the row's line number go into errors. Raises `CandleError`."""
    places: Sequence[int] = range(len(COLUMNS))
    before = -math.inf
    for line, row in enumerate(rows, start=1):
        if not any(cell.strip() for cell in row):
            continue
        if line == 1 and row[0].strip().lower() == COLUMNS[0]:
            places = _places(row, name)
            continue
        candle = _candle(row, places, where=f"{name}, line {line}")
        if candle.start_sec <= before:
            raise CandleError(f"{name}, line {line}: time goes from {before:.0f} to {candle.start_sec:.0f}; sort the rows")
        before = candle.start_sec
        yield candle


def _places(header: Sequence[str], name: str) -> list[int]:
    names = [cell.strip().lower() for cell in header]
    for column in COLUMNS:
        if column not in names:
            raise CandleError(f"{name}, line 1: has no column {column!r}; the columns are {','.join(COLUMNS)}")
    return [names.index(column) for column in COLUMNS]


def _candle(row: Sequence[str], places: Sequence[int], *, where: str) -> Candle:
    if len(row) <= max(places):
        raise CandleError(f"{where}: has {len(row)} cells, needs {max(places) + 1}; a row is {','.join(COLUMNS)}")
    cells = [row[place].strip() for place in places]
    numbers = [_number(cell, column, where) for column, cell in zip(COLUMNS[1:], cells[1:], strict=True)]
    candle = Candle(_seconds(cells[0], where), *numbers)
    if candle.high < candle.low:
        raise CandleError(f"{where}: high {candle.high} is below low {candle.low}; correct the row")
    for column in ("open", "close"):
        price = getattr(candle, column)
        if not candle.low <= price <= candle.high:
            span = f"low {candle.low} and high {candle.high}"
            raise CandleError(f"{where}: {column} {price} is not between {span}; correct the row")
    if candle.low <= 0:
        raise CandleError(f"{where}: low {candle.low} is no price; prices are above zero")
    return candle


def _number(cell: str, column: str, where: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        raise CandleError(f"{where}: {column} {cell!r} is no number; correct the row") from None
    if not math.isfinite(number):
        raise CandleError(f"{where}: {column} {cell!r} is not finite; correct the row")
    return number


def _seconds(cell: str, where: str) -> float:
    try:
        return _number(cell, COLUMNS[0], where)
    except CandleError:
        pass
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        raise CandleError(f"{where}: timestamp {cell!r} is neither Unix seconds nor ISO 8601; correct the row") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def sample_candles(series: str = "sp500") -> list[Candle]:
    """Real daily candles, `sp500` or `nasdaq`, 1999 to 2018, as `arch` ships them."""
    # Imported here: it brings pandas, which a run with a candle file has no use for.
    from importlib import import_module

    table = import_module(f"arch.data.{series}").load()
    rows = zip(table.index, *(table[column] for column in ("Open", "High", "Low", "Close", "Volume")), strict=True)
    return [Candle(day.timestamp(), *map(float, row)) for day, *row in rows]


def spacing_sec(candles: Sequence[Candle]) -> float:
    """How long a candle lasts: the shortest time between two; a minute where there is only one."""
    gaps = (after.start_sec - before.start_sec for before, after in pairwise(candles))
    return min(gaps, default=60.0)
