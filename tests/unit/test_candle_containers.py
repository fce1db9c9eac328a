"""Candles in JSON, feather and parquet, and compressed: what holds the rows is named, and damage is one sentence."""

from __future__ import annotations

import gzip
import json
import random
import zipfile
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from generators.candles import CandleError, read_candles
from tests.candle_files import HEADER, candles, cdd_rows, kraken_rows, plain_rows, walk, written

MADE = walk()
TEXT = "\n".join([HEADER, *plain_rows(MADE)]) + "\n"


def frame() -> pd.DataFrame:
    """The candles as freqtrade keeps them."""
    names = ("open", "high", "low", "close", "volume")
    data = {name: [getattr(each, name) for each in candles(MADE)] for name in names}
    return pd.DataFrame({"date": pd.to_datetime([each.start for each in MADE], unit="s", utc=True), **data})


@pytest.mark.parametrize("kind", ["feather", "parquet"])
def test_freqtrades_frames_are_read_as_they_are(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"DOGE_USDT-1h.{kind}"
    getattr(frame(), f"to_{kind}")(path)
    series = read_candles(path)
    assert list(series.candles) == candles(MADE)
    assert (series.layout, series.details) == ("freqtrade", (kind,))


def test_times_may_be_the_index_of_a_frame(tmp_path: Path) -> None:
    frame().set_index("date").to_parquet(tmp_path / "indexed.parquet")
    assert list(read_candles(tmp_path / "indexed.parquet").candles) == candles(MADE)


def test_rows_without_values_are_counted_in_a_frame_too(tmp_path: Path) -> None:
    made = frame()
    made.loc[3, ["open", "high", "low", "close", "volume"]] = float("nan")
    made.to_feather(tmp_path / "holes.feather")
    series = read_candles(tmp_path / "holes.feather")
    assert (len(series.candles), series.left_out) == (29, {"of empty cells": 1})


def test_a_frame_without_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame().to_feather(tmp_path / "a.feather")

    def missing(*_: object) -> None:
        raise ImportError("Missing optional dependency 'pyarrow'.")

    monkeypatch.setattr(pd, "read_feather", missing)
    with pytest.raises(
        CandleError, match="reading feather needs pyarrow; run: pip install pyarrow, or save the candles as CSV"
    ):
        read_candles(tmp_path / "a.feather")


def test_freqtrades_json_is_a_list_of_rows(tmp_path: Path) -> None:
    items = [[each.start * 1000, *list(vars(each.candle).values())[1:]] for each in MADE]
    path = tmp_path / "DOGE_USDT-1h.json"
    path.write_text(json.dumps(items))
    series = read_candles(path)
    assert list(series.candles) == candles(MADE)
    assert series.layout == "freqtrade, timestamp,open,high,low,close,volume, without a header"
    assert series.details == ("JSON", "times in milliseconds")


def test_a_json_list_of_objects_has_names(tmp_path: Path) -> None:
    items = [{"time": each.start, **vars(each.candle), "more": None} for each in MADE]
    path = tmp_path / "objects.json"
    path.write_text(json.dumps(items))
    assert list(read_candles(path).candles) == candles(MADE)


BAD_JSON = {
    '{"result": {"a": []}}': "must be a JSON list of candles; it is an object with result: take the list out of it",
    "[1, 2]": "item 1: is not like item 1; a row is a list, or an object with the same names",
    '[{"a": 1}, {"b": 1}]': "item 2: is not like item 1",
    "[[1700000000, [1], 1, 1, 1, 1]]": "item 1: holds a value that is neither a number nor text",
    "[[1700000000, 1, 1, 1, 1, 1]": "is not JSON",
    "[]": "holds no candles",
}


@pytest.mark.parametrize("text", BAD_JSON)
def test_bad_json_is_one_sentence(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(CandleError) as raised:
        read_candles(path)
    assert BAD_JSON[text] in str(raised.value)


def test_compressed_files_are_read_whatever_their_name(tmp_path: Path) -> None:
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(TEXT.encode()))
    series = read_candles(packed)
    assert (list(series.candles), series.details[0]) == (candles(MADE), "CSV in gz")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("__MACOSX/._a.csv", "x")
        archive.writestr("a/a.csv", "\n".join(kraken_rows(MADE)))
    series = read_candles(tmp_path / "a.zip")
    assert (list(series.candles), series.details[0]) == (candles(MADE), "CSV in zip")
    assert series.layout == "Kraken OHLCVT, without a header"


def test_an_archive_of_many_files_is_unpacked_by_its_user(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for name in ("ADAUSD_1.csv", "ADAUSD_5.csv", "ADAUSD_60.csv", "ADAUSD_1440.csv"):
            archive.writestr(name, TEXT)
    with pytest.raises(CandleError) as raised:
        read_candles(tmp_path / "many.zip")
    assert "holds 4 files (ADAUSD_1.csv, ADAUSD_5.csv, ADAUSD_60.csv, …); unpack it and name one of them" in str(raised.value)


def test_a_workbook_is_told_to_be_saved_as_csv(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(CandleError, match="is an Excel workbook; save the sheet as CSV"):
        read_candles(tmp_path / "book.xlsx")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (gzip.compress(TEXT.encode())[:-20], "is a damaged gz file"),
        (b"PK\x03\x04 and no more", "is a damaged or encrypted zip file"),
        (b"PAR1 and no more", "is a damaged parquet file"),
        (b"ARROW1 and no more", "is a damaged feather file"),
        (b"\xff\xfe\x00", "is not CSV text"),
        (b"a\x00b", "is not CSV text (it holds NUL bytes)"),
        (b"\xe9,1,2", "is not CSV text"),
        (b'timestamp,"open' + b"x" * 200_000, "is not CSV text (field larger than field limit"),
    ],
)
def test_a_damaged_file_is_one_sentence(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "damaged").write_bytes(data)
    with pytest.raises(CandleError) as raised:
        read_candles(tmp_path / "damaged")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """The bytes with a few of them changed, left out or repeated."""
    broken = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(broken))
        stop = at + rng.randint(1, 12)
        broken[at:stop] = rng.choice([rng.randbytes(1), b"", bytes(broken[at:stop]) * 2, b",", b'"', b"\n", b"1e308", b"null"])
    return bytes(broken)


def test_no_damage_is_a_traceback_or_puts_candles_out_of_order(tmp_path: Path) -> None:
    rng, path = random.Random(11), tmp_path / "broken"
    frame().to_feather(tmp_path / "a.feather")
    frame().to_parquet(tmp_path / "a.parquet")
    sound = [
        TEXT.encode(),
        "\n".join(kraken_rows(MADE)).encode(),
        "\n".join(cdd_rows(MADE)).encode(),
        json.dumps([{"time": each.start, **vars(each.candle)} for each in MADE]).encode(),
        gzip.compress(TEXT.encode()),
        (tmp_path / "a.feather").read_bytes(),
        (tmp_path / "a.parquet").read_bytes(),
    ]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", TEXT)
    sound.append((tmp_path / "a.zip").read_bytes())
    read, refused = 0, []
    for number in range(1200):
        path.write_bytes(mutated(sound[number % len(sound)], rng))
        try:
            series = read_candles(path)
        except CandleError as error:
            refused.append(str(error))
        else:
            read += 1
            assert all(before.start_sec < after.start_sec for before, after in pairwise(series.candles))
    assert read > 10
    assert not [sentence for sentence in refused if "\n" in sentence]


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.csv", tmp_path):
        with pytest.raises(CandleError, match="cannot be read"):
            read_candles(path)
    assert len(read_candles(written(tmp_path, TEXT.splitlines())).candles) == 30
