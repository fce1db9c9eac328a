"""A candidate that is bad in one way after its first answers: `bad_candidate.py HOW --server`."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from reducer.wire import handle_line, with_sessions

HOWS = ("hang", "crash", "garbage", "late", "leak", "cpu")
GOOD_ANSWERS, CRASH_EVERY, LATE_SEC, LEAK_BYTES = 5, 50, 0.2, 2**20


def spin() -> None:
    """Take all of a CPU for as long as the parent lives."""
    parent = os.getppid()
    while os.getppid() == parent:
        pass


def main(how: str) -> None:
    """Serve standard input."""
    methods, leaked = with_sessions(), []
    if how == "cpu":
        for _ in range(os.cpu_count() or 1):
            multiprocessing.Process(target=spin, daemon=True).start()
    for number, line in enumerate(sys.stdin.buffer, start=1):
        answer = handle_line(line, methods)
        if number > GOOD_ANSWERS:
            if how == "hang":
                time.sleep(3600.0)
            elif how == "crash" and number % CRASH_EVERY == 0:
                os.abort()
            elif how == "garbage":
                answer = b"\x00\xff not json\n"
            elif how == "late":
                time.sleep(LATE_SEC)
            elif how == "leak":
                leaked.append(bytearray(b"x") * LEAK_BYTES)
        sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1])
