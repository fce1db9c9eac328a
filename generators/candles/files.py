"""Files of candles as rows of text cells: CSV with any of the usual delimiters, JSON, feather and parquet; plain, gz or zip."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generators.candles.series import COLUMNS, CandleError

Row = tuple[int, list[str]]
GZIP, ZIP, ARROW, PARQUET = b"\x1f\x8b", b"PK\x03\x04", (b"ARROW1", b"FEA1"), b"PAR1"
KINDS = "CSV, JSON, feather or parquet"
# The delimiter is the first of these that makes rows of enough cells; a comma may be a decimal comma between the others.
DELIMITERS = ("\t", ";", "|", ",")
DELIMITER_SAMPLE_LINES = 50
NAMED_MAX = 3


@dataclass(frozen=True)
class Table:
    """Rows of text cells, each with its number. `unit` says what is numbered: lines, items of a list, or rows of a frame."""

    name: str
    kind: str
    unit: str
    rows: Iterable[Row]

    def place(self, number: int) -> str:
        """Return the place of a row, for an error message."""
        return f"{self.name}, {self.unit} {number}"


def read_table(path: Path) -> Table:
    """Read the rows of a file, whose kind is told by its first bytes. Raises `CandleError`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CandleError(f"{path}: cannot be read ({error.strerror}); name a file of candles") from error
    return _table(data, str(path), "")


def _table(data: bytes, name: str, wrapped: str) -> Table:
    if data.startswith(GZIP):
        try:
            return _table(gzip.decompress(data), name, f"{wrapped} in gz")
        except (OSError, EOFError, zlib.error) as error:
            raise CandleError(f"{name}: is a damaged gz file ({error}); fetch it again") from error
    if data.startswith(ZIP):
        return _from_zip(data, name, wrapped)
    if data.startswith(ARROW):
        return Table(name, f"feather{wrapped}", "row", _frame_rows(data, name, "feather"))
    if data.startswith(PARQUET):
        return Table(name, f"parquet{wrapped}", "row", _frame_rows(data, name, "parquet"))
    text = _text(data, name)
    if text.lstrip()[:1] in ("[", "{"):
        return Table(name, f"JSON{wrapped}", "item", list(_json_rows(text, name)))
    return Table(name, f"CSV{wrapped}", "line", _csv_rows(text, name))


def _from_zip(data: bytes, name: str, wrapped: str) -> Table:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        inside = [each for each in archive.namelist() if not each.endswith("/") and not each.startswith("__MACOSX/")]
        unpacked = archive.read(inside[0]) if len(inside) == 1 else b""
    # What a damaged archive makes of `zipfile` is not only its own exceptions.
    except Exception as error:
        raise CandleError(f"{name}: is a damaged or encrypted zip file ({error}); fetch it again or unpack it") from error
    if "[Content_Types].xml" in inside:
        raise CandleError(f"{name}: is an Excel workbook; save the sheet as CSV, with times as YYYY-MM-DD hh:mm:ss")
    if len(inside) != 1:
        raise CandleError(f"{name}: holds {len(inside)} files ({_some(inside)}); unpack it and name one of them")
    return _table(unpacked, f"{name}, {inside[0]}", f"{wrapped} in zip")


def _text(data: bytes, name: str) -> str:
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise CandleError(f"{name}: is not CSV text ({error}); name a file of candles ({KINDS})") from error
    if "\0" in text:
        raise CandleError(f"{name}: is not CSV text (it holds NUL bytes); name a file of candles ({KINDS})")
    return text


def _csv_rows(text: str, name: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), skipinitialspace=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise CandleError(f"{name}, line {reader.line_num}: is not CSV text ({error}); name a file of candles") from error


def _delimiter(text: str) -> str:
    lines = [line for line in text[: 1 << 16].splitlines() if line.strip()][:DELIMITER_SAMPLE_LINES]
    for delimiter in DELIMITERS:
        # The first line may be a title.
        if 2 * sum(line.count(delimiter) >= len(COLUMNS) - 1 for line in lines) >= max(1, len(lines) - 1):
            return delimiter
    return ","


def _json_rows(text: str, name: str) -> Iterator[Row]:
    """Yield the items of a list of rows; objects become rows after a header. Numbers stay the text that they are."""
    try:
        items = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise CandleError(f"{name}: is not JSON ({error}); name a file of candles ({KINDS})") from error
    if not isinstance(items, list):
        raise CandleError(
            f"{name}: must be a JSON list of candles; it is an object with {_some(items)}: take the list out of it"
        )
    header = list(items[0]) if items and isinstance(items[0], dict) else None
    if header is not None:
        yield 0, header
    for number, item in enumerate(items, start=1):
        if header is not None and isinstance(item, dict) and list(item) == header:
            cells: Sequence[Any] = list(item.values())
        elif header is None and isinstance(item, list):
            cells = item
        else:
            raise CandleError(f"{name}, item {number}: is not like item 1; a row is a list, or an object with the same names")
        if any(isinstance(cell, list | dict | bool) for cell in cells):
            raise CandleError(f"{name}, item {number}: holds a value that is neither a number nor text; correct the item")
        yield number, ["" if cell is None else cell for cell in cells]


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:NAMED_MAX]) + (", …" if len(listed) > NAMED_MAX else "") if listed else "nothing"


def _frame_rows(data: bytes, name: str, kind: str) -> Iterator[Row]:
    """Yield the column names of a data frame and its rows."""
    # Imported here because it takes half a second, which a CSV file does not need.
    import pandas as pd

    read = {"feather": pd.read_feather, "parquet": pd.read_parquet}[kind]
    try:
        frame = read(io.BytesIO(data))
    except ImportError as error:
        raise CandleError(
            f"{name}: reading {kind} needs pyarrow; run: pip install pyarrow, or save the candles as CSV"
        ) from error
    # What damaged metadata make of pandas and pyarrow is any exception.
    except Exception as error:
        reason = str(error).partition("\n")[0]
        raise CandleError(f"{name}: is a damaged {kind} file ({reason}); write it again") from error
    if isinstance(frame.index, pd.DatetimeIndex):
        frame = frame.reset_index(names=frame.index.name or "timestamp")
    yield 0, [str(column) for column in frame.columns]
    for number, cells in enumerate(frame.itertuples(index=False, name=None), start=1):
        yield number, [str(cell) for cell in cells]
