"""Reports of test suites, as JUnit writes them: what passed, failed and was skipped."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from harness.evidence.statement import EvidenceError

SUITES = ("pytest", "haskell", "rust")
# So many failures are named in a record.
NAMED_MAX = 50
DIGITS_MAX = 15


@dataclass
class SuiteReport:
    """The counts of a suite, and when it ran, in seconds since 1970. `numbers` are properties that are whole numbers."""

    began_at: float
    ended_at: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    bad: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)


def read_report(file: Path) -> SuiteReport:
    """Read a report, or several one after the other in one file. Raises `EvidenceError`."""
    try:
        text, ended_at = file.read_text(encoding="utf-8"), file.stat().st_mtime
    except OSError as error:
        raise EvidenceError(f"{file}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise EvidenceError(f"{file}: is not UTF-8 ({error.reason})") from error
    report = SuiteReport(began_at=ended_at, ended_at=ended_at)
    suites = [suite for root in _documents(file, text) for suite in root.iter("testsuite")]
    if not suites:
        raise EvidenceError(f"{file}: is no JUnit report: it has no testsuite")
    for suite in suites:
        _count(file, suite, report)
    return report


def _documents(file: Path, text: str) -> Iterator[ElementTree.Element]:
    parts = [part for part in text.split("<?xml") if part.strip()]
    for part in parts or [text]:
        try:
            yield ElementTree.fromstring(part.partition("?>")[2] if "?>" in part else part)
        except ElementTree.ParseError as error:
            raise EvidenceError(f"{file}: is no JUnit report, or was cut off ({error})") from error


def _count(file: Path, suite: ElementTree.Element, report: SuiteReport) -> None:
    """Count the cases of a suite one by one, and hold the sum against what the suite says of itself."""
    cases, before = suite.findall("testcase"), report.failed
    for case in cases:
        name = f"{case.get('classname', '')}::{case.get('name', '')}"
        if case.find("failure") is not None or case.find("error") is not None:
            report.failed += 1
            report.bad.append(f"failed: {name}")
        elif case.find("skipped") is not None:
            report.skipped += 1
            report.bad.append(f"skipped: {name}")
        else:
            report.passed += 1
    said = suite.get("tests", "")
    # A test that fails and then errs while it is torn down is two cases for some writers.
    if (tests := _whole(said)) is None or tests > len(cases):
        raise EvidenceError(f"{file}: says {said or 'nothing'} of its number of tests, and lists {len(cases)}: it was cut off")
    if report.failed == before and any(_whole(suite.get(name, "0")) != 0 for name in ("failures", "errors")):
        raise EvidenceError(f"{file}: says that tests failed, and lists none that did; run the suite again")
    if stamp := suite.get("timestamp"):
        report.began_at = min(report.began_at, _seconds(file, stamp))
    for each in suite.iter("property"):
        if (value := _whole(each.get("value", ""))) is not None:
            report.numbers[each.get("name", "")] = value


def _whole(text: str) -> int | None:
    """A whole number of so few digits that a record can hold it; None for all else that Python would take for one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else None


def _seconds(file: Path, stamp: str) -> float:
    try:
        return datetime.datetime.fromisoformat(stamp).timestamp()
    except (ValueError, OverflowError) as error:
        raise EvidenceError(f"{file}: {stamp} is no time") from error


def refuse_older(file: Path, began_at: float, sources: Iterable[Path]) -> None:
    """Refuse a report of other sources than those that are here now. Raises `EvidenceError`."""
    for source in sources:
        if source.stat().st_mtime > began_at:
            raise EvidenceError(f"{file}: {source.name} was changed since these tests began; run them again")
