"""One batch: its cases through the reference and every candidate, in order, in whatever process this is."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

import psutil

from harness.comparators.divergence import Divergence
from harness.engine.builds import OtherBuildError, differing_builds
from harness.engine.plan import FuzzPlan, plan_from
from harness.engine.waivers import waiver_of, waivers_from
from harness.panel import REFERENCE, Depth, Judgement, Panel
from harness.store.records import BatchResult, Find

# So many cases are made, then answered by the reference, then sent to the ports: each stage keeps to its own code and data,
# and finds them in the CPU's caches.
AT_A_TIME = 32


def run_batch(data: Mapping[str, Any], builds: Mapping[str, str], number: int) -> BatchResult:
    """Run batch `number` of a plan (as `FuzzPlan.to_json` gives it). The same everywhere but for its time and its memory.

    Raises `OtherBuildError` where `builds` is not what is here: nothing that another build did may count for this one.
    """
    plan = plan_from(data)
    differing = differing_builds(plan, builds)
    if differing:
        raise OtherBuildError(f"{', '.join(differing)}; have the same checkout, built, for the whole run")
    with plan.about().open(plan.ports()) as panel:
        return Batch(plan, panel).run(number)


class Batch:
    """A batch on its way."""

    def __init__(self, plan: FuzzPlan, panel: Panel[Any]) -> None:
        self.plan, self.panel, self.subject = plan, panel, plan.about()
        self.steps = self.divergent = self.waived = 0
        self.waivers = waivers_from(plan.waivers)
        self.counts: Counter[tuple[str, str]] = Counter()
        self.finds: dict[tuple[str, str], Find] = {}
        self._cases, self._verdicts = hashlib.sha256(), hashlib.sha256()

    def run(self, number: int) -> BatchResult:
        """Every case of the batch, in order."""
        started = time.perf_counter()
        indexes = self.plan.indexes(number)
        for first in range(0, len(indexes), AT_A_TIME):
            self._run_some(indexes[first : first + AT_A_TIME])
        return BatchResult(
            number=number,
            cases=len(indexes),
            steps=self.steps,
            divergent=self.divergent,
            waived=self.waived,
            counts=self._by_kind(),
            case_hash=self._cases.hexdigest(),
            verdict_hash=self._verdicts.hexdigest(),
            finds=tuple(self.finds.values()),
            seconds=time.perf_counter() - started,
            rss_bytes=rss_bytes(self.panel.bystanders()),
        )

    def _run_some(self, indexes: range) -> None:
        """Run cases through every port and note the results, in order."""
        made = [self.plan.case_seen(index) for index in indexes]
        expected = [self.panel.expect_seen(case, seen) for case, seen in made]
        for index, (case, seen), answer in zip(indexes, made, expected, strict=True):
            self._run_case(index, case, answer, is_seen=seen is not None)

    def _run_case(self, index: int, case: Any, expected: Any, *, is_seen: bool) -> None:
        self._cases.update(self.subject.cases.encode(case))
        self.steps += self.subject.tally.steps(case, expected)
        self.counts.update(self.subject.tally.met(case, expected))
        depth = self._depth(index)
        waived = []
        if is_seen and depth is Depth.THOROUGH:
            # What the reference answered while the case was made has to be what it answers to the case itself.
            found = self.panel.recheck(case, expected)
            waived += [self._note(REFERENCE, index, found)] if found else []
        for port in self.panel.candidates:
            judgement = self.panel.judge(port, case, expected, depth)
            if judgement.basis is not None:
                self._count("judged", judgement.basis)
            if judgement.excused is not None:
                self._count("excused by", judgement.excused)
            if judgement.divergences:
                waived.append(self._note(port, index, self._with_past(port, case, judgement, depth)))
        self.divergent += bool(waived)
        self.waived += bool(waived) and all(waived)

    def _depth(self, index: int) -> Depth:
        depth = self.subject.defaults.night_depth(index)
        if depth is Depth.THOROUGH and self.subject.defaults.night_thorough_every > 1:
            self._count("asked", "thoroughly")
        return depth

    def _count(self, kind: str, name: str) -> None:
        self.counts[kind, name] += 1

    def _by_kind(self) -> dict[str, dict[str, int]]:
        counts: dict[str, dict[str, int]] = {}
        for (kind, name), number in self.counts.items():
            counts.setdefault(kind, {})[name] = number
        return counts

    def _with_past(self, port: str, case: Any, judgement: Judgement, depth: Depth) -> Sequence[Divergence]:
        """The divergences, and where the first is waived what stands behind it: a waiver must not hide another bug."""
        if waiver_of(self.waivers, port, judgement.divergences[0]) is None:
            return judgement.divergences
        return self.panel.past(port, case, judgement.divergences, depth)

    def _note(self, port: str, index: int, divergences: Sequence[Divergence]) -> bool:
        """Note a port's divergences on a case by the first that nobody waived; True if all of them are waived."""
        waivers = [waiver_of(self.waivers, port, each) for each in divergences]
        for hit in {waiver.key for waiver in waivers if waiver is not None}:
            self._count("waiver", hit)
        waived = None not in waivers
        first = 0 if waived else waivers.index(None)
        divergence = divergences[first]
        self._verdicts.update(f"{index} {port} {divergence.fingerprint}\n".encode())
        key = (port, divergence.fingerprint)
        if key in self.finds:
            self.finds[key] = self.finds[key].with_more(1)
        else:
            # Divergences in the same step may be the same bug, and have to be waived with it.
            alike = {each.fingerprint for each in divergences[first + 1 :] if each.step in (None, divergence.step)}
            also = sorted(alike - {divergence.fingerprint})
            self.finds[key] = Find(port, divergence.fingerprint, 1, index, {**divergence.to_json(), "also": also})
        return waived


def rss_bytes(bystanders: Collection[int] = ()) -> int:
    """The memory of this process and of the ports that it started, without those of its processes that are no ports."""
    process, total = psutil.Process(), 0
    for each in (process, *process.children(recursive=True)):
        # A child may end meanwhile.
        with suppress(psutil.NoSuchProcess):
            total += 0 if each.pid in bystanders else each.memory_info().rss
    return total
