"""Text cells of a candle file: numbers with a decimal point or comma, times in several units, and empty cells."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from generators.candles.series import CandleError

# Spellings of a value that is not there, in lower case: of spreadsheets, Yahoo and pandas.
EMPTY = frozenset(("", "null", "none", "nan", "nat", "n/a", "-"))
# Numbers outside these years are no times of a market: row numbers, Excel's days and truncated values fall outside.
EARLIEST_SEC, LATEST_SEC = 315_532_800.0, 4_102_444_800.0
EARLIEST_YEAR, LATEST_YEAR = 1980, 2100
PER_SEC = {"seconds": 1.0, "milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}
DATES = "dates"
# ISO 8601 without separators, by the number of digits. None of these numbers lies in the years above in any unit.
BASIC_FORMATS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
# Excel counts days from here; these days are those of the years above.
EXCEL_START, EXCEL_DAYS = datetime(1899, 12, 30, tzinfo=UTC), (29_221, 73_051)
DAY_SEC = 86_400.0
YEAR_9999_SEC = 253_402_300_799.0
# A spreadsheet shows six digits of a long number, as 1.73569E+12, and writes no more of them to a file.
SPREADSHEET_DIGITS = 6

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_WITH_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_WITH_POINT = re.compile(r"[+-]?\d*\.\d+", re.ASCII)
# `1,234` may be 1.234 or 1234; `0,5` and `1,23` can only be decimals.
_MAYBE_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)


def is_empty(cell: str) -> bool:
    """Return True for a cell that holds no value."""
    return cell.lower() in EMPTY


def is_number(cell: str) -> bool:
    """Return True for a number with a decimal point or a decimal comma."""
    return bool(_NUMBER.fullmatch(cell) or _WITH_COMMA.fullmatch(cell))


def decimal_mark(name: str, cells: Iterable[tuple[str, str]]) -> str:
    """Return the decimal mark, `.` or `,`, of a file's cells, which come with their rows. Raises `CandleError`."""
    comma = point = thousands = ""
    certain = False
    for row, cell in cells:
        if _WITH_COMMA.fullmatch(cell):
            comma = comma or f"{cell!r} ({row})"
            certain |= not _MAYBE_THOUSANDS.fullmatch(cell)
        elif _WITH_POINT.fullmatch(cell):
            point = point or f"{cell!r} ({row})"
        elif "," in cell:
            thousands = thousands or f"{cell!r} ({row})"
    if comma and point:
        raise CandleError(f"{name}: has decimal commas, {comma}, and points, {point}; write all numbers with a decimal point")
    if comma and not certain:
        what = "may have a decimal comma or separate thousands; write the numbers with a decimal point"
        raise CandleError(f"{name}: {comma} {what}")
    if thousands:
        raise CandleError(f"{name}: {thousands} is not a number; write the numbers without separators of thousands")
    return "," if comma else "."


def read_number(cell: str, mark: str, column: str, where: str) -> float:
    """Read a finite number. Raises `CandleError`."""
    text = cell.replace(",", ".") if mark == "," and "." not in cell and cell.count(",") == 1 else cell
    if not _NUMBER.fullmatch(text):
        if is_empty(cell):
            what = f"is {cell!r}, which stands for no value" if cell else "is empty"
            raise CandleError(f"{where}: {column} {what}; fill the cell or remove the row")
        if re.fullmatch(r"[+-]?inf(inity)?", cell.lower()):
            raise CandleError(f"{where}: {column} {cell!r} is not finite; correct the row")
        raise CandleError(f"{where}: {column} {cell!r} is not a number; correct the row")
    number = float(text)
    if not math.isfinite(number):
        raise CandleError(f"{where}: {column} {cell!r} is not finite; correct the row")
    return number


def read_time(cell: str, where: str) -> tuple[float, str]:
    """Read a time; return it in Unix seconds, with the unit that it was given in. Raises `CandleError`.

    Numbers tell their unit by their magnitude: no number is a time between 1980 and 2100 in two units.
    """
    if not _NUMBER.fullmatch(cell):
        return _from_text(cell, where), DATES
    if cell.isdigit() and len(cell) in BASIC_FORMATS:
        try:
            moment = datetime.strptime(cell, BASIC_FORMATS[len(cell)]).replace(tzinfo=UTC)
        except ValueError:
            pass
        else:
            if EARLIEST_YEAR <= moment.year < LATEST_YEAR:
                return moment.timestamp(), DATES
    number = float(cell)
    for unit, per_sec in PER_SEC.items():
        if EARLIEST_SEC <= number / per_sec < LATEST_SEC:
            mantissa, exponent, _ = cell.lower().partition("e")
            if exponent and sum(letter.isdigit() for letter in mantissa) <= SPREADSHEET_DIGITS:
                raise CandleError(
                    f"{where}: timestamp {cell} was rounded by a spreadsheet; export the column as a whole number"
                )
            return number / per_sec, unit
    raise CandleError(f"{where}: timestamp {cell} {_refusal(number)}")


def iso(seconds: float) -> str:
    """Return a Unix time as text, to the second."""
    return datetime.fromtimestamp(round(seconds), UTC).strftime("%Y-%m-%d %H:%M:%S")


def _refusal(number: float) -> str:
    """Return what a number that is no time would be as seconds, what it may be meant as, and the remedy."""
    if abs(number) < YEAR_9999_SEC / 10:
        years = "before 1980" if number < EARLIEST_SEC else "after 2100"
        text = f"is {iso(number)} as Unix seconds, which is {years}"
    else:
        text = "is after 2100 as Unix seconds, and in no year from 1980 to 2100 as milliseconds, microseconds or nanoseconds"
    if EXCEL_DAYS[0] <= number < EXCEL_DAYS[1]:
        day = iso(EXCEL_START.timestamp() + number * DAY_SEC)
        return f"{text}; it may be an Excel date ({day}): format the column as YYYY-MM-DD hh:mm:ss, and export it again"
    if 0 <= number < 10_000_000 and number == int(number):
        return f"{text}; it may be a row number: let `timestamp` be the column that holds the time"
    return f"{text}; give Unix seconds, milliseconds, microseconds or nanoseconds, or ISO 8601"


def _from_text(cell: str, where: str) -> float:
    try:
        moment = datetime.fromisoformat(cell.removesuffix(" UTC"))
    except ValueError:
        ambiguous = re.fullmatch(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}.*", cell)
        what = "may put the day or the month first" if ambiguous else "is neither Unix time nor ISO 8601"
        raise CandleError(f"{where}: timestamp {cell!r} {what}; write it as 2023-11-10 12:00:00") from None
    seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if 0.0 <= seconds < 31 * DAY_SEC and seconds % DAY_SEC:
        # Milliseconds that were read as nanoseconds, say: all of a file falls into an hour of January 1970.
        what = "is in January 1970, as a Unix time that was read in the wrong unit; export the time anew"
        raise CandleError(f"{where}: timestamp {cell!r} {what}")
    return seconds
