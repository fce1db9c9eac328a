"""A period of a shadow: how much of it was covered, where it was not, and what was found."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, TypeAlias

from doge_shadow.journal import FAILURE, FLUSH_SEC, SLOT_SEC
from doge_shadow.settings import CONTROL
from harness.shadow.finds import without_candidate
from harness.shadow.journals import COUNTS, Hole, Journal, Journals, is_within, minutes_between

# A minute is covered if of a hundred calls that were to be compared at least so many were.
COVERED_PCT = 99
# What is counted of the minutes that were not asked for.
LEFT_OUT = ("high", "low", "senseless", "failures", "noise", "damaged")
FOUND = ("high", "low", "senseless")
# Quieter times are no gap: a bot may wait for its market.
GAP_SEC = 300.0
HOUR_SEC = 3600.0
# What was covered earlier before the last call says nothing of the bot that runs now.
RECENT_SEC = 30 * 24 * HOUR_SEC


_Minutes: TypeAlias = Sequence[tuple[int, Counter[str]]]
# What the noise floor finds, by the name under which it is counted.
_NOISE = {"high": "noise", "low": "noise"}


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
    """The sum over all processes of the build that is here; times are in seconds since 1970.

    `first_at` and `last_at` are the times of the first and the last line that counts, to the minute; those of the noise floor
    count where it is none, and where no candidate was asked. `written_at` is when the last line was written, of the noise floor
    too, `unended` how many processes wrote no last line. `foreign` counts journals of another build, `foreign_found` what these
    found, and `unread` has a sentence for each journal that cannot be read. `places` are those of lines that cannot be read and
    may be of the period. `noise_minutes` are those in which the reference was compared with itself.
    `left_out` counts what the journals of this build hold of all this outside the period, by the names of `LEFT_OUT`.
    """

    subject: str
    counts: Counter[str] = field(default_factory=Counter)
    control: Counter[str] = field(default_factory=Counter)
    covered_minutes: int = 0
    recent_minutes: int = 0
    start: float | None = None
    end: float | None = None
    gaps: Sequence[Gap] = ()
    first_at: float | None = None
    last_at: float | None = None
    processes: int = 0
    unended: int = 0
    written_at: float = 0.0
    foreign: int = 0
    foreign_found: Counter[str] = field(default_factory=Counter)
    unread: Sequence[str] = ()
    places: Sequence[Hole] = ()
    noise_minutes: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def damaged(self) -> int:
        """How many lines cannot be read that may be of the period."""
        return len(self.places)

    @property
    def covered_hours(self) -> float:
        """Hours in which calls were compared."""
        return self.covered_minutes * SLOT_SEC / HOUR_SEC

    @property
    def recent_hours(self) -> float:
        """Those of the 30 days before the last line that counts."""
        return self.recent_minutes * SLOT_SEC / HOUR_SEC

    @property
    def coverage(self) -> float:
        """The share of all calls that were compared, 0 before the first.

        At most 1: what waited when a period began, or when the candidate was replaced, is compared later than it was seen.
        """
        return min(1.0, self.counts["compared"] / self.counts["seen"]) if self.counts["seen"] else 0.0

    @property
    def causes(self) -> dict[str, int]:
        """The failures by their cause, the most frequent first."""
        return {name.removeprefix(FAILURE): number for name, number in self.counts.most_common() if name.startswith(FAILURE)}

    @property
    def noise(self) -> int:
        """Differences of the reference from itself, which may be none."""
        return self.control["high"] + self.control["low"]

    @property
    def verdict(self) -> str:
        """DIVERGENCE where anything differed or made no sense, or the reference differed from itself.

        Else INCOMPLETE where a journal or a line cannot be read, then CLEAN. Where no candidate was compared: CONTROL if
        Python was compared with itself, else EMPTY.
        """
        counts = self.counts
        if counts["high"] or counts["senseless"] or self.noise or (counts["low"] and counts["compared"]):
            return "DIVERGENCE"
        if self.unread or self.damaged:
            return "INCOMPLETE"
        if counts["seen"] or not self.control["compared"]:
            return "CLEAN" if counts["compared"] else "EMPTY"
        return "CONTROL"

    @property
    def exit_code(self) -> int:
        """1 for a divergence of high severity, an answer without sense and noise, 3 for EMPTY and INCOMPLETE, else 0."""
        counts = self.counts
        if counts["high"] or counts["senseless"] or self.noise:
            return 1
        return 3 if self.unread or self.damaged or self.verdict == "EMPTY" else 0

    def with_finds(self, finds: Sequence[Mapping[str, Any]]) -> Period:
        """The period, with at least as many divergences as are kept: a process that was killed counted its last ones nowhere.

        It does not matter when they were found: they are of the build that is here.
        """
        return replace(
            self, counts=self.counts | _kept(finds, control=False), control=self.control | _kept(finds, control=True)
        )

    def to_json(self) -> dict[str, Any]:
        """The period as plain data."""
        return {
            "subject": self.subject,
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            "start": self.start,
            "end": self.end,
            "covered_hours": self.covered_hours,
            "recent_hours": self.recent_hours,
            "coverage": self.coverage,
            **{name: self.counts[name] for name in COUNTS},
            "causes": self.causes,
            "written_at": self.written_at,
            "first_at": self.first_at,
            "last_at": self.last_at,
            "gaps": [{"start": each.start, "end": each.end} for each in self.gaps],
            **{f"left_out_{name}": self.left_out[name] for name in LEFT_OUT},
            "noise": self.noise,
            "processes": self.processes,
            "processes_without_a_last_line": self.unended,
            "journals_of_other_builds": self.foreign,
            **{f"{name}_of_other_builds": self.foreign_found[name] for name in FOUND},
            "unread": list(self.unread),
            "damaged_lines": self.damaged,
            "damaged_places": [{"path": str(each.path), "start": each.start, "end": each.end} for each in self.places],
            "noise_minutes": self.noise_minutes,
            "control": {name: self.control[name] for name in COUNTS},
        }


def period_of(
    subject: str,
    journals: Journals,
    here: Mapping[str, str],
    *,
    since: float | None = None,
    until: float | None = None,
) -> Period:
    """Add up the journals of a subject whose digests are those of what is `here`; the others are counted as foreign.

    A journal of this reference without a candidate counts what was seen: its process had no candidate to ask.
    """
    own = [each for each in journals.read if each.subject == subject]
    known = [each for each in own if _is_of(each, here)]
    control = [each for each in known if each.mode == CONTROL]
    ours = [each for each in known if each.mode != CONTROL]
    foreign = [each for each in own if not _is_of(each, here)]
    minutes = list(minutes_between(ours, since, until))
    places, everywhere = (list(_holes_of((*ours, *control), *ends)) for ends in ((since, until), (None, None)))
    cut = {minute for journal in ours for minute in _cut_minutes(journal)}
    covered = [minute for minute, counts in _outside_holes(minutes, ours) if minute not in cut and _is_covered(counts)]
    noise = list(minutes_between(control, since, until))
    noisy = any(counts["high"] or counts["low"] for _, counts in noise)
    # A quiet noise floor of today makes no candidate's period younger.
    first_at, last_at = _times_of([*minutes, *noise] if noisy else minutes or noise, since, until)
    return Period(
        subject=subject,
        counts=sum((counts for _, counts in minutes), Counter()),
        control=sum((counts for _, counts in noise), Counter()),
        covered_minutes=len(covered),
        recent_minutes=sum((minute + 1) * SLOT_SEC > (last_at or 0.0) - RECENT_SEC for minute in covered),
        start=covered[0] * SLOT_SEC if covered else None,
        end=(covered[-1] + 1) * SLOT_SEC if covered else None,
        gaps=[
            Gap(start=(before + 1) * SLOT_SEC, end=after * SLOT_SEC)
            for before, after in pairwise(covered)
            if (after - before - 1) * SLOT_SEC > GAP_SEC
        ],
        first_at=first_at,
        last_at=last_at,
        processes=len(ours),
        unended=sum(not each.ended for each in ours),
        written_at=max((each.written_at for each in (*ours, *control)), default=0.0),
        foreign=len(foreign),
        foreign_found=Counter({name: sum(each.counts[name] for each in foreign) for name in FOUND}),
        unread=journals.unread,
        places=places,
        noise_minutes=sum(counts["compared"] > 0 for _, counts in noise),
        left_out=_left_out(ours, control, minutes, noise) + Counter(damaged=len(everywhere) - len(places)),
    )


def _holes_of(journals: Sequence[Journal], since: float | None, until: float | None) -> Iterator[Hole]:
    """Where the lines are that cannot be read."""
    for each in journals:
        for first, last in each.holes:
            if is_within(first, last, since, until):
                yield Hole(path=each.path, start=first * SLOT_SEC, end=(last + 1) * SLOT_SEC)


def _left_out(ours: Sequence[Journal], control: Sequence[Journal], minutes: _Minutes, noise: _Minutes) -> Counter[str]:
    """What was found in the minutes of these journals that are not among those that count."""
    found: Counter[str] = Counter()
    for journals, counted, names in (ours, minutes, {name: name for name in LEFT_OUT}), (control, noise, _NOISE):
        known = {minute for minute, _ in counted}
        for minute, counts in minutes_between(journals, None, None):
            if minute not in known:
                for name, told in names.items():
                    found[told] += counts[name]
    return found


def _kept(finds: Sequence[Mapping[str, Any]], *, control: bool) -> Counter[str]:
    kept = Counter(str(find["divergence"].get("severity")) for find in finds if find.get("control", False) is control)
    return Counter({name: kept[name] for name in ("high", "low")})


def _times_of(minutes: _Minutes, since: float | None, until: float | None) -> tuple[float | None, float | None]:
    """The beginning of the first minute with a count and the end of the last one, within what was asked for and not to come."""
    known = [minute for minute, counts in minutes if any(counts.values())]
    if not known:
        return None, None
    last_at = min((max(known) + 1) * SLOT_SEC, time.time(), math.inf if until is None else until)
    return min(last_at, max(min(known) * SLOT_SEC, since or 0.0)), last_at


def _is_of(journal: Journal, here: Mapping[str, str]) -> bool:
    alone = without_candidate(here)
    if journal.mode == CONTROL:
        return without_candidate(journal.digests) == alone
    if dict(journal.digests) == dict(here):
        return True
    return dict(journal.digests) == alone and not any(counts["compared"] for counts in journal.minutes.values())


def _is_covered(counts: Counter[str]) -> bool:
    wanted = counts["seen"] - counts["unsampled"]
    return wanted > 0 and 100 * counts["compared"] >= COVERED_PCT * wanted


def _outside_holes(minutes: _Minutes, journals: Sequence[Journal]) -> Iterator[tuple[int, Counter[str]]]:
    """The minutes, in order, of which no line is lost."""
    holes = sorted({hole for journal in journals for hole in journal.holes})
    place, lost = 0, -1
    for minute, counts in minutes:
        while place < len(holes) and holes[place][0] <= minute:
            lost, place = max(lost, holes[place][1]), place + 1
        if minute > lost:
            yield minute, counts


def _cut_minutes(journal: Journal) -> set[int]:
    """The minutes in which calls may have come that nobody counted: a process that did not end in order writes no last line."""
    if journal.ended or not journal.minutes:
        return set()
    at = max(journal.written_at, max(journal.minutes) * SLOT_SEC)
    return {max(journal.minutes), int(at // SLOT_SEC), int((at + FLUSH_SEC) // SLOT_SEC)}
