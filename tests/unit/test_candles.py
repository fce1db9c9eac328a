"""Candle files: what is read, and one sentence for what cannot be."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from generators.candles import Candle, CandleError, read_candles, sample_candles, spacing_sec

HEADER = "timestamp,open,high,low,close,volume\n"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "candles.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_header_tells_the_columns_in_any_order_with_any_others(tmp_path: Path) -> None:
    path = written(tmp_path, "Timestamp,close,open,low,high,extra,volume\n2025-05-30 16:45:00+00:00,2,1,0.5,3,x,9\n")
    assert read_candles(path) == [Candle(1748623500.0, 1.0, 3.0, 0.5, 2.0, 9.0)]


def test_krakens_layout_has_no_header(tmp_path: Path) -> None:
    path = written(tmp_path, "1700000000,1,3,0.5,2,9.5,17\n1700000300,2,3,1,1.5,0,0\n")
    candles = read_candles(path)
    assert candles[0] == Candle(1700000000.0, 1.0, 3.0, 0.5, 2.0, 9.5)
    assert spacing_sec(candles) == 300.0
    assert spacing_sec(candles[:1]) == 60.0


def test_blank_lines_may_come_before_the_header(tmp_path: Path) -> None:
    assert len(read_candles(written(tmp_path, "\n , \n" + HEADER + "1,1,1,1,1,1\n"))) == 1


def test_the_header_may_begin_with_any_column(tmp_path: Path) -> None:
    path = written(tmp_path, "volume,open,high,low,close,timestamp\n9,1,3,0.5,2,60\n")
    assert read_candles(path) == [Candle(60.0, 1.0, 3.0, 0.5, 2.0, 9.0)]


def test_krakens_api_has_a_mean_price_before_the_volume(tmp_path: Path) -> None:
    assert read_candles(written(tmp_path, "60,1,3,0.5,2,1.75,9.5,17\n")) == [Candle(60.0, 1.0, 3.0, 0.5, 2.0, 9.5)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEADER + "1,1e308,1e308,1e308,1e308,1\n", "line 2: high 1e+308 is not a price; prices are at most 1e+15"),
        (HEADER + "1,1,1,1,1,-1\n", "line 2: volume -1.0 is out of range"),
        (HEADER + "1,1,1,1,1,1e300\n", "line 2: volume 1e+300 is out of range"),
        (HEADER + "1700000000000,1,1,1,1,1\n", "line 2: timestamp 1700000000000 is beyond the year 9999; it is in seconds"),
        (
            "date,o,h,l,c,v\n1,1,1,1,1,1\n",
            "line 1: the header has no column 'timestamp'; it must name timestamp,open,high,low,",
        ),
        ("\ntime,open,high,low,close,volume\n1,1,1,1,1,1\n", "line 2: the header has no column 'timestamp'"),
        ("timestamp,open,high,low,close,volume,open\n", "line 1: the header has more than one column 'open'"),
        ("1,1,1,1,1\n", "line 1: has 5 cells; without a header a row is timestamp,open"),
        ("1,1,1,1,1,1,1,1,1\n", "line 1: has 9 cells"),
        ("1,1,1,1,1,1\n2,1,1,1,1,1,7\n", "line 2: has 7 cells, the first row has 6"),
        ("", "holds no candles"),
        (HEADER, "holds no candles"),
        (HEADER + "1,1,1,1,one,1\n", "line 2: close 'one' is not a number"),
        (HEADER + "1,1,1,1,nan,1\n", "line 2: close 'nan' is not finite"),
        (HEADER + "1,1,0.5,1,1,1\n", "line 2: high 0.5 is below low 1.0"),
        (HEADER + "1,1,2,1,3,1\n", "line 2: close 3.0 is not between low 1.0 and high 2.0"),
        (HEADER + "1,0,1,0,1,1\n", "line 2: low 0.0 is not a price"),
        (HEADER + "5,1,1,1,1,1\n\n4,1,1,1,1,1\n", "line 4: time goes from 5 to 4"),
        (HEADER + "5,1,1,1,1,1\n5,1,1,1,1,1\n", "line 3: time goes from 5 to 5"),
        (HEADER + "1,1,1\n", "line 2: has 3 cells, the first row has 6"),
        (HEADER + "soon,1,1,1,1,1\n", "line 2: timestamp 'soon' is neither Unix seconds nor ISO 8601"),
        ("timestamp,open,high,low,close\n1,1,1,1,1\n", "line 1: the header has no column 'volume'"),
    ],
)
def test_a_bad_file_is_one_sentence_with_its_line(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(CandleError) as raised:
        read_candles(written(tmp_path, text))
    assert sentence in str(raised.value)
    assert "candles.csv" in str(raised.value)


def test_a_missing_or_binary_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CandleError, match="cannot be read"):
        read_candles(tmp_path / "nowhere.csv")
    with pytest.raises(CandleError, match="cannot be read"):
        read_candles(tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CandleError, match="is not CSV text"):
        read_candles(tmp_path / "binary")


def test_the_sample_series_is_real_and_ordered() -> None:
    candles = sample_candles()
    assert len(candles) > 5000
    assert all(candle.low <= candle.open <= candle.high for candle in candles)
    assert all(later.start_sec > earlier.start_sec for earlier, later in pairwise(candles))
