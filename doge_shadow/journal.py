"""What a shadow writes down: how much of each minute was compared, and one file for each kind of divergence.

One journal a process, so that several processes and restarts add up. A line is added every ten seconds, and holds what was
counted since the line before: a process that is killed loses ten seconds, which then count as not covered.
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
MIB = 2**20


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
        self._begun = False
        self._counts: Counter[str] = Counter()
        self._since = started
        self._disk_bytes = int(settings.disk_mib * MIB)
        self._full = f"{self.folder}: holds as much as {settings.prefix}_SHADOW_DISK_MIB allows; move its files away"

    def count(self, name: str, number: int = 1) -> None:
        """Count something that belongs to the present line."""
        if number:
            self._counts[name] += number

    def flush(self, at: float, *, now: bool = False) -> None:
        """Add a line, if it is time for one or `now`. A line never reaches from one minute into the next."""
        due = at - self._since >= FLUSH_SEC or at // SLOT_SEC != self._since // SLOT_SEC
        if not (due or now):
            return
        if self._counts:
            if self._append({"minute": int(self._since // SLOT_SEC), "from": self._since, "to": at, **self._counts}):
                self._counts.clear()
            else:
                # What cannot be shown to have been compared was not; what was found is told as soon as it can be.
                del self._counts["compared"]
        self._since = at

    def failure(self) -> str | None:
        """What could not be written since this was asked last, if anything."""
        failure, self._failure = self._failure, None
        return failure

    def _append(self, line: dict[str, Any]) -> bool:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lines = [line] if self._begun else [self._header, line]
            text = "".join(json.dumps(each, sort_keys=True) + "\n" for each in lines)
            if self._used() + len(text) > self._disk_bytes:
                self._failure = self._full
                return False
            self._add(text)
            self._begun = True
        except OSError as error:
            self._failure = f"{self.path}: cannot be written ({error.strerror})"
            return False
        return True

    def _add(self, text: str) -> None:
        """Add lines, or nothing: a part of a line that a full disk takes would spoil the next one."""
        before = self.path.stat().st_size if self.path.exists() else 0
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError:
            with contextlib.suppress(OSError):
                os.truncate(self.path, before)
            raise

    def _used(self) -> int:
        return sum(each.stat().st_size for each in self.folder.iterdir() if each.is_file())

    def keep(self, name: str, severity: str, what: str, found: Found) -> Path | None:
        """Write a divergence of a new kind; return its file, or None where there is no room, or none can be written."""
        # A find of another build is another find.
        build = hashlib.sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()[:8]
        path = self.folder / f"find-{severity}-{name}-{build}.json"
        try:
            if path.exists():
                return path
            self.folder.mkdir(parents=True, exist_ok=True)
            document = found.document() if callable(found.document) else found.document
            known = {"severity": severity, "fingerprint": name, "of": what, "digests": self.identity}
            text = json.dumps({**document, "shadow": known}, indent=1)
            if self._used() + len(text) > self._disk_bytes:
                self._failure = self._full
                return None
            beside = path.with_suffix(f".{os.getpid()}")
            beside.write_text(text + "\n", encoding="utf-8")
            beside.replace(path)
        except OSError as error:
            self._failure = f"{path}: cannot be written ({error.strerror})"
            return None
        return path
