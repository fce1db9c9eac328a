"""Appends lines to a file that processes share."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path


def append(data: bytes, path: Path, most: int) -> None:
    """Append lines in one write, so that processes do not write into each other's; the file's folder is made.

    Nothing here waits for a reader. Raises `OSError` for what is no file, holds more than `most` bytes, or takes not all.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():
        raise OSError(0, "is no file")
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0), 0o644)
    try:
        known = os.fstat(number)
        if not stat.S_ISREG(known.st_mode):
            raise OSError(0, "is no file")
        if known.st_size > most:
            raise OSError(0, f"holds more than {most // 2**20} MiB; move it away")
        if known.st_size and _last_byte(path) != b"\n":
            # A line that a full disk or a kill cut off must not take the next one with it.
            data = b"\n" + data
        if os.write(number, data) != len(data):
            raise OSError(0, "took only a part of a line")
    finally:
        os.close(number)


def file_number(path: Path) -> tuple[int, int] | None:
    """Device and number of a file, by which another one in its place is known; None where there is none."""
    try:
        known = path.stat()
    except OSError:
        return None
    return known.st_dev, known.st_ino


def _last_byte(path: Path) -> bytes:
    with contextlib.suppress(OSError), path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)
    return b"\n"
