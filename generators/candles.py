"""Readers of candles: CSV files with a header, Kraken's OHLCVT files without one, or the daily series shipped with `arch`."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from generators.errors import ParityError

COLUMNS = ("timestamp", "open", "high", "low", "close", "volume")
# Column indexes by row length, for files without a header: plain rows, Kraken's files (with trades), Kraken's API (with vwap).
HEADERLESS = {6: (0, 1, 2, 3, 4, 5), 7: (0, 1, 2, 3, 4, 5), 8: (0, 1, 2, 3, 4, 6)}
# Larger values are certainly wrong, and sums of them could overflow a double.
PRICE_MAX_USD, VOLUME_MAX, YEAR_9999_SEC = 1e15, 1e24, 253_402_300_799.0


class CandleError(ParityError):
    """A candle file is unusable; the message names the file, the line and the remedy."""


@dataclass(frozen=True)
class Candle:
    """One candle that starts at `start_sec` (Unix seconds). Prices are in USD per unit, volume in units."""

    start_sec: float
    open: float
    high: float
    low: float
    close: float
    volume: float


def read_candles(path: Path) -> list[Candle]:
    """Read the candles of a CSV file, in order of time.

    With a header, the columns `timestamp,open,high,low,close,volume` may come in any order and extra ones are ignored.
    Without one, rows hold these six, or these and Kraken's `trades`, or `time,open,high,low,close,vwap,volume,count` as in
    Kraken's API. Timestamps are Unix seconds or ISO 8601. Raises `CandleError`.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            candles = list(parse_candles(csv.reader(file), name=str(path)))
    except OSError as error:
        raise CandleError(f"{path}: cannot be read ({error.strerror}); name a CSV file of candles") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise CandleError(f"{path}: is not CSV text ({error}); name a CSV file of candles") from error
    if not candles:
        raise CandleError(f"{path}: holds no candles; a row is {','.join(COLUMNS)}")
    return candles


def parse_candles(rows: Iterable[list[str]], *, name: str) -> Iterator[Candle]:
    """Parse CSV rows. Error messages quote `name` and the line number of the row. Raises `CandleError`."""
    places: Sequence[int] = ()
    cells = 0
    before = -math.inf
    for line, row in enumerate(rows, start=1):
        if not any(cell.strip() for cell in row):
            continue
        if not places:
            cells = len(row)
            if not _is_time(row[0].strip()):
                places = _places(row, f"{name}, line {line}")
                continue
            places = _headerless(row, f"{name}, line {line}")
        if len(row) != cells:
            raise CandleError(f"{name}, line {line}: has {len(row)} cells, the first row has {cells}; correct the row")
        candle = _candle(row, places, where=f"{name}, line {line}")
        if candle.start_sec <= before:
            raise CandleError(f"{name}, line {line}: time goes from {before:.0f} to {candle.start_sec:.0f}; sort the rows")
        before = candle.start_sec
        yield candle


def _places(header: Sequence[str], where: str) -> list[int]:
    names = [cell.strip().lower() for cell in header]
    for column in COLUMNS:
        if names.count(column) != 1:
            how = "more than one" if column in names else "no"
            raise CandleError(f"{where}: the header has {how} column {column!r}; it must name {','.join(COLUMNS)}")
    return [names.index(column) for column in COLUMNS]


def _headerless(row: Sequence[str], where: str) -> Sequence[int]:
    if len(row) not in HEADERLESS:
        expected = f"has {len(row)} cells; without a header a row is {','.join(COLUMNS)}, or these with `trades` after them"
        raise CandleError(f"{where}: {expected}")
    return HEADERLESS[len(row)]


def _is_time(cell: str) -> bool:
    try:
        _seconds(cell, "")
    except CandleError:
        return any(letter.isdigit() for letter in cell)
    return True


def _candle(row: Sequence[str], places: Sequence[int], *, where: str) -> Candle:
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
        raise CandleError(f"{where}: low {candle.low} is not a price; prices are above zero")
    if candle.high > PRICE_MAX_USD:
        raise CandleError(f"{where}: high {candle.high} is not a price; prices are at most {PRICE_MAX_USD:.0e}")
    if not 0.0 <= candle.volume <= VOLUME_MAX:
        raise CandleError(f"{where}: volume {candle.volume} is out of range; volumes are from zero to {VOLUME_MAX:.0e}")
    return candle


def _number(cell: str, column: str, where: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        raise CandleError(f"{where}: {column} {cell!r} is not a number; correct the row") from None
    if not math.isfinite(number):
        raise CandleError(f"{where}: {column} {cell!r} is not finite; correct the row")
    return number


def _seconds(cell: str, where: str) -> float:
    try:
        seconds = _number(cell, COLUMNS[0], where)
    except CandleError:
        pass
    else:
        if abs(seconds) > YEAR_9999_SEC:
            raise CandleError(f"{where}: timestamp {cell} is beyond the year 9999; it is in seconds, not in milliseconds")
        return seconds
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        raise CandleError(f"{where}: timestamp {cell!r} is neither Unix seconds nor ISO 8601; correct the row") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def sample_candles(series: str = "sp500") -> list[Candle]:
    """Load the real daily candles that `arch` ships: `sp500` or `nasdaq`, 1999 to 2018."""
    # Imported here because it loads pandas, which a run on a candle file does not need.
    from importlib import import_module

    table = import_module(f"arch.data.{series}").load()
    rows = zip(table.index, *(table[column] for column in ("Open", "High", "Low", "Close", "Volume")), strict=True)
    return [Candle(day.timestamp(), *map(float, row)) for day, *row in rows]


def spacing_sec(candles: Sequence[Candle]) -> float:
    """Return the duration of a candle in seconds: the shortest gap between two, or a minute if there is only one candle."""
    gaps = (after.start_sec - before.start_sec for before, after in pairwise(candles))
    return min(gaps, default=60.0)
