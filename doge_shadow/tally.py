"""Counters of calls that threads share without a lock: one step of each is one instruction."""

from __future__ import annotations

import itertools
from collections import Counter


class Tally:
    """Calls so far: seen, left out by the sample, dropped because the queue was full."""

    def __init__(self) -> None:
        self.seen, self.unsampled, self.dropped = itertools.count(), itertools.count(), itertools.count()

    def seen_so_far(self) -> int:
        """The number of calls that were seen."""
        return _value_of(self.seen)

    def counts(self) -> Counter[str]:
        """All of them, by name."""
        # What was seen last: no more can have been left out or dropped.
        dropped, unsampled = _value_of(self.dropped), _value_of(self.unsampled)
        return Counter(seen=_value_of(self.seen), unsampled=unsampled, dropped=dropped)


def _value_of(counter: itertools.count[int]) -> int:
    """How often a counter was stepped, which it tells in its text alone."""
    return int(repr(counter)[6:-1])
