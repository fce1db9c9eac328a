"""The reader of candle files: rows become checked candles, in order of time, with an account of what was left out."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import chain, islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from generators.candles.cells import DATES, decimal_mark, is_empty, is_number, iso, read_number, read_time
from generators.candles.evidence import Floats, contradictions
from generators.candles.files import Row, Table, read_table
from generators.candles.layouts import CLOSE_TIME, ROW, Layout, headerless, named
from generators.candles.series import COLUMNS, Candle, CandleError, CandleSeries

# Larger values are certainly wrong, and sums of them could overflow a double.
PRICE_MAX_USD, VOLUME_MAX = 1e15, 1e24
# The decimal mark is told from so many rows; a number with another mark after them is refused.
SAMPLE_ROWS = 1000
EQUAL, NO_VALUES, TITLE, HEADER_AGAIN = (
    "equal to a row of the same time",
    "of empty cells",
    "before the header",
    "that repeat the header",
)


@dataclass
class Rows:
    """The cells of the columns of a layout, read row by row. `lines` holds the number of each row in its file."""

    table: Table
    layout: Layout
    mark: str
    left_out: Counter[str]
    lines: array[int] = field(default_factory=lambda: array("q"))
    columns: dict[str, array[float]] = field(default_factory=dict)
    units: dict[str, None] = field(default_factory=dict)
    market: str | None = None

    def add(self, number: int, cells: Sequence[str]) -> None:
        """Read a row. Raises `CandleError`."""
        where, places = self.table.place(number), self.layout.places
        if all(is_empty(cells[places[column]]) for column in COLUMNS[1:]):
            self.left_out[NO_VALUES] += 1
            return
        if self.layout.symbol is not None:
            market = cells[self.layout.symbol]
            if self.market not in (None, market):
                raise CandleError(
                    f"{where}: is of {market!r}, the rows before are of {self.market!r}; keep one market in a file"
                )
            self.market = market
        for column, place in places.items():
            if column in (COLUMNS[0], CLOSE_TIME):
                value, unit = read_time(cells[place], where)
                if column == COLUMNS[0]:
                    self.units[unit] = None
            else:
                value = read_number(cells[place], self.mark, column, where)
            self.columns.setdefault(column, array("d")).append(value)
        self.lines.append(number)


def read_candles(path: Path) -> CandleSeries:
    """Read the candles of a file, in order of time.

    Layouts with a header are told by the names of their columns, those without one by the number of columns, and then only if
    the values bear that out: `generators.candles.layouts`, `generators.candles.evidence`. Raises `CandleError`.
    """
    table = read_table(path)
    left_out: Counter[str] = Counter()
    rows = _filled(table.rows)
    head = list(islice(rows, SAMPLE_ROWS))
    if head and _is_title(head):
        left_out[TITLE] += 1
        del head[0]
    if not head or (not _is_data(head[0][1]) and len(head) == 1):
        raise CandleError(f"{table.name}: holds no candles; a row is {ROW}")
    layout, header = _layout(table, head)
    body = head[1:] if header else head
    cells = len(head[0][1])
    for number, row in body:
        _check_width(table, number, row, cells)
    mark = decimal_mark(table.name, _values(table, layout, body))
    read = Rows(table, layout, mark, left_out)
    for number, row in chain(body, rows):
        _check_width(table, number, row, cells)
        if header and row == header:
            left_out[HEADER_AGAIN] += 1
        else:
            read.add(number, row)
    if not read.lines:
        raise CandleError(f"{table.name}: holds no candles, only empty cells; a row is {ROW}")
    return _series(read, Path(path).name)


def _filled(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows that are not blank, without the blanks around their cells."""
    for number, cells in rows:
        stripped = [cell.strip() for cell in cells]
        if any(stripped):
            yield number, stripped


def _is_title(head: Sequence[Row]) -> bool:
    """Return True for the address that CryptoDataDownload has above its header, and for Excel's line about the delimiter."""
    first = [cell for cell in head[0][1] if cell]
    return len(first) == 1 and ("://" in first[0] or first[0].startswith("sep="))


def _is_data(cells: Sequence[str]) -> bool:
    """Return True for a row of values; a header holds no number."""
    return any(is_number(cell) for cell in cells)


def _layout(table: Table, head: Sequence[Row]) -> tuple[Layout, list[str] | None]:
    number, first = head[0]
    if _is_data(first):
        return headerless(len(first), table.kind, table.place(number)), None
    _check_width(table, *head[1], len(first))
    return named(first, head[1][1], table.kind, table.place(number)), first


def _check_width(table: Table, number: int, row: Sequence[str], cells: int) -> None:
    if len(row) != cells:
        raise CandleError(f"{table.place(number)}: has {len(row)} cells, the first row has {cells}; correct the row")


def _values(table: Table, layout: Layout, body: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """Yield the cells that hold numbers, with their rows."""
    columns = [place for column, place in layout.places.items() if column not in (COLUMNS[0], CLOSE_TIME)]
    return ((f"{table.unit} {number}", row[column]) for number, row in body for column in columns)


def _series(read: Rows, source: str) -> CandleSeries:
    """Check what was read, and put it in order of time."""
    columns = {name: np.frombuffer(values) for name, values in read.columns.items()}
    lines = np.frombuffer(read.lines, dtype=np.int64)
    _check_values(read, columns, lines)
    order, newest_first = _in_order(read, columns, lines)
    columns = {name: values[order] for name, values in columns.items()}
    found = list(contradictions(columns, headerless=read.layout.headerless))
    if read.layout.units and not set(read.units) <= set(read.layout.units):
        found.append(f"its times are in {' and '.join(read.units)}, not in {' or '.join(read.layout.units)}")
    if found:
        remedy = f"name the columns in a header line: {ROW}" if read.layout.headerless else "correct the header or the values"
        raise CandleError(f"{read.table.name}: looks like {read.layout.name}, but {found[0]}; {remedy}")
    details = [read.table.kind, *read.layout.details]
    details += [f"times in {' and '.join(read.units)}"] if list(read.units) != [DATES] else []
    details += ["decimal commas"] if read.mark == "," else []
    details += ["newest first"] if newest_first else []
    candles = [Candle(*row) for row in zip(*(columns[name].tolist() for name in COLUMNS), strict=True)]
    rows = len(candles) + sum(read.left_out.values())
    return CandleSeries(
        source=source, layout=read.layout.name, candles=candles, rows=rows, left_out=dict(read.left_out), details=tuple(details)
    )


def _check_values(read: Rows, columns: dict[str, Floats], lines: npt.NDArray[np.int64]) -> None:
    """Refuse prices and volumes that no market has. Raises `CandleError` with the first such row."""
    low, high, volume = columns["low"], columns["high"], columns["volume"]
    headerless_hint = f"correct the row, or name the columns in a header line: {ROW}"
    remedy = headerless_hint if read.layout.headerless else "correct the row"

    def refuse(wrong: npt.NDArray[np.bool_], say: Callable[[int], str]) -> None:
        if wrong.any():
            index = int(wrong.argmax())
            raise CandleError(f"{read.table.place(int(lines[index]))}: {say(index)}")

    refuse(high < low, lambda at: f"high {high[at]} is below low {low[at]}; {remedy}")
    span = "is not between low {} and high {}; " + remedy

    def refuse_outside(column: str) -> None:
        price = columns[column]
        refuse((price < low) | (price > high), lambda at: f"{column} {price[at]} {span.format(low[at], high[at])}")

    refuse_outside("open")
    refuse_outside("close")
    refuse(low <= 0, lambda at: f"low {low[at]} is not a price; prices are above zero")
    refuse(high > PRICE_MAX_USD, lambda at: f"high {high[at]} is not a price; prices are at most {PRICE_MAX_USD:.0e}")
    out_of_range = (volume < 0) | (volume > VOLUME_MAX)
    refuse(out_of_range, lambda at: f"volume {volume[at]} is out of range; volumes are from zero to {VOLUME_MAX:.0e}")


def _in_order(read: Rows, columns: dict[str, Floats], lines: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], bool]:
    """Return the indices of the rows to keep, oldest first, and if the file has its newest row first. Raises `CandleError`."""
    times = columns["timestamp"]
    by_time = np.argsort(times, kind="stable")
    again = np.flatnonzero(np.diff(times[by_time]) == 0) + 1
    for at in again:
        first, other = by_time[at - 1], by_time[at]
        differing = [name for name in COLUMNS[1:] if columns[name][first] != columns[name][other]]
        if differing:
            one, two = (f"{columns[differing[0]][index]}" for index in (first, other))
            what = f"hold the same time {iso(times[first])} and differ in {differing[0]} ({one} and {two}); keep one of them"
            raise CandleError(f"{read.table.place(int(lines[first]))} and {read.table.unit} {lines[other]}: {what}")
    if len(again):
        read.left_out[EQUAL] += len(again)
    kept = np.sort(np.delete(by_time, again))
    steps = np.diff(times[kept])
    newest_first = bool(2 * np.count_nonzero(steps < 0) > len(steps))
    wrong = steps > 0 if newest_first else steps < 0
    if wrong.any():
        place = int(wrong.argmax())
        before, after = kept[place], kept[place + 1]
        what = f"time goes from {iso(times[before])} to {iso(times[after])}; sort the rows by time"
        raise CandleError(f"{read.table.place(int(lines[after]))}: {what}")
    return (kept[::-1] if newest_first else kept), newest_first


def sample_candles(series: str = "sp500") -> CandleSeries:
    """Load the real daily candles that `arch` ships: `sp500` or `nasdaq`, 1999 to 2018."""
    # Imported here because it takes long; `arch` itself, whose `load` reads the file like this, takes five times as long.
    import pandas

    where = find_spec("arch")
    if where is None or not where.submodule_search_locations:
        raise CandleError("the sample candles: arch is not installed; install it, or name a file with --candles")
    table = pandas.read_csv(Path(where.submodule_search_locations[0]) / "data" / series / f"{series}.csv.gz")
    columns = (table[column] for column in ("Open", "High", "Low", "Close", "Volume"))
    rows = zip(pandas.to_datetime(table["Date"]), *columns, strict=True)
    candles = [Candle(day.timestamp(), *map(float, row)) for day, *row in rows]
    return CandleSeries(
        source=f"arch {series}", layout="a daily series that ships with arch", candles=candles, rows=len(candles)
    )
