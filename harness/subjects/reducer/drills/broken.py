"""A candidate that is broken in one way, after its first answers: `broken.py HOW --server`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4]))

from reducer.wire import handle_line, with_sessions

GOOD_ANSWERS = 5
SLOW_SEC = 0.2
LEAK_BYTES = 64 * 2**20


def main(how: str) -> None:
    """Serve standard input."""
    methods, leaked = with_sessions(), []
    for number, line in enumerate(sys.stdin.buffer, start=1):
        answer = handle_line(line, methods)
        if number > GOOD_ANSWERS and how == "lies":
            plain = json.loads(answer)
            if "set" in plain:
                plain["set"]["now"] = plain["set"].get("now", 0.0) + 1.0
            answer = json.dumps(plain).encode() + b"\n"
        elif number > GOOD_ANSWERS and how == "slow":
            time.sleep(SLOW_SEC)
        elif number > GOOD_ANSWERS and how == "leaks":
            leaked.append(bytearray(b"x") * LEAK_BYTES)
        sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1])
