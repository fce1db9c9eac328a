"""A server that is sent the next lines before it has answered the last one, so that neither side waits at every line."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from doge_core.client import Server
from doge_core.errors import ServerError, ServerGarbageError

# What a pipe holds for sure while the server does not read, so that sending never waits for the server, which may itself wait
# for its answers to be read.
AHEAD_BYTES = 1 << 14
_CHUNK_BYTES = 1 << 16


class AheadServer(Server):
    """The production client's server for lines that have nothing to do with each other."""

    def request_some(self, lines: Sequence[bytes]) -> tuple[list[bytes], ServerError | None]:
        """Return the answers to the lines, in order, up to the first that failed, and how that failed.

        The lines have at most `AHEAD_BYTES` together, or there is only one. A server that failed is killed.
        """
        if len(lines) == 1:
            try:
                return [self.request(lines[0])], None
            except ServerError as error:
                return [], error
        answers: list[bytes] = []
        try:
            self._receive(lines, answers)
        except ServerError as error:
            self.kill()
            return answers, error
        except (OSError, ValueError):
            self.kill()
            return answers, self._death()
        except BaseException:
            self.kill()
            raise
        self.deadline = None
        return answers, None

    def _receive(self, lines: Sequence[bytes], answers: list[bytes]) -> None:
        self.deadline = time.monotonic() + self.timeout_sec
        data = b"\n".join(lines) + b"\n"
        self._write_on(data, 0)
        rest = b""
        while len(answers) < len(lines):
            chunk = os.read(self._read_fd, _CHUNK_BYTES)
            if not chunk:
                raise self._death()
            *whole, rest = (rest + chunk).split(b"\n")
            answers += whole
            if whole:
                # Each answer has the whole time.
                self.deadline = time.monotonic() + self.timeout_sec
        if rest or len(answers) > len(lines):
            del answers[len(lines) - 1 :]
            raise ServerGarbageError(f"{self.argv[0]}: answered more than one line")
