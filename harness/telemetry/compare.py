"""Two recordings held against each other, metric by metric: better, no worse, worse, or cannot tell.

Durations, processor time and memory can only be compared where both were measured in turns on one machine: a machine is
faster in one hour than in another. The turns are taken in pairs; the interval of a ratio is that of Student's t over the
logarithms of the pairs' ratios, at a level that makes one false alarm in twenty comparisons of two equal builds. What a
candidate may be worse by, and no more, is `RELATIVE` or `ABSOLUTE_SEC`, whichever is more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.stats import binomtest, t

from harness.telemetry.figures import value_of, what_of
from harness.telemetry.loop import Metric
from harness.telemetry.recordings import Block, Recording, counted
from harness.words import counted as counted_words

FALSE_ALARM = 0.05
# By as much a shadow may raise its caller's median (docs/shadow.md).
RELATIVE = 0.05
# Exchanges stamp fills in milliseconds: what is shorter makes no order earlier or later for anybody. Of a CPU, it is a
# thousandth at a round a second.
ABSOLUTE_SEC = 0.001
# Of fewer pairs no spread can be told, and beyond a quantile so many durations have to be, or it is one of the few largest.
PAIRS_MIN, BEYOND_MIN = 5, 4
NOTHING = "nothing was measured"
# Turns that are further apart than this are no pair.
APART_SEC_MAX = 120.0

VERDICTS = BETTER, NO_WORSE, WORSE, UNKNOWN = "better", "no worse", "worse", "cannot tell"


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One comparison. Values are in seconds, bytes or a share; `ratio` is candidate over reference, with its interval.

    `seen` is the smallest change that the interval would have told from none: its power.
    """

    metric: str
    what: str
    group: str
    kind: str
    verdict: str
    reference: float | None = None
    candidate: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    seen: float | None = None
    reason: str = ""


Pairs = Sequence[tuple[Sequence[Block], Sequence[Block]]]


def compare_recordings(reference: Recording, candidate: Recording, metrics: Sequence[Metric]) -> list[Compared]:
    """Compare every metric; quantiles of a duration one by one."""
    pairs, reason = paired(reference, candidate)
    asked = [(metric, share) for metric in metrics for share in (metric.quantiles if metric.kind == "duration" else (None,))]
    level = FALSE_ALARM / len(asked)
    found = []
    for metric, share in asked:
        if metric.kind == "rate":
            found.append(_rates(metric, reference.blocks, candidate.blocks, level))
        else:
            why = reason or (_dropped(reference, candidate) if metric.kind == "duration" else "")
            found.append(_unknown(metric, share, why) if why else _in_turns(metric, share, pairs, level))
    return found


def paired(reference: Recording, candidate: Recording) -> tuple[Pairs, str]:
    """The turns of both in pairs, or the reason why there are none."""
    if len(reference.machines) != 1 or reference.machines != candidate.machines:
        return [], "they are of different machines"
    if len(reference.blocks) != len(candidate.blocks):
        return [], "they were not measured in turns"
    pairs = list(zip(reference.blocks, candidate.blocks, strict=True))
    for number, (one, other) in enumerate(pairs):
        first, second = (one, other) if one.start < other.start else (other, one)
        after = min((each.start for pair in pairs[number + 1 : number + 2] for each in pair), default=math.inf)
        if first.end > second.start or second.start - first.end > APART_SEC_MAX or second.end > after:
            return [], "they were not measured in turns"
    return [([one], [other]) for one, other in pairs], ""


def _dropped(reference: Recording, candidate: Recording) -> str:
    """Why no quantile can be told: what was dropped may be the slow ones; empty if nothing was."""
    dropped = reference.dropped + candidate.dropped
    return f"{counted_words(dropped, 'duration')} dropped" if dropped else ""


def _unknown(metric: Metric, share: float | None, reason: str) -> Compared:
    what = what_of(metric, share)
    return Compared(metric=metric.name, what=what, group=metric.group, kind=metric.kind, verdict=UNKNOWN, reason=reason)


def _in_turns(metric: Metric, share: float | None, pairs: Pairs, level: float) -> Compared:
    known = _unknown(metric, share, f"too few for {PAIRS_MIN} pairs")
    groups = _grouped(pairs, lambda blocks: _is_enough(metric, share, blocks))
    if groups is None:
        return known
    ours, theirs = (np.array([value_of(metric, share, pair[side]) for pair in groups]) for side in (0, 1))
    if not (ours > 0.0).all() or not (theirs > 0.0).all():
        return replace(known, reason=NOTHING)
    logs = np.log(theirs / ours)
    half = float(t.ppf(1.0 - level / 2.0, len(logs) - 1) * logs.std(ddof=1) / math.sqrt(len(logs)))
    ratio, low, high = (math.exp(each) for each in (logs.mean(), logs.mean() - half, logs.mean() + half))
    base = float(np.exp(np.log(ours).mean()))
    allowed = 1.0 + (RELATIVE if metric.kind == "memory" else max(RELATIVE, ABSOLUTE_SEC / base))
    verdict = WORSE if low > allowed else UNKNOWN if high > allowed else BETTER if high < 1.0 else NO_WORSE
    return replace(
        known,
        verdict=verdict,
        reference=base,
        candidate=base * ratio,
        ratio=ratio,
        low=low,
        high=high,
        seen=math.expm1(half),
        reason=f"its interval reaches over {allowed:.3f}, which is allowed" if verdict == UNKNOWN else "",
    )


def _is_enough(metric: Metric, share: float | None, blocks: Sequence[Block]) -> bool:
    if share is not None:
        return (1.0 - share) * counted(blocks, metric.name) >= BEYOND_MIN
    return metric.kind == "memory" or counted(blocks, metric.per) > 0


def _grouped(pairs: Pairs, is_enough: Callable[[Sequence[Block]], bool]) -> Pairs | None:
    """As many groups of consecutive pairs as have enough on both sides; None where these are too few."""
    for number in range(len(pairs), PAIRS_MIN - 1, -1):
        bounds = [round(each * len(pairs) / number) for each in range(number + 1)]
        groups = [
            tuple([block for pair in pairs[start:end] for block in pair[side]] for side in (0, 1))
            for start, end in pairwise(bounds)
        ]
        if all(is_enough(side) for group in groups for side in group):
            return [(group[0], group[1]) for group in groups]
    return None


def _rates(metric: Metric, ours: Sequence[Block], theirs: Sequence[Block], level: float) -> Compared:
    """Two rates, by the exact test of how their counts share between both sides."""
    known = _unknown(metric, None, NOTHING)
    counts, bases = ([counted(side, name) for side in (ours, theirs)] for name in (metric.name, metric.per))
    # No violation may be all that there is to see; a cadence of nothing is none.
    if not all(bases) or (metric.either_way and not any(counts)):
        return known
    rates = [count / base for count, base in zip(counts, bases, strict=True)]
    known = replace(known, reference=rates[0], candidate=rates[1])
    if counts[1] * bases[0] == counts[0] * bases[1] or (rates[1] < rates[0] and not metric.either_way):
        return replace(known, verdict=NO_WORSE, reason="")
    test = binomtest(counts[1], sum(counts), bases[1] / sum(bases), alternative="two-sided" if metric.either_way else "greater")
    if test.pvalue < level:
        return replace(known, verdict=WORSE, reason="the rates differ" if metric.either_way else "the rate is higher")
    return replace(known, reason=f"the rates differ, and may by chance ({test.pvalue:.2f})")
