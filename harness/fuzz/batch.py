"""One batch: its cases through the reference and every candidate, in order, in whatever process this is."""

from __future__ import annotations

import hashlib
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import psutil

from harness.comparators.divergence import Divergence
from harness.engine.plan import FuzzPlan, differing_builds, plan_from
from harness.engine.waivers import waiver_of, waivers_from
from harness.store.records import BatchResult, Find


class OtherBuildError(RuntimeError):
    """A batch would be run by other sources or ports than its run. The message says which."""


def run_batch(data: Mapping[str, Any], builds: Mapping[str, str], number: int) -> BatchResult:
    """Run batch `number` of a plan (as `FuzzPlan.to_json` gives it). The same everywhere but for its time and its memory.

    Raises `OtherBuildError` where `builds` is not what is here: nothing that another build did may count for this one.
    """
    plan = plan_from(data)
    differing = differing_builds(plan, builds)
    if differing:
        raise OtherBuildError(f"{', '.join(differing)}; have the same checkout, built, for the whole run")
    if plan.subject == "detector":
        from harness.subjects.detector.panel import DetectorBatch

        return DetectorBatch(plan, number).run()
    from harness.subjects.reducer.panel import ReducerBatch

    return ReducerBatch(plan, number).run()


class Batch(ABC):
    """A batch on its way: what the subjects have in common."""

    def __init__(self, plan: FuzzPlan, number: int) -> None:
        self.plan = plan
        self.number = number
        self.steps = 0
        self.divergent = 0
        self.waived = 0
        self.waivers = waivers_from(plan.waivers)
        self.hits: Counter[str] = Counter()
        self.finds: dict[tuple[str, str], Find] = {}
        self._cases = hashlib.sha256()
        self._verdicts = hashlib.sha256()

    @abstractmethod
    def run_case(self, index: int) -> tuple[bytes, list[tuple[str, list[Divergence]]]]:
        """Run a case: all that it is, as bytes, and the divergences of each port that diverges.

        Where the first of them is waived, they include what comes after it: a waiver must not hide another bug.
        """

    @abstractmethod
    def counts(self) -> dict[str, dict[str, int]]:
        """How often what was met."""

    def run(self) -> BatchResult:
        """Every case of the batch, in order."""
        started = time.perf_counter()
        indexes = self.plan.indexes(self.number)
        for index in indexes:
            whole, found = self.run_case(index)
            self._cases.update(whole)
            self.divergent += bool(found)
            waived = [self._note(port, index, divergences) for port, divergences in found]
            self.waived += bool(waived) and all(waived)
        return BatchResult(
            number=self.number,
            cases=len(indexes),
            steps=self.steps,
            divergent=self.divergent,
            waived=self.waived,
            counts={**self.counts(), "waiver": dict(self.hits)} if self.waivers else self.counts(),
            case_hash=self._cases.hexdigest(),
            verdict_hash=self._verdicts.hexdigest(),
            finds=tuple(self.finds.values()),
            seconds=time.perf_counter() - started,
            rss_bytes=_rss_bytes(),
        )

    def covered(self, port: str, divergence: Divergence) -> bool:
        """Whether a waiver covers it."""
        return waiver_of(self.waivers, port, divergence) is not None

    def _note(self, port: str, index: int, divergences: Sequence[Divergence]) -> bool:
        """Note a port's divergences on a case by the first that nobody waived; True if all of them are waived."""
        waivers = [waiver_of(self.waivers, port, each) for each in divergences]
        self.hits.update({waiver.key for waiver in waivers if waiver is not None})
        waived = None not in waivers
        first = 0 if waived else waivers.index(None)
        divergence = divergences[first]
        self._verdicts.update(f"{index} {port} {divergence.fingerprint}\n".encode())
        key = (port, divergence.fingerprint)
        if key in self.finds:
            self.finds[key] = self.finds[key].with_more(1)
        else:
            # What parts in the same step may be the same bug, and has to be waived with it.
            alike = {each.fingerprint for each in divergences[first + 1 :] if each.step in (None, divergence.step)}
            also = sorted(alike - {divergence.fingerprint})
            self.finds[key] = Find(port, divergence.fingerprint, 1, index, {**divergence.to_json(), "also": also})
        return waived


def _rss_bytes() -> int:
    """The memory of this process and of the ports that it started."""
    process, total = psutil.Process(), 0
    for each in (process, *process.children(recursive=True)):
        # A child may end meanwhile.
        with suppress(psutil.NoSuchProcess):
            total += each.memory_info().rss
    return total
