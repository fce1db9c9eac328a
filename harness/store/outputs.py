"""Files that commands write for a reader: whole or not at all, and never in place of what was read."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from generators.errors import ParityError
from harness.store.database import file_of

# SQLite keeps a part of a database in files beside it.
BESIDE = ("", "-wal", "-shm", "-journal")


class WriteError(ParityError):
    """A file cannot be written, or is one that must stay as it is. The message says which and why."""


def ledger_files(url: str) -> tuple[Path, ...]:
    """The files of a ledger in SQLite, there or not; none for another database."""
    file = file_of(url)
    return () if file is None else tuple(file.with_name(file.name + end) for end in BESIDE)


def write_output(path: Path, text: str, *, inputs: Sequence[Path]) -> None:
    """Write a text in UTF-8 to a file, aside first, so that an earlier file stays until the new one is whole.

    Raises `WriteError` where `path` is one of `inputs`, by whatever name, and where it cannot be written.
    """
    refuse_inputs(path, inputs)
    try:
        # Through a link, as writing in place would.
        there = path.resolve()
        if there.exists() and not (stat.S_ISREG(there.stat().st_mode) or there.is_dir()):
            # A pipe or a terminal keeps nothing that could be lost.
            path.write_text(text, encoding="utf-8")
        else:
            _replace(there, text)
    except (OSError, RuntimeError, ValueError) as error:
        raise WriteError(f"--out {path}: cannot be written ({_said(error)}); name another file") from error


def refuse_inputs(path: Path, inputs: Sequence[Path]) -> None:
    """Raise `WriteError` where a path names one of `inputs`: the ledger, a key or another file that the command reads."""
    for each in inputs:
        if _is_same(path, each):
            raise WriteError(f"--out {path}: is the {each.name} that this command reads, and must stay; name another file")


def _is_same(one: Path, other: Path) -> bool:
    with suppress(OSError, RuntimeError, ValueError):
        if one.resolve() == other.resolve():
            return True
        return one.samefile(other)
    return False


def _replace(path: Path, text: str) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    aside = path.with_name(f".{path.name[:100]}.{os.getpid()}.part")
    try:
        with aside.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, aside)
        aside.replace(path)
    finally:
        with suppress(OSError):
            aside.unlink()


def _said(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error).partition("\n")[0]
