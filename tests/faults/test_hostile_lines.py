"""No line ends the server or wedges it: every answer is one line of JSON, and its memory stays flat."""

from __future__ import annotations

import json
import os
from collections import Counter
from itertools import islice
from pathlib import Path

import psutil

from tests.faults.hostile import hostile_lines, seeds
from tests.parity.lines import Lines

# A million takes half a minute; fewer are for trying things out.
LINES = int(os.environ.get("DOGE_HOSTILE_LINES", "1000000"))
GROWTH_MAX_BYTES = 24 << 20


def test_it_lives_answers_json_and_stays_small(executable: Path) -> None:
    kinds: Counter[str] = Counter()
    with Lines(executable) as server:
        process = psutil.Process(server.process.pid)
        warm_bytes = 0
        for index, (line, answer) in enumerate(server.answers(islice(hostile_lines(seed=9), LINES))):
            assert answer.endswith(b"\n"), f"no answer to {line[:200]!r}"
            plain = json.loads(answer, parse_constant=_refuse)
            assert isinstance(plain, dict)
            kinds[plain.get("kind", "answer")] += 1
            if index == LINES // 10:
                warm_bytes = process.memory_info().rss
        assert process.memory_info().rss - warm_bytes < GROWTH_MAX_BYTES
        assert server.process.poll() is None
    assert kinds.keys() <= {"answer", "RequestError", "ValueError", "TypeError", "OverflowError"}, kinds
    assert kinds["answer"] > LINES // 20
    assert kinds["RequestError"] > LINES // 20
    assert kinds["ValueError"] > LINES // 50


def test_a_line_longer_than_the_limit_is_refused_and_not_held(executable: Path) -> None:
    with Lines(executable) as server:
        process = psutil.Process(server.process.pid)
        assert server.process.stdin is not None
        assert server.process.stdout is not None
        list(server.answers(seed + b"\n" for seed in seeds()))
        before_bytes = process.memory_info().rss
        for _ in range(20):
            server.process.stdin.write(b"[" * (16 << 20))
        server.process.stdin.write(b"\n")
        server.process.stdin.flush()
        assert json.loads(server.process.stdout.readline())["error"] == "request: longer than 67108864 bytes"
        peak_bytes = process.memory_info().rss
        assert peak_bytes - before_bytes < 160 << 20, "the line was held"
        ((_, answer),) = server.answers([b'{"method":"describe"}\n'])
        assert json.loads(answer)["subject"] == "reducer"


def _refuse(token: str) -> None:
    raise AssertionError(f"{token} is not JSON")
