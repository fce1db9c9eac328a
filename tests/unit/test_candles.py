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


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "holds no candles"),
        (HEADER, "holds no candles"),
        (HEADER + "1,1,1,1,one,1\n", "line 2: close 'one' is no number"),
        (HEADER + "1,1,1,1,nan,1\n", "line 2: close 'nan' is not finite"),
        (HEADER + "1,1,0.5,1,1,1\n", "line 2: high 0.5 is below low 1.0"),
        (HEADER + "1,1,2,1,3,1\n", "line 2: close 3.0 is not between low 1.0 and high 2.0"),
        (HEADER + "1,0,1,0,1,1\n", "line 2: low 0.0 is no price"),
        (HEADER + "5,1,1,1,1,1\n\n4,1,1,1,1,1\n", "line 4: time goes from 5 to 4"),
        (HEADER + "5,1,1,1,1,1\n5,1,1,1,1,1\n", "line 3: time goes from 5 to 5"),
        (HEADER + "1,1,1\n", "line 2: has 3 cells, needs 6"),
        (HEADER + "soon,1,1,1,1,1\n", "line 2: timestamp 'soon' is neither Unix seconds nor ISO 8601"),
        ("timestamp,open,high,low,close\n1,1,1,1,1\n", "line 1: has no column 'volume'"),
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
    with pytest.raises(CandleError, match="is no CSV text"):
        read_candles(tmp_path / "binary")


def test_the_sample_series_is_real_and_ordered() -> None:
    candles = sample_candles()
    assert len(candles) > 5000
    assert all(candle.low <= candle.open <= candle.high for candle in candles)
    assert all(later.start_sec > earlier.start_sec for earlier, later in pairwise(candles))
