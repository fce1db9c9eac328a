"""A period of a shadow: how much of it was covered, where it was not, and what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from doge_shadow.journal import SLOT_SEC
from doge_shadow.settings import CONTROL
from harness.shadow.journals import COUNTS, Journal, minutes_between

# A minute is covered if of a hundred calls that were to be compared at least so many were.
COVERED_PCT = 99
# Quieter times are no gap: a bot may wait for its market.
GAP_SEC = 300.0
HOUR_SEC = 3600.0


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A time within the period in which nothing was covered, in seconds since 1970."""

    start: float
    end: float

    @property
    def hours(self) -> float:
        """Its length."""
        return (self.end - self.start) / HOUR_SEC


@dataclass(frozen=True, kw_only=True)
class Period:
    """The sum over all processes of the build that is here; times are in seconds since 1970."""

    subject: str
    counts: Counter[str] = field(default_factory=Counter)
    control: Counter[str] = field(default_factory=Counter)
    covered_minutes: int = 0
    start: float | None = None
    end: float | None = None
    gaps: Sequence[Gap] = ()
    processes: int = 0
    foreign: int = 0
    damaged: int = 0

    @property
    def covered_hours(self) -> float:
        """Hours in which calls were compared."""
        return self.covered_minutes * SLOT_SEC / HOUR_SEC

    @property
    def coverage(self) -> float:
        """The share of all calls that were compared; 0 before the first."""
        return self.counts["compared"] / self.counts["seen"] if self.counts["seen"] else 0.0

    @property
    def verdict(self) -> str:
        """DIVERGENCE where anything differed, EMPTY where nothing was compared, or CLEAN."""
        if self.counts["high"] or (self.counts["low"] and self.counts["compared"]):
            return "DIVERGENCE"
        return "CLEAN" if self.counts["compared"] else "EMPTY"

    @property
    def exit_code(self) -> int:
        """1 for a divergence of high severity, 3 where nothing was compared, else 0."""
        return 3 if self.verdict == "EMPTY" else 1 if self.counts["high"] else 0

    def with_finds(self, finds: Sequence[Mapping[str, Any]]) -> Period:
        """The period, with at least as many divergences as are kept: a process that was killed counted its last ones nowhere.

        It does not matter when they were found: they are of the build that is here.
        """
        kept = Counter(str(find["divergence"].get("severity")) for find in finds)
        return replace(self, counts=self.counts | Counter({name: kept[name] for name in ("high", "low")}))

    def to_json(self) -> dict[str, Any]:
        """The period as plain data."""
        return {
            "subject": self.subject,
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            "start": self.start,
            "end": self.end,
            "covered_hours": self.covered_hours,
            "coverage": self.coverage,
            **{name: self.counts[name] for name in COUNTS},
            "gaps": [{"start": each.start, "end": each.end} for each in self.gaps],
            "processes": self.processes,
            "journals_of_other_builds": self.foreign,
            "damaged_lines": self.damaged,
            "control": {name: self.control[name] for name in COUNTS},
        }


def period_of(
    subject: str,
    journals: Sequence[Journal],
    here: Mapping[str, str],
    *,
    since: float | None = None,
    until: float | None = None,
) -> Period:
    """Add up the journals of a subject whose digests are those of what is `here`; the others are counted as foreign."""
    own = [each for each in journals if each.subject == subject]
    control = [each for each in own if each.mode == CONTROL]
    watched = [each for each in own if each.mode != CONTROL]
    ours = [each for each in watched if dict(each.digests) == dict(here)]
    minutes = list(minutes_between(ours, since, until))
    covered = [minute for minute, counts in minutes if _is_covered(counts)]
    noise = minutes_between(control, since, until)
    return Period(
        subject=subject,
        counts=sum((counts for _, counts in minutes), Counter()),
        control=sum((counts for _, counts in noise), Counter()),
        covered_minutes=len(covered),
        start=covered[0] * SLOT_SEC if covered else None,
        end=(covered[-1] + 1) * SLOT_SEC if covered else None,
        gaps=[
            Gap(start=(before + 1) * SLOT_SEC, end=after * SLOT_SEC)
            for before, after in pairwise(covered)
            if (after - before - 1) * SLOT_SEC > GAP_SEC
        ],
        processes=len(ours),
        foreign=len(watched) - len(ours),
        damaged=sum(each.damaged for each in ours),
    )


def _is_covered(counts: Counter[str]) -> bool:
    wanted = counts["seen"] - counts["unsampled"]
    return counts["compared"] > 0 and 100 * counts["compared"] >= COVERED_PCT * wanted
