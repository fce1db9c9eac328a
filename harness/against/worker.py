"""A process that runs small calls of one build when it is told to: `python -m harness.against.worker SUBJECT`.

It writes the names of the calls as a line of JSON. For every line `{"name": …, "calls": …}` it then writes the seconds that so
many calls took.
"""

from __future__ import annotations

import gc
import json
import sys
import time

from harness.subjects.registry import subject_called


def main(subject: str) -> None:
    """Answer lines until there are no more."""
    benchmark = subject_called(subject).benchmark
    if benchmark is None:
        sys.exit(f"the subject {subject} has no benchmark")
    # A reference may print; the answers have a stream of their own.
    answers, sys.stdout = sys.stdout, sys.stderr
    with benchmark.micro() as calls:
        print(json.dumps(list(calls)), file=answers, flush=True)
        for line in sys.stdin:
            asked = json.loads(line)
            call = calls[asked["name"]]
            gc.collect()
            started = time.perf_counter()
            for _ in range(asked["calls"]):
                call()
            print(time.perf_counter() - started, file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
