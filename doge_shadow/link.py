"""Messages between a shadow and its candidate's process: a length in eight bytes, and so many bytes."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
import weakref

_LENGTH = struct.Struct("<Q")
# A longer message is none.
MESSAGE_BYTES_MAX = 2**28


class Link:
    """One end of a socket, on which whole messages are sent and received."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        # When no thread can be waiting any more; nobody else knows when that is. Not at the interpreter's exit, where what
        # still waits is compared: finalizers are called before the shadows are stopped.
        weakref.finalize(self, end.close).atexit = False

    def send(self, message: bytes, deadline: float | None = None) -> None:
        """Send a message. Raises `TimeoutError` after the deadline (of `time.monotonic`), `OSError` where nobody is left."""
        self._limit(deadline)
        self._end.sendall(_LENGTH.pack(len(message)) + message)

    def receive(self, deadline: float | None = None) -> bytes:
        """Wait for a message. Raises `TimeoutError`, `EOFError` at the end, `OSError`, `ValueError` for an absurd length."""
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size, deadline))
        if length > MESSAGE_BYTES_MAX:
            raise ValueError(f"a message of {length} bytes")
        return self._exactly(length, deadline)

    def _exactly(self, count: int, deadline: float | None) -> bytes:
        found = bytearray()
        while len(found) < count:
            self._limit(deadline)
            part = self._end.recv(min(count - len(found), 2**20))
            if not part:
                raise EOFError
            found += part
        return bytes(found)

    def _limit(self, deadline: float | None) -> None:
        if deadline is None:
            return
        left = deadline - time.monotonic()
        if left <= 0.0:
            raise TimeoutError
        self._end.settimeout(left)

    def shut(self) -> None:
        """End the connection for both sides, also for whoever waits for a message in another thread."""
        with contextlib.suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)

    def drop(self) -> None:
        """Close this process's end, and leave the connection to a process that has the end as well."""
        self._end.close()
