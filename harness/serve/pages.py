"""The dashboard's pages, made anew when the ledger has grown, and the live page beside them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from harness.dashboard.site import Extra, site_of
from harness.dashboard.view import View
from harness.store.chain import Head

HERE = Path(__file__).parent
LIVE = Extra(file="live.html", name="live", templates=HERE / "templates", static=HERE / "static")
# Pages show how old their evidence is, so that they are made anew although the ledger stays the same.
OLD_SEC, LOOK_SEC = 60.0, 1.0
# A site that takes long to make is made less often: at most a tenth of the time goes into it.
PAUSE_PER_SECOND = 9.0


class Pages:
    """The files of the site by name. `look` reads the whole ledger, `head` only where its chain of evidence ends."""

    def __init__(self, look: Callable[[], tuple[View, Head]], head: Callable[[], Head]) -> None:
        self._look, self._head = look, head
        self._files: Mapping[str, bytes] = {}
        self._of = Head(-1, "")
        self._made_at = self._looked_at = self._cost_sec = 0.0
        self._lock = threading.Lock()

    def get(self, name: str) -> bytes | None:
        """The content of a file; None where the site has none of that name. Raises what reading the ledger raises."""
        with self._lock:
            if self._is_stale():
                began = time.monotonic()
                view, end = self._look()
                self._files = dict(site_of(view, LIVE))
                # Only now: pages that could not be made are tried again, and older ones are not taken for them.
                self._of = end
                self._made_at = self._looked_at = time.monotonic()
                self._cost_sec = self._made_at - began
            return self._files.get(name)

    def _is_stale(self) -> bool:
        now = time.monotonic()
        age = now - self._made_at
        if not self._files or age > max(OLD_SEC, PAUSE_PER_SECOND * self._cost_sec):
            return True
        if age < PAUSE_PER_SECOND * self._cost_sec or now - self._looked_at < LOOK_SEC:
            return False
        changed = self._head() != self._of
        # A ledger that cannot be read is asked again by the next reader, who must not be shown older pages as if all were well.
        self._looked_at = now
        return changed
