"""Processes that tests begin_process: what still runs when its test ends, passed or failed, ends with it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psutil

from harness.engine.processes import end_tree

_begun: list[subprocess.Popen[Any]] = []


def begin_process(words: Sequence[Any], **options: Any) -> subprocess.Popen[Any]:
    """`subprocess.Popen` for a process that a test may leave running, above all a test that fails."""
    _begun.append(subprocess.Popen(words, **options))
    return _begun[-1]


@contextmanager
def ending_with_their_test() -> Iterator[None]:
    """End what was begun meanwhile, with all that it has started; else the next test has its warnings."""
    yield
    while _begun:
        process = _begun.pop()
        if process.poll() is None:
            end_tree(psutil.Process(process.pid))
            process.wait()
        for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
            with suppress(BrokenPipeError):
                pipe.close()
