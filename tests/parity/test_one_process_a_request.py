"""A port that starts a process for each request: several at a time, in order, and a line that agreed is not asked again."""

from __future__ import annotations

from pathlib import Path

import pytest

from golden.reducer.corpus import golden_cases
from harness.subjects.reducer.ports.base import Question
from harness.subjects.reducer.ports.process import OneshotPort
from harness.subjects.reducer.ports.python import REMEMBERED, PythonPort
from harness.subjects.reducer.requests import thorough_requests
from harness.subjects.reducer.thorough import compare_methods

# Notes each request, and answers with it; the first of two waits, so that the second overtakes it.
SCRIPT = """#!/bin/sh
read -r line
echo "$line" >>"$0.log"
case "$line" in *even*) sleep 0.05 ;; esac
printf '{"told": %s}\\n' "$line"
"""


@pytest.fixture
def port(tmp_path: Path) -> OneshotPort:
    exe = tmp_path / "exe"
    exe.write_text(SCRIPT, encoding="utf-8")
    exe.chmod(0o755)
    return OneshotPort("fake", [str(exe)], remedy="none")


def asked(port: OneshotPort) -> list[bytes]:
    return Path(f"{port.argv[0]}.log").read_bytes().splitlines()


def answer_to(line: bytes) -> bytes:
    return b'{"told": ' + line + b"}"


def test_answers_come_in_the_order_of_the_questions(port: OneshotPort) -> None:
    lines = [b'"%s %d"' % (b"odd" if number % 2 else b"even", number) for number in range(30)]
    outcomes = list(port.ask_all([Question(line) for line in lines]))
    assert [outcome.line for outcome in outcomes] == [answer_to(line) for line in lines]
    assert sorted(asked(port)) == sorted(lines)


def test_only_a_line_that_agreed_is_not_asked_again(port: OneshotPort) -> None:
    agrees, differs, once = b'"agrees"', b'"differs"', b'"once"'
    questions = [
        Question(agrees, answer_to(agrees), always=True),
        Question(differs, b"{}", always=True),
        Question(once, answer_to(once)),
    ]
    for _ in range(3):
        outcomes = list(port.ask_all(questions))
        assert [outcome.line for outcome in outcomes] == [answer_to(line) for line in (agrees, differs, once)]
    assert sorted(asked(port)) == [agrees, *[differs] * 3, *[once] * 3]
    # What is wanted may have changed since.
    assert port.repeat(agrees, b"{}").line == answer_to(agrees)
    assert asked(port).count(agrees) == 2


def test_what_fails_is_not_kept_and_ends_the_comparison(port: OneshotPort) -> None:
    Path(port.argv[0]).write_text('#!/bin/sh\necho x >>"$0.log"\nexit 3\n', encoding="utf-8")
    reference, case = PythonPort(), next(iter(golden_cases()))
    answer = reference.replay(case).answer
    (found, *more) = compare_methods(case=case, answer=answer, reference_port=reference, port=port)
    assert (found.kind, more) == ("error", [])
    assert len(asked(port)) < len(list(thorough_requests(case, answer))) / 2
    assert port.repeat(b"{}", b"{}").line is None


def test_the_reference_remembers_more_than_a_case_asks() -> None:
    reference = PythonPort()
    for case in golden_cases()[:40]:
        assert len(list(thorough_requests(case, reference.replay(case).answer))) + len(case.events) < REMEMBERED / 2
