"""A server with one flaw, for the adapter to survive: `flawed_server.py FLAW [--server]`.

It is the reference behind the wire until its third request of a session; what happens then is the flaw.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from reducer.wire import handle_line, with_sessions

GOOD_REQUESTS = 3


def spoil(flaw: str, answer: bytes) -> bytes:
    """What the flaw makes of an answer."""
    if flaw == "dies":
        sys.exit(70)
    if flaw == "hangs":
        time.sleep(3600)
    if flaw == "floods-stderr":
        for _ in range(100):
            os.write(2, b"x" * 65536 + b"\n")
        return answer
    if flaw == "half-line":
        sys.stdout.buffer.write(answer[: len(answer) // 2])
        sys.stdout.buffer.flush()
        sys.exit(0)
    if flaw == "garbage":
        return b"\x00\xff not json\n"
    if flaw == "two-lines":
        return answer + answer
    if flaw == "no-object":
        return b"[]\n"
    if flaw == "internal-error":
        return b'{"error":"boom","kind":"InternalError"}\n'
    return _lie(flaw, answer)


def _lie(flaw: str, answer: bytes) -> bytes:
    """A well-formed answer that is not true."""
    plain = json.loads(answer)
    if flaw == "wrong-value" and "set" in plain:
        plain["set"]["now"] = plain["set"].get("now", 0.0) + 1.0
    elif flaw == "int-for-float" and "set" in plain:
        plain["set"]["total_fees"] = 0
    elif flaw == "int-in-a-row" and "orders" in plain:
        plain["orders"] = [
            [0 if value == 0.0 else value for value in row] if isinstance(row, list) else row for row in plain["orders"]
        ]
    elif flaw == "forgets-a-change" and "set" in plain:
        plain["set"].pop("now", None)
    elif flaw == "unknown-field" and "set" in plain:
        plain["set"]["surprise"] = 1.0
    elif flaw == "missing-key":
        plain.pop("actions", None)
    elif flaw == "unknown-action" and "actions" in plain:
        plain["actions"] = [["ExplodeAction", 1]]
    return json.dumps(plain).encode() + b"\n"


def main(flaw: str, serve: bool) -> None:
    """Serve standard input."""
    methods = with_sessions()
    if flaw == "wrong-contract":
        methods["describe"] = lambda _: {"contract_hash": "0" * 16}
    if flaw == "never-reads":
        time.sleep(3600)
    for requests, line in enumerate(sys.stdin.buffer, start=1):
        answer = handle_line(line, methods)
        if requests > GOOD_REQUESTS or not serve:
            answer = spoil(flaw, answer)
        sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()
        if not serve:
            break


if __name__ == "__main__":
    main(sys.argv[1], "--server" in sys.argv)
