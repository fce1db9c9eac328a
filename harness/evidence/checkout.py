"""The tests of this checkout, suite by suite: what a report of each has to be about."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import ROOT
from harness.evidence.statement import EvidenceError
from harness.evidence.suites import SuiteReport

# A group of hspec, and a function that cargo runs, within `proptest!` too.
DESCRIBED = re.compile(r'describe "([^"\\]+)"')
TESTED = re.compile(r"#\[test\](?:\s*#\[[^\]\n]*\])*\s*fn (\w+)")


@dataclass(frozen=True)
class Suite:
    """Where a suite's tests stand: patterns of files, what each file declares, and what a case of a report names.

    `declared` gives the names that a file, by its path in the checkout and its text, has to appear by in a report; `named`
    tells if a case, by its class name and name, is of such a name.
    """

    patterns: Sequence[str]
    declared: Callable[[Path, str], Sequence[str]]
    named: Callable[[str, str, str], bool]


def _module(path: Path, _text: str) -> list[str]:
    return [".".join(path.with_suffix("").parts)]


def _is_of_module(module: str, classname: str, name: str) -> bool:
    # A module that is skipped as a whole is a case without a class.
    return f"{classname or name}.".startswith(f"{module}.")


def _is_of_group(group: str, classname: str, _name: str) -> bool:
    return f".{group}." in f".{classname}."


SUITES: Mapping[str, Suite] = {
    "pytest": Suite(("tests/**/test_*.py", "tests/**/*_test.py"), _module, _is_of_module),
    "haskell": Suite(("doge-core/test/*Spec.hs",), lambda _path, text: DESCRIBED.findall(text), _is_of_group),
    "rust": Suite(
        ("doge-hmm/src/**/*.rs", "doge-hmm/tests/*.rs"),
        lambda _path, text: TESTED.findall(text),
        lambda function, _classname, name: name == function,
    ),
}


def files_missing(file: Path, suite: str, report: SuiteReport, root: Path = ROOT) -> list[str]:
    """The files with tests of a suite of which a report lacks some or all.

    Raises `EvidenceError` for a report that has a case of no file of this checkout, and where there is no checkout.
    """
    declared = _declared(SUITES[suite], root)
    if not declared:
        raise EvidenceError(f"{file}: there are no tests of {suite} at {root} to hold it against; record it in a checkout")
    found: set[str] = set()
    names = sorted({name for each in declared.values() for name in each})
    # Cases with equal names are asked once: a report has thousands of them.
    for classname, name in set(report.cases):
        of = {each for each in names if SUITES[suite].named(each, classname, name)}
        if not of:
            raise EvidenceError(f"{file}: {classname}::{name} is no test of {suite} of this checkout; run its own suite")
        found |= of
    return [path for path, each in declared.items() if not found.issuperset(each)]


def _declared(suite: Suite, root: Path) -> dict[str, Sequence[str]]:
    paths = sorted({path for pattern in suite.patterns for path in root.glob(pattern)})
    read = {path.relative_to(root): path.read_text(encoding="utf-8", errors="replace") for path in paths}
    found = {path.as_posix(): suite.declared(path, text) for path, text in read.items()}
    return {path: names for path, names in found.items() if names}
