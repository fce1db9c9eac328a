"""Candle files that are refused: one sentence says what is wrong, where, and what to do. None is read in wrong columns."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import chain, combinations, permutations
from pathlib import Path

import pytest

from generators.candles import CandleError, read_candles
from tests.candle_files import (
    HEADER,
    KLINES,
    Traded,
    binance_rows,
    candles,
    cdd_rows,
    kraken_api_rows,
    kraken_rows,
    plain_rows,
    walk,
    written,
)

MADE = walk()
T = "1700000000"


def refusal(path: Path) -> str:
    """The sentence that a file is refused with."""
    with pytest.raises(CandleError) as raised:
        read_candles(path)
    said = str(raised.value)
    assert said.startswith(str(path))
    assert "\n" not in said
    return said


BAD = {
    "huge": ([HEADER, f"{T},1e308,1e308,1e308,1e308,1"], "line 2: high 1e+308 is not a price; prices are at most 1e+15"),
    "negative volume": ([HEADER, f"{T},1,1,1,1,-1"], "line 2: volume -1.0 is out of range"),
    "huge volume": ([HEADER, f"{T},1,1,1,1,1e300"], "line 2: volume 1e+300 is out of range"),
    "overflow": ([HEADER, f"{T},1,1,1,1,1e400"], "line 2: volume '1e400' is not finite"),
    "infinite": ([HEADER, f"{T},1,1,1,inf,1"], "line 2: close 'inf' is not finite"),
    "no names": (["date,o,h,l,c,v", f"{T},1,1,1,1,1"], "line 1: the header has no column 'open'; it must name timestamp,open,"),
    "no time": (["when,open,high,low,close,volume", f"{T},1,1,1,1,1"], "line 1: the header has no column 'timestamp'"),
    "no volume": (["timestamp,open,high,low,close", f"{T},1,1,1,1"], "line 1: the header has no column 'volume'"),
    "two opens": ([HEADER + ",Open", f"{T},1,1,1,1,1,1"], "line 1: the header has more than one column 'open'"),
    "five cells": ([f"{T},1,1,1,1"], "line 1: has 5 cells; known without a header are 6: timestamp,open"),
    "nine cells": ([f"{T},1,1,1,1,1,1,1,1"], "line 1: has 9 cells"),
    "one more": ([f"{T},1,1,1,1,1", "1700000001,1,1,1,1,1,7"], "line 2: has 7 cells, the first row has 6; correct the row"),
    "fewer": ([HEADER, f"{T},1,1"], "line 2: has 3 cells, the first row has 6; correct the row"),
    "nothing": ([""], "holds no candles; a row is timestamp,open,high,low,close,volume"),
    "header alone": ([HEADER], "holds no candles"),
    "only empty cells": ([HEADER, "2023-11-10,,,,,"], "holds no candles, only empty cells"),
    "a word": ([HEADER, f"{T},1,1,1,one,1"], "line 2: close 'one' is not a number"),
    "digits of Python": ([HEADER, f"{T},1,1,1,1,1_000"], "line 2: volume '1_000' is not a number"),
    "an empty cell": ([HEADER, f"{T},1,1,1,,1"], "line 2: close is empty; fill the cell or remove the row"),
    "a cell that stands for none": (
        [HEADER, f"{T},1,1,1,nan,1"], "line 2: close is 'nan', which stands for no value; fill the cell or remove the row"),
    "high below low": ([HEADER, f"{T},1,0.5,1,1,1"], "line 2: high 0.5 is below low 1.0; correct the row"),
    "close above high": ([HEADER, f"{T},1,2,1,3,1"], "line 2: close 3.0 is not between low 1.0 and high 2.0"),
    "no price": ([HEADER, f"{T},0,1,0,1,1"], "line 2: low 0.0 is not a price"),
    "unsorted": (
        [HEADER, f"{T},1,1,1,1,1", "1700000200,1,1,1,1,1", "", "1700000100,1,1,1,1,1", "1700000300,1,1,1,1,1"],
        "line 5: time goes from 2023-11-14 22:16:40 to 2023-11-14 22:15:00; sort the rows by time",
    ),
    "differing duplicates": (
        [HEADER, f"{T},1,2,1,1,1", "1700000200,1,1,1,1,1", f"{T},1,2,1,1.5,1"],
        "line 2 and line 4: hold the same time 2023-11-14 22:13:20 and differ in close (1.0 and 1.5); keep one of them",
    ),
    "two markets": (
        ["Symbol," + HEADER, f"DOGE,{T},1,1,1,1,1", "PEPE,1700000200,1,1,1,1,1"],
        "line 3: is of 'PEPE', the rows before are of 'DOGE'; keep one market in a file",
    ),
    "quote volume alone": (
        ["Symbol,timestamp,open,high,low,close,Volume USDT", f"DOGEUSDT,{T},1,1,1,1,1"],
        "cannot tell the base coin's volume among Volume USDT, since the symbol 'DOGEUSDT' does not begin with",
    ),
    "two volumes and no symbol": (
        ["timestamp,open,high,low,close,Volume DOGE,Volume USDT", f"{T},1,1,1,1,1,1"],
        "since there is no column Symbol; name it `volume`",
    ),
    "points and commas": (
        ["timestamp;open;high;low;close;volume", f"{T};0,5;0,5;0,5;0,5;1", "1700000100;0.5;0.5;0.5;0.5;1"],
        "has decimal commas, '0,5' (line 2), and points, '0.5' (line 3); write all numbers with a decimal point",
    ),
    "thousands or decimals": (
        ["timestamp;open;high;low;close;volume", f"{T};93,576;93,580;93,489;93,500;1"],
        "'93,576' (line 2) may have a decimal comma or separate thousands; write the numbers with a decimal point",
    ),
    "separators of thousands": ([HEADER, f'{T},"93,576.5","93,580.5","93,489.5","93,500.5",1'], "separators of thousands"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_sentence_with_its_place(name: str, tmp_path: Path) -> None:
    rows, sentence = BAD[name]
    assert sentence in refusal(written(tmp_path, rows))


BAD_TIMES = {
    "45245.25": "is 1970-01-01 12:34:05 as Unix seconds, which is before 1980; it may be an Excel date (2023-11-15 06:00:00)",
    "45245": "it may be an Excel date (2023-11-15 00:00:00): format the column as YYYY-MM-DD hh:mm:ss",
    "0": "is 1970-01-01 00:00:00 as Unix seconds, which is before 1980; it may be a row number",
    "-5": "is 1969-12-31 23:59:55 as Unix seconds, which is before 1980; give Unix seconds, milliseconds",
    "20231399": "which is before 1980; give Unix seconds",
    "28333333": "which is before 1980",
    "4200000000": "is 2103-02-04 02:40:00 as Unix seconds, which is after 2100",
    "99999999999999": "in no year from 1980 to 2100 as milliseconds, microseconds or nanoseconds",
    "1.73569E+12": "was rounded by a spreadsheet; export the column as a whole number",
    "11/10/2023": "may put the day or the month first; write it as 2023-11-10 12:00:00",
    "soon": "is neither Unix time nor ISO 8601; write it as 2023-11-10 12:00:00",
    "12:30": "is neither Unix time nor ISO 8601",
    "1970-01-01 00:28:55.689600": "is in January 1970, as a Unix time that was read in the wrong unit",
}


@pytest.mark.parametrize("cell", BAD_TIMES)
def test_a_number_that_is_no_time_is_told_what_it_would_be(cell: str, tmp_path: Path) -> None:
    said = refusal(written(tmp_path, [HEADER, f"{cell},1,1,1,1,1"]))
    assert f"line 2: timestamp {cell}" in said.replace("'", "")
    assert BAD_TIMES[cell] in said


def test_row_numbers_are_no_times(tmp_path: Path) -> None:
    rows = [f"{number}{row[len('1735689600') :]}" for number, row in enumerate(plain_rows(MADE))]
    assert "it may be a row number" in refusal(written(tmp_path, rows))


def cells_of(*columns: Callable[[Traded], object], count: int = 30, decimals: int = 6) -> list[str]:
    """Rows of other columns than any known layout has."""
    return [",".join(str(column(each)) for column in columns) for each in walk(count, decimals=decimals)]


def start(each: Traded) -> object:
    return each.start


def opens(each: Traded) -> object:
    return each.candle.open


def high(each: Traded) -> object:
    return each.candle.high


def low(each: Traded) -> object:
    return each.candle.low


def close(each: Traded) -> object:
    return each.candle.close


def volume(each: Traded) -> object:
    return each.candle.volume


def whole_volume(each: Traded) -> object:
    return round(each.candle.volume * 1000)


def whole_units(each: Traded) -> object:
    return round(each.candle.volume)


def quote(each: Traded) -> object:
    return each.quote


def whole_quote(each: Traded) -> object:
    return round(each.candle.volume * each.mean)


def mean(each: Traded) -> object:
    return each.mean


def trades(each: Traded) -> object:
    return each.trades


def end(each: Traded) -> object:
    return each.start + 3599


def adjusted(each: Traded) -> object:
    return each.candle.close * (0.9 + 1e-5 * each.trades / 900)


# Layouts that have as many columns as a known one, and hold something else.
TRAPS = {
    "open, close, high, low": ((start, opens, close, high, low, volume), "name the columns in a header line"),
    "low, high, open, close": ((start, low, high, opens, close, volume), "name the columns in a header line"),
    "high and low exchanged": ((start, opens, low, high, close, volume), "line 1: high"),
    "open and close exchanged": ((start, close, high, low, opens, volume), "open and close may be exchanged"),
    "a mean for the volume": ((start, opens, high, low, close, mean), "the volume is between low and high"),
    "an adjusted close for the volume": ((start, opens, high, low, close, adjusted), "moves as little as a price"),
    "7: close time last": ((start, opens, high, low, close, volume, end), "the number of trades is not a count"),
    "7: quote volume last": ((start, opens, high, low, close, volume, quote), "the number of trades is not a count"),
    "7: whole quote volume last": ((start, opens, high, low, close, volume, whole_quote), "the volume times the price"),
    "7: quote volume first": ((start, opens, high, low, close, quote, whole_units), "the volume"),
    "7: trades before the volume": ((start, opens, high, low, close, trades, volume), "the number of trades is not a count"),
    "7: whole volume after trades": ((start, opens, high, low, close, trades, whole_volume), "cannot be told apart"),
    "7: mean before the volume": ((start, opens, high, low, close, mean, whole_volume), "the volume is between low and high"),
    "7: adjusted close": ((start, opens, high, low, close, adjusted, whole_volume), "moves as little as a price"),
    "7: open, close, high, low": ((start, opens, close, high, low, volume, trades), "name the columns in a header line"),
    "8: volume before the mean": ((start, opens, high, low, close, volume, mean, trades), "the volume is between low and high"),
    "8: quote for the mean": ((start, opens, high, low, close, quote, volume, trades), "as the mean price must be"),
    "12: quote volume first": (
        (start, opens, high, low, close, quote, end, volume, trades, quote, volume, trades),
        "the volume and the quote volume do not fit the prices",
    ),
    "12: close time elsewhere": (
        (start, opens, high, low, close, volume, start, quote, trades, volume, quote, trades),
        "the seventh column is not the time at which a candle closes",
    ),
    "12: bought and sold exchanged": (
        (start, opens, high, low, close, volume, end, quote, trades, whole_volume, quote, trades),
        "the volume bought by takers is above the volume",
    ),
}


@pytest.mark.parametrize("name", TRAPS)
def test_columns_that_are_not_what_a_layout_says_are_not_read(name: str, tmp_path: Path) -> None:
    columns, sentence = TRAPS[name]
    said = refusal(written(tmp_path, cells_of(*columns)))
    assert sentence in said
    assert "name the columns in a header line: timestamp,open,high,low,close,volume" in said


def orders_of(cells: int) -> Iterator[tuple[int, ...]]:
    """Every other order of the columns after the time, or many where there are too many."""
    right = tuple(range(1, cells))
    rng = random.Random(2)
    every = permutations(right) if cells <= 7 else (tuple(rng.sample(right, len(right))) for _ in range(300))
    exchanged = (
        tuple(other if each == one else one if each == other else each for each in right)
        for one, other in combinations(right, 2)
    )
    return (order for order in chain(exchanged, every) if order != right)


@pytest.mark.parametrize("rows", [plain_rows, kraken_rows, kraken_api_rows, binance_rows], ids=lambda rows: rows.__name__)
def test_no_other_order_of_the_columns_is_read(rows: Callable[[list[Traded]], list[str]], tmp_path: Path) -> None:
    cells = [row.split(",") for row in rows(MADE)]
    for order in orders_of(len(cells[0])):
        path = written(tmp_path, [",".join([row[0], *(row[place] for place in order)]) for row in cells])
        try:
            assert list(read_candles(path).candles) == candles(MADE), order
        except CandleError:
            continue


@pytest.mark.parametrize("rows", [plain_rows, kraken_rows, kraken_api_rows, binance_rows], ids=lambda rows: rows.__name__)
@pytest.mark.parametrize("price", [2e-6, 1.0, 90_000.0])
def test_a_true_layout_is_not_taken_for_a_trap(rows: Callable[[list[Traded]], list[str]], price: float, tmp_path: Path) -> None:
    for seed in range(20):
        made = walk(60, price=price, decimals=2 if price > 100 else 10, seed=seed)
        assert len(read_candles(written(tmp_path, rows(made))).candles) == 60


def test_kraken_has_its_times_in_seconds(tmp_path: Path) -> None:
    rows = [row.replace(str(each.start), f"{each.start}000", 1) for row, each in zip(kraken_rows(MADE), MADE, strict=True)]
    assert "looks like Kraken OHLCVT, without a header, but its times are in milliseconds, not in seconds" in refusal(
        written(tmp_path, rows)
    )


def test_names_over_exchanged_volumes_are_refused(tmp_path: Path) -> None:
    rows = cdd_rows(MADE, quote_first=True)
    rows[1] = rows[1].replace("Volume USDT,Volume DOGE", "Volume DOGE,Volume USDT")
    assert "looks like CryptoDataDownload, but the volume and the quote volume do not fit the prices" in refusal(
        written(tmp_path, rows)
    )
    rows = [
        KLINES.replace(",volume", ",x").replace("quote_volume", "volume").replace(",x", ",quote_volume"),
        *binance_rows(MADE),
    ]
    assert "do not fit the prices" in refusal(written(tmp_path, rows))
