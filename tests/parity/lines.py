"""Many request lines through one executable, in batches: the pipe is not what is tested."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

BATCH_LINES = 64


class Lines:
    """A running `EXE --server` that is sent whole batches of lines."""

    def __init__(self, executable: Path) -> None:
        self.process = subprocess.Popen([str(executable), "--server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def answers(self, lines: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """Each line with its answer, both with their line ends."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        remaining = iter(lines)
        while batch := list(islice(remaining, BATCH_LINES)):
            # A batch and its answers fit into the pipes' buffers, else both sides would wait for each other.
            for part in _within_pipe(batch):
                self.process.stdin.write(b"".join(part))
                self.process.stdin.flush()
                for line in part:
                    yield line, self.process.stdout.readline()

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def _within_pipe(batch: list[bytes], limit_bytes: int = 32_768) -> Iterator[list[bytes]]:
    part: list[bytes] = []
    size = 0
    for line in batch:
        if part and size + len(line) > limit_bytes:
            yield part
            part, size = [], 0
        part.append(line)
        size += len(line)
    if part:
        yield part
