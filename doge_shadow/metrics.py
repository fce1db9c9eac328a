"""What a shadow counts, as plain data for a status page."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

from hdrh.histogram import HdrHistogram

from doge_shadow.face import RESTING

# Latencies from a microsecond to a minute, with two digits.
LOWEST_US, HIGHEST_US, DIGITS = 1, 60_000_000, 2
QUANTILES = (50.0, 95.0, 99.0)


class Metrics:
    """The counts of one shadow since it began, or since they were reset. Written by the thread that compares alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        with self._lock:
            self.checks: Counter[str] = Counter()
            self.divergences: Counter[str] = Counter()
            self.severities: Counter[str] = Counter()
            self.failures: Counter[str] = Counter()
            self.excused: Counter[str] = Counter()
            self.fingerprints: Counter[str] = Counter()
            self._known: set[tuple[str, str]] = set()
            self.last: dict[str, Any] = {}
            self.last_error: str | None = None
            self.latency = HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS)
            self.seconds = 0.0

    def compared(self, what: str, seconds: float, excused: Sequence[str] = ()) -> None:
        """Count a call that was compared, the time that the candidate took, and the rules that excused a difference."""
        with self._lock:
            self.checks[what] += 1
            self.excused.update(excused)
            self.seconds += seconds
            self.latency.record_value(min(HIGHEST_US, max(LOWEST_US, round(seconds * 1e6))))

    def diverged(self, what: str, severity: str, name: str, at: float, place: str, event: Any) -> bool:
        """Count a divergence; return True for the first of its name and severity."""
        with self._lock:
            self.divergences[what] += 1
            self.severities[severity] += 1
            self.fingerprints[name] += 1
            self.last = {"ts": at, "kind": f"{what} {place} ({severity})", "event": event}
            first = (severity, name) not in self._known
            self._known.add((severity, name))
            return first

    def failed(self, cause: str, sentence: str) -> bool:
        """Count a call that could not be compared; return True for the first of its cause."""
        with self._lock:
            self.failures[cause] += 1
            # A pause follows from the failure before it, whose sentence says what is wrong.
            if cause != RESTING or self.last_error is None:
                self.last_error = sentence
            return self.failures[cause] == 1

    def latencies(self) -> dict[str, float]:
        """The candidate's latencies in seconds, by quantile; empty before the first."""
        with self._lock:
            if not self.latency.get_total_count():
                return {}
            return {f"p{quantile:g}": self.latency.get_value_at_percentile(quantile) / 1e6 for quantile in QUANTILES}

    def buckets(self, bounds_sec: Sequence[float]) -> tuple[dict[float, int], float]:
        """How many latencies are at most each bound, all of them at infinity, and the sum of all, in seconds."""
        with self._lock:
            found = dict.fromkeys((*bounds_sec, math.inf), 0)
            for item in self.latency.get_recorded_iterator():
                value_sec = item.value_iterated_to / 1e6
                for bound in found:
                    found[bound] += item.count_at_value_iterated_to if value_sec <= bound else 0
            return found, self.seconds
