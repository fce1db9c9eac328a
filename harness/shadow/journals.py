"""The journals of shadows, read back: one file a process, one line for ten seconds."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from doge_shadow.journal import FAILURE, FORMAT, SLOT_SEC
from doge_shadow.settings import CANDIDATE, CONTROL
from generators.errors import ParityError
from harness.store.chain import CLOCK_SEC

# No bot makes so many calls.
COUNT_MAX = 2**53
COUNTS = ("seen", "compared", "dropped", "unsampled", "failures", "senseless", "high", "low", "excused")


class JournalError(ParityError):
    """A folder that holds no journals. The message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Hole:
    """A line of a journal that cannot be read, and the time that it may be of, in seconds since 1970."""

    path: Path
    start: float
    end: float


@dataclass(frozen=True, kw_only=True)
class Journal:
    """One process: what it compared, and its counts by minute since 1970.

    `holes` has for each line that cannot be read the first and the last minute that it may be of. `written_at` is the time of
    the last line in seconds since 1970, `ended` is whether the process ended in order.
    """

    path: Path
    subject: str
    mode: str
    sample: float
    started_at: float
    digests: Mapping[str, str]
    minutes: Mapping[int, Counter[str]] = field(default_factory=dict)
    holes: Sequence[tuple[int, int]] = ()
    written_at: float = 0.0
    ended: bool = False

    @property
    def damaged(self) -> int:
        """How many lines cannot be read."""
        return len(self.holes)

    @property
    def counts(self) -> Counter[str]:
        """The counts of all minutes."""
        return sum(self.minutes.values(), Counter())


@dataclass(frozen=True, kw_only=True)
class Journals:
    """The journals of a folder, and a sentence for each file that is none, or none that can be read."""

    read: Sequence[Journal]
    unread: Sequence[str] = ()


def journals_in(folder: Path) -> Journals:
    """All journals of a folder; one that cannot be read takes nothing from the others. Raises `JournalError`."""
    if not folder.is_dir():
        raise JournalError(f"--dir {folder}: is no folder; name the one that the bot's shadows write to")
    try:
        paths = sorted(path for path in folder.iterdir() if path.match("journal-*.jsonl"))
    except OSError as error:
        raise JournalError(f"--dir {folder}: cannot be read ({error.strerror})") from error
    read, unread = [], []
    for path in paths:
        try:
            found = journal_of(path)
        except JournalError as error:
            unread.append(str(error))
        except OSError as error:
            unread.append(f"{path}: cannot be read ({error.strerror})")
        else:
            read.append(found)
    return Journals(read=read, unread=unread)


def journal_of(path: Path) -> Journal:
    """One journal. Raises `JournalError` for a file of another format, and for one without its header.

    A header and the first counts are written at once, so that a file without them has lost some.
    """
    text, changed_at = path.read_text(encoding="utf-8", errors="replace"), path.stat().st_mtime
    lines = text.splitlines()
    header = _object(lines[0]) if lines else None
    if header is None:
        what = "its first line cannot be read" if lines else "is empty"
        raise JournalError(f"{path}: {what}, so that nobody knows what it counted; move it away once you know what was lost")
    if header.get("format") != FORMAT:
        raise JournalError(f"{path}: is not a journal of this version ({header.get('format')!r}); move it away")
    try:
        started_at = float(header["started_at"])
        found = _lines_of(lines[1:], int(started_at // SLOT_SEC), int(changed_at // SLOT_SEC))
        if header["mode"] not in (CANDIDATE, CONTROL):
            raise ValueError(header["mode"])
        return Journal(
            path=path,
            subject=str(header["subject"]),
            mode=str(header["mode"]),
            sample=float(header["sample"]),
            started_at=started_at,
            digests={str(name): str(digest) for name, digest in header["digests"].items()},
            **found,
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise JournalError(f"{path}: its first line is malformed ({error!r}); move it away") from error


def _lines_of(lines: Sequence[str], first: int, last: int) -> dict[str, Any]:
    """What the lines of a journal say that was begun in the minute `first`, and written to last in the minute `last`.

    A line that cannot be read is of a minute between those of the lines before and after it.
    """
    minutes: dict[int, Counter[str]] = {}
    holes: list[tuple[int, int]] = []
    damaged, written_at, ended = 0, 0.0, False
    for line in lines:
        given = _object(line)
        known = _counts(given)
        if given is None or known is None:
            damaged, ended = damaged + 1, False
            continue
        minute, counts = known
        minutes.setdefault(minute, Counter()).update(counts)
        written_at, ended = max(written_at, _time_of(given)), given.get("last") is True
        # A clock may have been set back meanwhile.
        holes += [(min(first, minute), max(first, minute))] * damaged
        first, damaged = max(first, minute), 0
    holes += [(first, max(first, last))] * damaged
    return {"minutes": minutes, "holes": holes, "written_at": written_at, "ended": ended}


def _object(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _counts(line: dict[str, Any] | None) -> tuple[int, dict[str, int]] | None:
    """Minute and counts of a line; None where they are not what a shadow writes, or of a minute that is still to come."""
    if line is None:
        return None
    causes = [name for name in line if name.startswith(FAILURE)]
    minute, counts = line.get("minute", -1), {name: line.get(name, 0) for name in (*COUNTS, *causes)}
    if not all(type(each) is int and 0 <= each <= COUNT_MAX for each in (minute, *counts.values())):
        return None
    return None if minute * SLOT_SEC > time.time() + CLOCK_SEC else (minute, counts)


def _time_of(line: dict[str, Any]) -> float:
    """When a line was written, in seconds since 1970; 0 where it does not say, or says what has not come yet."""
    at = line.get("to")
    return float(at) if isinstance(at, int | float) and 0 <= at <= time.time() + CLOCK_SEC else 0.0


def is_within(first: int, last: int, since: float | None, until: float | None) -> bool:
    """True if any part of the minutes from the first to the last lies within a period, in seconds since 1970."""
    return (since is None or (last + 1) * SLOT_SEC > since) and (until is None or first * SLOT_SEC < until)


def minutes_between(
    journals: Sequence[Journal], since: float | None, until: float | None
) -> Iterator[tuple[int, Counter[str]]]:
    """The counts of each minute over all journals, in order."""
    whole: dict[int, Counter[str]] = {}
    for journal in journals:
        for minute, counts in journal.minutes.items():
            if is_within(minute, minute, since, until):
                whole.setdefault(minute, Counter()).update(counts)
    yield from sorted(whole.items())
