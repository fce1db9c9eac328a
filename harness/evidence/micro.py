"""The JSON report of pytest-benchmark: small calls by subject and name."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.evidence.statement import EvidenceError


class _Stats(msgspec.Struct):
    median: float
    q1: float
    q3: float


class _Benchmark(msgspec.Struct):
    stats: _Stats
    extra_info: dict[str, str]


class _Report(msgspec.Struct):
    datetime: datetime.datetime
    benchmarks: list[_Benchmark]


@dataclass(frozen=True)
class Timed:
    """Seconds of a call: the median, and the quartiles around it."""

    median: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class MicroReport:
    """Calls by subject and name, and when they were timed, in seconds since 1970."""

    began_at: float
    ended_at: float
    calls: dict[str, dict[str, Timed]]


def read_micro(file: Path) -> MicroReport:
    """Read a report. Raises `EvidenceError`."""
    try:
        report = msgspec.json.decode(file.read_bytes(), type=_Report)
        ended_at = file.stat().st_mtime
    except OSError as error:
        raise EvidenceError(f"{file}: cannot be read ({error.strerror})") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise EvidenceError(f"{file}: is no report of pytest-benchmark ({error})") from error
    calls: dict[str, dict[str, Timed]] = {}
    for each in report.benchmarks:
        stats, named = each.stats, each.extra_info
        if "subject" in named and "call" in named:
            calls.setdefault(named["subject"], {})[named["call"]] = Timed(stats.median, stats.q1, stats.q3)
    if not calls:
        raise EvidenceError(f"{file}: has no call of a subject; it is what tox -e micro writes")
    try:
        began_at = report.datetime.timestamp()
    except (ValueError, OverflowError) as error:
        raise EvidenceError(f"{file}: $.datetime is no time that a clock of this machine shows ({error})") from error
    return MicroReport(began_at=min(began_at, ended_at), ended_at=ended_at, calls=calls)
