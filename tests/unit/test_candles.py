"""Candle files: each layout is read, in the right columns, and named."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from generators.candles import Candle, read_candles, sample_candles, spacing_sec
from tests.candle_files import (
    HEADER,
    KLINES,
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


def test_a_header_tells_the_columns_in_any_order_with_any_others(tmp_path: Path) -> None:
    path = written(tmp_path, ["Timestamp,close,open,low,high,extra,volume", "2025-05-30 16:45:00+00:00,2,1,0.5,3,x,9"])
    series = read_candles(path)
    assert series.candles == [Candle(1748623500.0, 1.0, 3.0, 0.5, 2.0, 9.0)]
    assert series.sentence == "candles.csv: named columns (CSV); 1 row read, none left out"


def test_the_header_may_begin_with_any_column_and_come_after_blank_lines(tmp_path: Path) -> None:
    path = written(tmp_path, ["", " , ", "volume,open,high,low,close,time", "9,1,3,0.5,2,1700000060"])
    assert read_candles(path).candles == [Candle(1700000060.0, 1.0, 3.0, 0.5, 2.0, 9.0)]


LAYOUTS = {
    "plain": (plain_rows(MADE), "timestamp,open,high,low,close,volume, without a header", ("times in seconds",)),
    "header": ([HEADER, *plain_rows(MADE)], "named columns", ("times in seconds",)),
    "kraken": (kraken_rows(MADE), "Kraken OHLCVT, without a header", ("times in seconds",)),
    "kraken api": (kraken_api_rows(MADE), "Kraken's API, without a header", ("times in seconds",)),
    "binance, s": (binance_rows(MADE, 1), "Binance klines, without a header", ("times in seconds",)),
    "binance, ms": (binance_rows(MADE, 1000), "Binance klines, without a header", ("times in milliseconds",)),
    "binance, us": (binance_rows(MADE), "Binance klines, without a header", ("times in microseconds",)),
    "binance, merged dumps of 2024 and 2025": (
        [*binance_rows(MADE[:9], 1000), *binance_rows(MADE[9:])],
        "Binance klines, without a header",
        ("times in milliseconds and microseconds",),
    ),
    "binance, header": ([KLINES, *binance_rows(MADE)], "Binance klines, with a header", ("times in microseconds",)),
    "cdd": (
        cdd_rows(MADE),
        "CryptoDataDownload",
        ("times from `Unix`", "volume from `Volume DOGE`", "times in milliseconds", "newest first"),
    ),
    "cdd, quote volume first": (
        cdd_rows(MADE, quote_first=True),
        "CryptoDataDownload",
        ("times from `Unix`", "volume from `Volume DOGE`", "times in milliseconds", "newest first"),
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_read_and_named(name: str, tmp_path: Path) -> None:
    rows, layout, details = LAYOUTS[name]
    series = read_candles(written(tmp_path, rows))
    assert list(series.candles) == candles(MADE)
    assert (series.layout, series.details) == (layout, ("CSV", *details))


def test_yahoos_close_is_taken_and_its_empty_rows_are_counted(tmp_path: Path) -> None:
    rows = ["Date,Adj Close,Close,High,Low,Open,Volume", "2014-09-17,,,,,,", "2014-09-18,null,null,null,null,null,null"]
    rows += ["2014-09-19,1.1,2.2,2.5,2.0,2.1,900"]
    series = read_candles(written(tmp_path, rows))
    assert series.candles == [Candle(1411084800.0, 2.1, 2.5, 2.0, 2.2, 900.0)]
    assert series.layout == "Yahoo"
    assert series.sentence.endswith("close from `Close`, not from `Adj Close`); 3 rows read, 2 left out: 2 of empty cells")
    assert series.to_json()["left_out"] == {"of empty cells": 2}


def test_equal_rows_at_the_seam_of_merged_dumps_are_dropped_and_counted(tmp_path: Path) -> None:
    rows = kraken_rows(MADE)
    series = read_candles(written(tmp_path, rows[:20] + rows[17:]))
    assert list(series.candles) == candles(MADE)
    assert series.sentence.endswith("33 rows read, 3 left out: 3 equal to a row of the same time")


def test_headers_that_merging_repeated_are_counted(tmp_path: Path) -> None:
    rows = binance_rows(MADE)
    series = read_candles(written(tmp_path, [KLINES, *rows[:9], KLINES, *rows[9:]]))
    assert list(series.candles) == candles(MADE)
    assert series.left_out == {"that repeat the header": 1}


def test_the_newest_candle_may_come_first(tmp_path: Path) -> None:
    series = read_candles(written(tmp_path, plain_rows(MADE)[::-1]))
    assert list(series.candles) == candles(MADE)
    assert "newest first" in series.details


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("header", [True, False])
def test_decimals_may_have_a_comma_where_cells_have_another_delimiter(delimiter: str, header: bool, tmp_path: Path) -> None:
    rows = [HEADER] * header + plain_rows(MADE)
    path = written(tmp_path, [row.replace(",", delimiter).replace(".", ",") for row in rows])
    series = read_candles(path)
    assert list(series.candles) == candles(MADE)
    assert "decimal commas" in series.details


def test_decimal_commas_may_be_quoted(tmp_path: Path) -> None:
    row = '1700000000,"0,25","0,5","0,125","0,375","10,5"'
    assert read_candles(written(tmp_path, [HEADER, row])).candles == [Candle(1.7e9, 0.25, 0.5, 0.125, 0.375, 10.5)]


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_line_endings_and_byte_order_marks_do_not_matter(ending: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "candles.csv"
    path.write_bytes((ending.join([HEADER, *plain_rows(MADE)]) + ending).encode(encoding))
    assert list(read_candles(path).candles) == candles(MADE)


def test_excels_line_about_the_delimiter_is_no_row(tmp_path: Path) -> None:
    rows = [row.replace(",", ";") for row in ["sep=;", HEADER, *plain_rows(MADE)]]
    rows[0] = "sep=;"
    series = read_candles(written(tmp_path, rows))
    assert list(series.candles) == candles(MADE)
    assert series.left_out == {"before the header": 1}


TIMES = {
    "20231110": datetime(2023, 11, 10, tzinfo=UTC),
    "202311101230": datetime(2023, 11, 10, 12, 30, tzinfo=UTC),
    "20231110123015": datetime(2023, 11, 10, 12, 30, 15, tzinfo=UTC),
    "20231110T1230Z": datetime(2023, 11, 10, 12, 30, tzinfo=UTC),
    "2023-11-10": datetime(2023, 11, 10, tzinfo=UTC),
    "2023-11-10 12:30:00 UTC": datetime(2023, 11, 10, 12, 30, tzinfo=UTC),
    "2023-11-10T14:30:00+02:00": datetime(2023, 11, 10, 12, 30, tzinfo=UTC),
    "1699619400": datetime(2023, 11, 10, 12, 30, tzinfo=UTC),
    "1699619400.0": datetime(2023, 11, 10, 12, 30, tzinfo=UTC),
    "1699619400000": datetime(2023, 11, 10, 12, 30, tzinfo=UTC),
    "1699619400000000": datetime(2023, 11, 10, 12, 30, tzinfo=UTC),
    "1699619400000000000": datetime(2023, 11, 10, 12, 30, tzinfo=UTC),
    "1.6996194e+18": datetime(2023, 11, 10, 12, 30, tzinfo=UTC),
}


@pytest.mark.parametrize("cell", TIMES)
def test_a_time_is_told_by_its_form_or_its_magnitude(cell: str, tmp_path: Path) -> None:
    (candle,) = read_candles(written(tmp_path, [HEADER, f"{cell},1,1,1,1,1"])).candles
    assert candle.start_sec == TIMES[cell].timestamp()


def test_the_sample_series_is_real_and_ordered() -> None:
    series = sample_candles()
    assert len(series.candles) > 5000
    assert all(candle.low <= candle.open <= candle.high for candle in series.candles)
    assert all(later.start_sec > earlier.start_sec for earlier, later in pairwise(series.candles))
    assert series.sentence == "arch sp500: a daily series that ships with arch; 5,031 rows read, none left out"


def test_the_spacing_is_the_shortest_gap() -> None:
    made = candles(MADE)
    assert spacing_sec([made[0], *made[3:]]) == 3600.0
    assert spacing_sec(made[:1]) == 60.0
