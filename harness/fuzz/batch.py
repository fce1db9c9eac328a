"""One batch: its cases through the reference and every candidate, in order, in whatever process this is."""

from __future__ import annotations

import hashlib
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import psutil

from harness.comparators.divergence import Divergence
from harness.fuzz.plan import FuzzPlan, plan_from
from harness.store.records import BatchResult, Find


def run_batch(data: Mapping[str, Any], number: int) -> BatchResult:
    """Run batch `number` of a plan (as `FuzzPlan.to_json` gives it). The same everywhere but for its time and its memory."""
    plan = plan_from(data)
    if plan.subject == "detector":
        from harness.fuzz.detector_batch import DetectorBatch

        return DetectorBatch(plan, number).run()
    from harness.fuzz.reducer_batch import ReducerBatch

    return ReducerBatch(plan, number).run()


class Batch(ABC):
    """A batch on its way: what the subjects have in common."""

    def __init__(self, plan: FuzzPlan, number: int) -> None:
        self.plan = plan
        self.number = number
        self.steps = 0
        self.divergent = 0
        self.finds: dict[tuple[str, str], Find] = {}
        self._cases = hashlib.sha256()
        self._verdicts = hashlib.sha256()

    @abstractmethod
    def run_case(self, index: int) -> tuple[bytes, list[tuple[str, Divergence]]]:
        """Run a case: all that it is, as bytes, and the first divergence of each port that diverges."""

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
            for port, divergence in found:
                self._note(port, index, divergence)
        return BatchResult(
            number=self.number,
            cases=len(indexes),
            steps=self.steps,
            divergent=self.divergent,
            waived=0,
            counts=self.counts(),
            case_hash=self._cases.hexdigest(),
            verdict_hash=self._verdicts.hexdigest(),
            finds=tuple(self.finds.values()),
            seconds=time.perf_counter() - started,
            rss_bytes=psutil.Process().memory_info().rss,
        )

    def _note(self, port: str, index: int, divergence: Divergence) -> None:
        self._verdicts.update(f"{index} {port} {divergence.fingerprint}\n".encode())
        key = (port, divergence.fingerprint)
        if key in self.finds:
            self.finds[key] = self.finds[key].with_more(1)
        else:
            self.finds[key] = Find(port, divergence.fingerprint, 1, index, divergence.to_json())
