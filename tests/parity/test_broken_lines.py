"""Lines that are no request: the reference and the ports have the same limits, and say the same word for word."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from reducer.wire import handle_line, with_sessions
from reducer.wire_text import LINE_BYTES_MAX, read_line
from tests.faults.hostile import hostile_lines, of_a_session, seeds
from tests.parity.lines import Lines

LINES = 20_000
DESCRIBE = b'{"method":"derive_phase","state":{}}'

BROKEN = (
    b"", b" \t\r", b"[", b"{", b"[1", b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,', b"[1,]", b"[1 2]", b'{"a" 1}',
    b'{"a":1 "b":2}', b"{1:2}", b"nul", b"tru", b"Infinit", b"-Inf", b"-", b"-x", b"+1", b"01", b"-01", b"1.", b"1.e5", b".5",
    b"1e", b"1e+", b"1e-x",
    b'"', b'"\\', b'"\\x"', b'"\\u12"', b'"\\u12g4"', b'"\x1f"', b'"\xff"', b'"\xc0\x80"', b'"\xed\xa0\x80"',
    b'"\xf4\x90\x80\x80"',
    b'"\xe2\x82"', b'"\xf0\x9f\x98', b"\xff", b"\xef\xbb\xbf{}", b"\xef\xbb\xbf", b"1 1", b"{}x", b"\x00", b"{}\x00",
    DESCRIBE.decode().encode("utf-16"), DESCRIBE.decode().encode("utf-16-le"), DESCRIBE.decode().encode("utf-32"),
    b"[" * 64 + b"x", b"[" * 65, b'{"a":' * 64 + b"[", b"[" * 64 + b"]" * 64, b"[" * 100_000, b"9" * 5000, b"0." + b"1" * 5000,
    b"1e" + b"0" * 5000, b"-" + b"1" * 1100, b"[" * 70 + b"1" * 1200, b"1" * 1200 + b"[" * 70,
)  # fmt: skip


@pytest.fixture(params=["executable", "rust_executable"], ids=["haskell", "rust"])
def port(request: pytest.FixtureRequest) -> Path:
    """The executable of a port."""
    found: Path = request.getfixturevalue(request.param)
    return found


def told_apart(executable: Path, lines: list[bytes]) -> dict[bytes, tuple[object, object]]:
    """The lines that the reference and the server answer differently, with both answers."""
    methods, found = with_sessions(), {}
    with Lines(executable) as server:
        for line, answer in server.answers(lines):
            ours, theirs = json.loads(handle_line(line, methods)), json.loads(answer)
            # What a port says of itself has its own name in it.
            if ours != theirs and "contract" not in ours:
                found[line[:200]] = ours, theirs
    return found


def test_every_broken_line_is_told_in_the_same_words(port: Path) -> None:
    assert told_apart(port, [line + b"\n" for line in BROKEN]) == {}


def test_hostile_lines_are_answered_alike(port: Path) -> None:
    assert told_apart(port, list(islice(hostile_lines(seed=5), LINES))) == {}


def test_a_line_alone_has_no_session(port: Path) -> None:
    for line in (*of_a_session(), *seeds()):
        answer = json.loads(subprocess.run([port], input=line + b"\n", capture_output=True, check=False).stdout)
        # What a port says of itself has its own name in it.
        assert "contract" in answer or answer == json.loads(handle_line(line)), line


@pytest.mark.parametrize("line", BROKEN, ids=lambda line: repr(line[:16]))
def test_every_broken_line_is_refused_without_a_line_end_too(line: bytes) -> None:
    answer = json.loads(handle_line(line))
    assert answer == json.loads(handle_line(line + b"\n"))
    assert answer["kind"] == "RequestError"
    assert answer["error"].startswith("request: ")


def test_brackets_and_digits_within_texts_are_no_nesting_and_no_number() -> None:
    text = "[{" * 100 + '\\"' + "]}" * 3 + "7" * 2000
    assert read_line(f'{{"a":"{text}","b":[1,{{}}]}}'.encode()) == {"a": text.replace("\\", ""), "b": [1, {}]}


def test_a_line_too_long_is_refused_and_the_next_one_is_answered(port: Path) -> None:
    longest = DESCRIBE + b" " * (LINE_BYTES_MAX - len(DESCRIBE))
    lines = b"\n".join([longest, longest + b" ", longest * 2, DESCRIBE, b""])
    for command in ([sys.executable, "-m", "reducer.wire"], [str(port)]):
        done = subprocess.run([*command, "--server"], input=lines, capture_output=True, check=True)
        phase, *refused, last = map(json.loads, done.stdout.splitlines())
        assert phase == last == {"phase": "S0"}, command
        assert [each["error"] for each in refused] == ["request: longer than 67108864 bytes"] * 2, command
