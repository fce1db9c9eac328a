"""Lines are sent to a server ahead of its answers: in order, as far as a pipe holds them; a failure is its own line's."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.subjects.reducer.ports.ahead import AHEAD_BYTES
from harness.subjects.reducer.ports.base import Question
from harness.subjects.reducer.ports.process import ServerPort

# Notes how many lines it could read before its answer to the first of them; answers each line with itself, or as it says.
SERVER = """
import os, sys, time
lines, seen = [], b""
while chunk := os.read(0, 1 << 20):
    seen += chunk
    *whole, seen = seen.split(b"\\n")
    with open(sys.argv[0] + ".log", "a") as log:
        print(len(whole), file=log)
    for line in whole:
        if b"dies" in line:
            sys.exit(3)
        if b"hangs" in line:
            time.sleep(60)
        answer = b"oops" if b"garbage" in line else line + b"\\n" + line if b"twice" in line else line
        os.write(1, answer + b"\\n")
"""


@pytest.fixture
def port(tmp_path: Path) -> ServerPort:
    script = tmp_path / "server.py"
    script.write_text(SERVER, encoding="utf-8")
    return ServerPort("fake", [sys.executable, str(script)], remedy="none", timeout_sec=2.0)


def at_a_time(port: ServerPort) -> list[int]:
    return [int(count) for count in Path(f"{port.argv[1]}.log").read_text(encoding="utf-8").split()]


def questions(*words: str) -> list[Question]:
    return [Question(f'{{"{word}":1}}'.encode()) for word in words]


def test_lines_are_sent_together_and_answered_in_order(port: ServerPort) -> None:
    asked = questions(*(f"n{number}" for number in range(300)))
    assert [outcome.line for outcome in port.ask_all(asked)] == [question.line for question in asked]
    assert max(at_a_time(port)) > 100
    port.close()


def test_no_more_is_sent_than_a_pipe_holds_and_a_longer_line_alone(port: ServerPort) -> None:
    # The server would have to wait for its answers to be read, and so would the lines.
    long = "x" * (4 * AHEAD_BYTES)
    asked = questions("a", *["y" * (AHEAD_BYTES // 3)] * 100, long, "b", long)
    assert [outcome.line for outcome in port.ask_all(asked)] == [question.line for question in asked]
    assert max(at_a_time(port)) <= 3
    port.close()


def test_a_failure_is_its_own_lines_and_the_rest_is_asked_one_by_one(port: ServerPort) -> None:
    asked = questions("a", "b", "dies", "c", "d")
    outcomes = list(port.ask_all(asked))
    assert [outcome.line for outcome in outcomes] == [asked[0].line, asked[1].line, None, asked[3].line, asked[4].line]
    assert outcomes[2].cause == "died with exit code 3"
    assert at_a_time(port) == [5, 1, 1]
    port.close()


def test_who_reads_no_further_than_a_failure_asks_nothing_more(port: ServerPort) -> None:
    answers = port.ask_all(questions("dies", *["dies"] * 50))
    assert next(answers).line is None
    answers.close()  # type: ignore[attr-defined]  # a generator
    assert at_a_time(port) == [51]


@pytest.mark.parametrize(("word", "cause"), [("hangs", "timeout"), ("twice", "garbage"), ("garbage", "garbage")])
def test_every_kind_of_failure_has_its_name(port: ServerPort, word: str, cause: str) -> None:
    *before, failure = port.ask_all(questions("a", "b", word))
    assert [outcome.line for outcome in before] == [b'{"a":1}', b'{"b":1}']
    assert (failure.line, failure.cause) == (None, cause)
    port.close()


def test_an_executable_that_is_not_there_fails_at_the_first_line(tmp_path: Path) -> None:
    port = ServerPort("none", [str(tmp_path / "none")], remedy="none")
    assert [outcome.cause for outcome in port.ask_all(questions("a", "b"))] == ["died", "died"]
