"""Reports of test suites, as JUnit writes them: what passed, failed and was skipped."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from harness.evidence.statement import EvidenceError

# So many failures are named in a record.
NAMED_MAX = 50
DIGITS_MAX = 15
# The attributes by which a suite tells totals, each with the part of a case that it counts.
TOTALS = {"failures": "failure", "errors": "error", "skipped": "skipped"}
# What may stand in a case.
PARTS = ("failure", "error", "skipped", "properties", "system-out", "system-err")


@dataclass
class SuiteReport:
    """The counts of a suite, and when it ran, in seconds since 1970.

    `numbers` are properties that are whole numbers, `cases` the pairs of class name and name of every test.
    """

    began_at: float
    ended_at: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    bad: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    cases: list[tuple[str, str]] = field(default_factory=list)


def read_report(file: Path) -> SuiteReport:
    """Read a report, or several one after the other in one file. Raises `EvidenceError`."""
    try:
        text, ended_at = file.read_text(encoding="utf-8"), file.stat().st_mtime
    except OSError as error:
        raise EvidenceError(f"{file}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise EvidenceError(f"{file}: is not UTF-8 ({error.reason})") from error
    report = SuiteReport(began_at=ended_at, ended_at=ended_at)
    roots = list(_documents(file, text))
    if all(next(root.iter("testsuite"), None) is None for root in roots):
        raise EvidenceError(f"{file}: is no JUnit report: it has no testsuite")
    for root in roots:
        for case in root.iter("testcase"):
            _count(file, case, report)
        for suite in root.iter():
            if suite.tag in ("testsuite", "testsuites"):
                _hold(file, suite, report)
        for each in root.iter("property"):
            if (value := _whole(each.get("value", ""))) is not None:
                name = each.get("name", "")
                # Of several that have one name, the least: none of them may be hidden by another one.
                report.numbers[name] = min(value, report.numbers.get(name, value))
    return report


def _documents(file: Path, text: str) -> Iterator[ElementTree.Element]:
    parts = [part for part in text.split("<?xml") if part.strip()]
    for part in parts or [text]:
        try:
            yield ElementTree.fromstring(part.partition("?>")[2] if "?>" in part else part)
        except ElementTree.ParseError as error:
            raise EvidenceError(f"{file}: is no JUnit report, or was cut off ({error})") from error


def _count(file: Path, case: ElementTree.Element, report: SuiteReport) -> None:
    """Count a case, wherever in the report it stands."""
    classname, name = case.get("classname", ""), case.get("name", "")
    if strange := [each.tag for each in case if each.tag not in PARTS]:
        raise EvidenceError(f"{file}: {classname}::{name} has a part {strange[0]!r}, which is none of {', '.join(PARTS)}")
    report.cases.append((classname, name))
    if any(_has(case, outcome) for outcome in ("failure", "error")):
        report.failed += 1
        report.bad.append(f"failed: {classname}::{name}")
    elif _has(case, "skipped"):
        report.skipped += 1
        report.bad.append(f"skipped: {classname}::{name}")
    else:
        report.passed += 1


def _has(case: ElementTree.Element, outcome: str) -> bool:
    return next(case.iter(outcome), None) is not None


def _hold(file: Path, suite: ElementTree.Element, report: SuiteReport) -> None:
    """Hold what a suite says of itself against the cases that it lists, at any depth."""
    cases = list(suite.iter("testcase"))
    listed = {name: sum(_has(case, outcome) for case in cases) for name, outcome in TOTALS.items()}
    tests = suite.get("tests", None if suite.tag == "testsuite" else str(len(cases)))
    # A test that fails and then errs while it is torn down is two cases for some writers.
    if (said := _whole(tests or "")) is None or not said <= len(cases) <= said + listed["errors"]:
        raise EvidenceError(f"{file}: says {tests or 'nothing'} of its number of tests, and lists {len(cases)}: it was cut off")
    for name, number in listed.items():
        if (told := suite.get(name)) is not None and _whole(told) != number:
            raise EvidenceError(f"{file}: says {told} of its number of {name}, and lists {number}; run the suite again")
    if stamp := suite.get("timestamp"):
        report.began_at = min(report.began_at, _seconds(file, stamp))


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
