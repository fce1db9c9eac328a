"""Reports of test suites: every case counts, totals are held against them, and a report is of this checkout's own suite."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from harness import ROOT
from harness.evidence.book import read_book
from harness.evidence.checkout import SUITES, files_missing
from harness.evidence.statement import Evidence, EvidenceError
from harness.evidence.suites import read_report
from harness.store.ledger import Ledger
from tests.gate.test_certificate import parity

FAILED = '<testcase classname="a" name="x"><failure/></testcase>'
PASSED = '<testcase classname="a" name="b"/>'


def written(folder: Path, text: str) -> Path:
    file = folder / "r.xml"
    file.write_text(text, encoding="utf-8")
    return file


def suite_of(cases: Sequence[tuple[str, str]], attributes: str = "") -> str:
    """A report of cases that passed."""
    listed = "".join(f'<testcase classname="{classname}" name="{name}"/>' for classname, name in cases)
    return f'<testsuites><testsuite tests="{len(cases)}"{attributes}>{listed}</testsuite></testsuites>'


def whole(suite: str, root: Path = ROOT) -> list[tuple[str, str]]:
    """A case for each name that the files of a suite declare."""
    of = SUITES[suite]
    paths = sorted({path for pattern in of.patterns for path in root.glob(pattern)})
    names = [name for path in paths for name in of.declared(path.relative_to(root), path.read_text(encoding="utf-8"))]
    return [_case(name) for name in names]


def _case(declared: str) -> tuple[str, str]:
    group, _, test = declared.partition("::")
    return group, f"{test}[7.5-x]" if test else group


@pytest.mark.parametrize(
    "text",
    [
        f'<testsuites><testsuite tests="1">{PASSED}</testsuite>{FAILED}</testsuites>',
        f'<testsuite tests="2">{PASSED}<group>{FAILED}</group></testsuite>',
        f'<testsuites><testsuite tests="2">{PASSED}<testsuite tests="1">{FAILED}</testsuite></testsuite></testsuites>',
        f'<testsuite tests="2">{PASSED}{FAILED.replace("<failure/>", "<system-out><error/></system-out>")}</testsuite>',
    ],
)
def test_a_failure_counts_wherever_it_stands(text: str, tmp_path: Path) -> None:
    found = read_report(written(tmp_path, text))
    assert (found.passed, found.failed, found.bad) == (1, 1, ["failed: a::x"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'<testsuite tests="1" skipped="7">{PASSED}</testsuite>', "says 7 of its number of skipped, and lists 0"),
        (f'<testsuite tests="1" failures="1">{PASSED}</testsuite>', "says 1 of its number of failures, and lists 0"),
        (f'<testsuite tests="1" errors="x">{PASSED}</testsuite>', "says x of its number of errors, and lists 0"),
        (f'<testsuite tests="1" failures="0">{FAILED}</testsuite>', "says 0 of its number of failures, and lists 1"),
        (f'<testsuite tests="1">{PASSED}{PASSED}</testsuite>', "says 1 of its number of tests, and lists 2"),
        (f'<testsuites tests="2"><testsuite tests="1">{PASSED}</testsuite></testsuites>', "says 2 of its number of tests"),
        (f"<testsuite>{PASSED}</testsuite>", "says nothing of its number of tests, and lists 1"),
        ('<testsuite tests="1"><testcase name="b"><x:failure xmlns:x="y"/></testcase></testsuite>', "has a part '{y}failure'"),
    ],
)
def test_totals_are_held_against_what_is_listed(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(EvidenceError) as refused:
        read_report(written(tmp_path, text))
    assert said in str(refused.value)


def test_a_test_that_fails_and_errs_while_it_is_torn_down_may_be_two_cases(tmp_path: Path) -> None:
    twice = FAILED + FAILED.replace("failure", "error")
    found = read_report(written(tmp_path, f'<testsuite tests="1" failures="1" errors="1">{twice}</testsuite>'))
    assert (found.passed, found.failed) == (0, 2)


@pytest.mark.parametrize("suite", SUITES)
def test_a_report_is_of_the_suite_that_it_is_recorded_as(suite: str, tmp_path: Path) -> None:
    file = written(tmp_path, suite_of([("other.project", f"test_{number}") for number in range(2600)]))
    with pytest.raises(EvidenceError, match=rf"is no test of {suite} of this checkout"):
        files_missing(file, suite, read_report(file))
    for other in SUITES:
        mine = written(tmp_path, suite_of(whole(other)))
        if other == suite:
            assert files_missing(mine, suite, read_report(mine)) == []
        else:
            with pytest.raises(EvidenceError, match="is no test of"):
                files_missing(mine, suite, read_report(mine))


@pytest.mark.parametrize("suite", SUITES)
def test_a_file_that_was_not_run_is_named(suite: str, tmp_path: Path) -> None:
    # Without the first that it declares; each test of a module stands for the module too, which is the first name of it.
    cases = whole(suite)[2 if suite == "pytest" else 1 :]
    file = written(tmp_path, suite_of(cases))
    assert len(files_missing(file, suite, read_report(file))) == 1


def test_a_class_and_a_module_skipped_as_a_whole_are_of_their_module(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    for name in ("test_a.py", "test_b.py", "test_ab.py"):
        (tmp_path / "tests" / name).touch()
    file = written(tmp_path, suite_of([("tests.test_a.TestX", "test_y"), ("", "tests.test_b")]))
    assert files_missing(file, "pytest", read_report(file), tmp_path) == ["tests/test_ab.py"]


def test_a_test_that_was_not_run_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    text = "def test_a(): ...\nasync def test_b(): ...\nclass TestC:\n    def test_d(self): ...\ndef helper(): ...\n"
    (tmp_path / "tests" / "test_x.py").write_text(text, encoding="utf-8")
    cases = [("tests.test_x", "test_a[x[0]]"), ("tests.test_x", "test_b"), ("tests.test_x.TestC", "test_d")]
    for left_out, missing in ((None, []), *((each, ["tests/test_x.py"]) for each in cases)):
        file = written(tmp_path, suite_of([each for each in cases if each != left_out]))
        assert files_missing(file, "pytest", read_report(file), tmp_path) == missing
    # A module that is skipped as a whole was not run.
    file = written(tmp_path, suite_of([("", "tests.test_x")]))
    assert files_missing(file, "pytest", read_report(file), tmp_path) == ["tests/test_x.py"]
    # pytest has an error for a file that is no Python.
    (tmp_path / "tests" / "test_x.py").write_text("def test_a(:\n", encoding="utf-8")
    file = written(tmp_path, suite_of([("", "tests.test_x")]))
    assert files_missing(file, "pytest", read_report(file), tmp_path) == []


def test_without_a_checkout_no_report_is_recorded(tmp_path: Path) -> None:
    file = written(tmp_path, suite_of(whole("pytest")))
    with pytest.raises(EvidenceError, match="record it in a checkout"):
        files_missing(file, "pytest", read_report(file), tmp_path / "nowhere")


def recorded(folder: Path, suite: str, text: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, list[Evidence]]:
    """The exit code, what was printed and the records of `evidence tests`."""
    url, file = f"sqlite:///{folder / 'l.sqlite'}", written(folder, text)
    code, out, err = parity(capsys, "evidence", "tests", suite, str(file), "--ledger", url)
    ledger = Ledger(url)
    entries = read_book(ledger).entries
    ledger.close()
    return code, out + err, [each.evidence for each in entries if each.evidence is not None]


def test_properties_are_kept_apart_from_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    properties = "".join(f'<property name="{name}" value="99999"/>' for name in ("passed", "failed", "files_missing"))
    again = '<property name="passed" value="7"/>'
    text = suite_of(whole("rust")).replace("<testcase", f"<properties>{again}{properties}</properties><testcase", 1)
    code, _, (found,) = recorded(tmp_path, "rust", text, capsys)
    assert code == 0
    assert [found.figure(name) for name in ("passed", "failed", "files_missing")] == [len(whole("rust")), 0, 0]
    # The least of several: none of them is hidden by another one.
    assert [found.figure(f"property {name}") for name in ("passed", "failed")] == [7, 99999]


def test_a_record_says_how_many_files_were_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left_out = sorted({classname for classname, _ in whole("pytest")})[:2]
    cases = [each for each in whole("pytest") if each[0] not in left_out]
    code, said, (found,) = recorded(tmp_path, "pytest", suite_of(cases), capsys)
    assert (code, found.figure("files_missing")) == (0, 2)
    assert found.details["files_missing"] == [f"{each.replace('.', '/')}.py" for each in left_out]
    assert said.count("NOT RUN") == 2


def test_every_file_that_has_to_appear_in_a_report_has_tests() -> None:
    of = SUITES["pytest"]
    paths = {path for pattern in of.patterns for path in ROOT.glob(pattern)}
    declared = {path.name: of.declared(path.relative_to(ROOT), path.read_text(encoding="utf-8")) for path in paths}
    assert [name for name, names in declared.items() if len(names) < 2] == []
