"""What a shadow writes down: how much of each minute was compared, and one file for each kind of divergence.

One journal a process, so that several processes and restarts add up. A line is added with the first call, then every ten
seconds with a call, and holds what was counted since the line before; the last one says that it is the last. A process that is
killed loses ten seconds, of which nobody knows how many calls they had: the minutes that they may lie in are not covered.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doge_shadow.settings import ShadowSettings

if TYPE_CHECKING:
    from doge_shadow.face import Found

FORMAT = "doge-shadow journal 1"
FLUSH_SEC, SLOT_SEC = 10.0, 60.0
# Begins the name of a count of failures by one cause.
FAILURE = "failure:"
MIB = 2**20
# So much more than it allows is kept for lines: what was counted must not be lost where there is no room for a find.
RESERVE_BYTES = MIB


class Journal:
    """The journal of one process. A disk that takes nothing is counted, and costs only the journal."""

    def __init__(self, name: str, settings: ShadowSettings, identity: dict[str, str]) -> None:
        started = time.time()
        self.folder = settings.folder
        self.path = self.folder / f"journal-{name}-{platform.node()}-{os.getpid()}-{int(started * 1000)}.jsonl"
        self.identity = dict(identity)
        self._failure: str | None = None
        self._header = {
            "format": FORMAT,
            "subject": name,
            "host": platform.node(),
            "pid": os.getpid(),
            "started_at": started,
            "mode": settings.mode,
            "sample": settings.sample,
            "digests": self.identity,
        }
        # A find of another build is another find.
        self._build = hashlib.sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()[:8]
        self._tried = False
        self._keep_at: dict[Path, float] = {}
        self._counts: Counter[str] = Counter()
        self._since = started
        self._disk_bytes = int(settings.disk_mib * MIB)
        self._full = f"{self.folder}: holds as much as {settings.prefix}_SHADOW_DISK_MIB allows; move its files away"

    def count(self, name: str, number: int = 1) -> None:
        """Count something that belongs to the present line."""
        if number:
            self._counts[name] += number

    def flush(self, at: float, *, now: bool = False, last: bool = False) -> None:
        """Add a line, if it is time for one, or `now`, or if it is the `last`.

        A line reaches into the next minute only by a comparison that was going on when the minute ended.
        """
        due = not self._tried or at - self._since >= FLUSH_SEC or at // SLOT_SEC != self._since // SLOT_SEC
        if not (due or now or last):
            return
        if self._counts or last:
            self._tried = True
            line = {"minute": int(self._since // SLOT_SEC), "from": self._since, "to": at, **self._counts}
            if self._append({**line, "last": True} if last else line):
                self._counts.clear()
            else:
                # What cannot be shown to have been compared was not; what was found is told as soon as it can be.
                self._counts.pop("compared", None)
        self._since = at

    def failure(self) -> str | None:
        """What could not be written since this was asked last, if anything."""
        failure, self._failure = self._failure, None
        return failure

    def _append(self, line: dict[str, Any]) -> bool:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            used = self._used()
            if used >= self._disk_bytes:
                # Counted in the very line, for whoever reports on the journals.
                self._failure, cause = self._full, f"{FAILURE}journal"
                line |= {"failures": line.get("failures", 0) + 1, cause: line.get(cause, 0) + 1}
            # Somebody may have moved the file away meanwhile: what follows is a journal of its own.
            lines = [line] if self._size() else [self._header, line]
            text = "".join(json.dumps(each, sort_keys=True) + "\n" for each in lines)
            if used + len(text) > self._disk_bytes + RESERVE_BYTES:
                self._failure = self._full
                return False
            self._add(text)
        except OSError as error:
            self._failure = f"{self.path}: cannot be written ({error.strerror})"
            return False
        return True

    def _add(self, text: str) -> None:
        """Add lines, or nothing: a part of a line that a full disk takes would spoil the next one."""
        before = self._size()
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError:
            with contextlib.suppress(OSError):
                os.truncate(self.path, before)
            raise

    def _size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def _used(self) -> int:
        return sum(each.stat().st_size for each in self.folder.iterdir() if each.is_file())

    def keep(self, name: str, severity: str, what: str, found: Found) -> Path | None:
        """Write a divergence, if it is not there; return its file, or None where there is no room, or none can be written.

        After a failure the same one is not tried for as long as between two lines.
        """
        path = self.folder / f"find-{severity}-{name}-{self._build}.json"
        try:
            if path.exists():
                return path
            if time.monotonic() < self._keep_at.get(path, 0.0):
                return None
            self._keep_at[path] = time.monotonic() + FLUSH_SEC
            self.folder.mkdir(parents=True, exist_ok=True)
            document = found.document() if callable(found.document) else found.document
            known = {"severity": severity, "fingerprint": name, "of": what, "digests": self.identity}
            text = json.dumps({**document, "shadow": known}, indent=1)
            if self._used() + len(text) > self._disk_bytes:
                self._failure = self._full
                return None
            beside = path.with_suffix(f".{os.getpid()}")
            with beside.open("w", encoding="utf-8") as file:
                file.write(text + "\n")
                # Before it has its name: a machine that stops must not leave an empty find.
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
            del self._keep_at[path]
        except OSError as error:
            self._failure = f"{path}: cannot be written ({error.strerror})"
            return None
        return path
