"""The tests of this checkout, suite by suite: what a report of each has to be about."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from harness import ROOT
from harness.evidence.statement import EvidenceError
from harness.evidence.suites import SuiteReport

# A group of hspec, and a function that cargo runs, within `proptest!` too.
DESCRIBED = re.compile(r'describe "([^"\\]+)"')
TESTED = re.compile(r"#\[test\](?:\s*#\[[^\]\n]*\])*\s*fn (\w+)")


@dataclass(frozen=True)
class Suite:
    """Where a suite's tests stand: patterns of files, what each file declares, and what a case of a report stands for.

    `declared` gives the names that a file, by its path in the checkout and its text, has to appear by in a report; `named`
    gives those that a case, by its class name and name, may stand for.
    """

    patterns: Sequence[str]
    declared: Callable[[Path, str], Sequence[str]]
    named: Callable[[str, str], Iterable[str]]


def _tests_of(path: Path, text: str) -> list[str]:
    """A module, and the tests that it declares, `module::test` and `module.Class::test`."""
    module = ".".join(path.with_suffix("").parts)
    try:
        body = ast.parse(text).body
    except SyntaxError:
        # pytest has an error of its own for it.
        return [module]
    groups = {
        f"{module}.{each.name}": each.body for each in body if isinstance(each, ast.ClassDef) and each.name.startswith("Test")
    }
    return [
        module,
        *(
            f"{group}::{each.name}"
            for group, declared in {module: body, **groups}.items()
            for each in declared
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name.startswith("test")
        ),
    ]


def _of_pytest(classname: str, name: str) -> Iterator[str]:
    # A module that is skipped as a whole is a case without a class.
    parts = (classname or name).split(".")
    test = name.partition("[")[0]
    for end in range(1, len(parts) + 1):
        group = ".".join(parts[:end])
        yield from (group, f"{group}::{test}")


def _of_hspec(classname: str, _name: str) -> Iterator[str]:
    parts = classname.split(".")
    for begin, end in combinations(range(len(parts) + 1), 2):
        yield ".".join(parts[begin:end])


SUITES: Mapping[str, Suite] = {
    "pytest": Suite(("tests/**/test_*.py", "tests/**/*_test.py"), _tests_of, _of_pytest),
    "haskell": Suite(("doge-core/test/*Spec.hs",), lambda _path, text: DESCRIBED.findall(text), _of_hspec),
    "rust": Suite(
        ("doge-hmm/src/**/*.rs", "doge-hmm/tests/*.rs"),
        lambda _path, text: TESTED.findall(text),
        lambda _classname, name: [name],
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
    names = {name for each in declared.values() for name in each}
    for classname, name in report.cases:
        of = names.intersection(SUITES[suite].named(classname, name))
        if not of:
            raise EvidenceError(f"{file}: {classname}::{name} is no test of {suite} of this checkout; run its own suite")
        found |= of
    return [path for path, each in declared.items() if not found.issuperset(each)]


def _declared(suite: Suite, root: Path) -> dict[str, Sequence[str]]:
    paths = sorted({path for pattern in suite.patterns for path in root.glob(pattern)})
    read = {path.relative_to(root): path.read_text(encoding="utf-8", errors="replace") for path in paths}
    found = {path.as_posix(): suite.declared(path, text) for path, text in read.items()}
    return {path: names for path, names in found.items() if names}
