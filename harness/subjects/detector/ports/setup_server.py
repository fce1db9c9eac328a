"""The server process of one set-up of the processor: runs the reference on each case that a client sends, one at a time."""

from __future__ import annotations

import json
import os
import pickle
import signal
import sys
import threading
from collections import OrderedDict
from multiprocessing.connection import Connection, Listener
from typing import Any

from harness.subjects.detector.asking.calls import answer
from harness.subjects.detector.ports.modules import DetectorPort, python
from harness.subjects.detector.ports.threads import one_thread

# Many ports and mutants are judged on the same cases.
CACHED_MAX = 512


def main() -> None:
    """Print the address to connect to, and serve until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    port = python()
    if not port.availability().available:
        sys.exit(3)
    with Listener() as listener, one_thread():
        print(json.dumps(listener.address), flush=True)
        # What the reference prints must not fill a pipe that nobody reads any more.
        os.dup2(2, 1)
        threading.Thread(target=_end_with_callers, daemon=True).start()
        answers: OrderedDict[bytes, bytes] = OrderedDict()
        while True:
            try:
                with listener.accept() as connection:
                    _serve(connection, port, answers)
            except (OSError, EOFError):
                continue  # the client went away


def _serve(connection: Connection, port: DetectorPort, answers: OrderedDict[bytes, bytes]) -> None:
    question = connection.recv_bytes()
    if question not in answers:
        reply: tuple[str, Any]
        try:
            reply = ("done", answer(port, pickle.loads(question)))
        except Exception as error:
            reply = ("raised", f"{type(error).__name__}: {error}")
        answers[question] = pickle.dumps(reply)
        if len(answers) > CACHED_MAX:
            answers.popitem(last=False)
    connection.send_bytes(answers[question])


def _end_with_callers() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
