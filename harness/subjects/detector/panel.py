"""A batch of the detector's cases."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack
from functools import lru_cache

from generators.detector.bulk import generate_case
from generators.detector.case import SeriesCase
from generators.plain import Json
from harness.comparators.divergence import ABSENT, Divergence
from harness.engine.plan import FuzzPlan
from harness.fuzz.batch import Batch
from harness.store.records import BatchResult
from harness.subjects.detector.asking.calls import answer
from harness.subjects.detector.contract import DetectorContract, load_detector_contract
from harness.subjects.detector.judging.hold import hold
from harness.subjects.detector.ports.isolation import Cage, GivenUp, caged
from harness.subjects.detector.ports.modules import DetectorPort, Unnamed, open_detector_ports
from harness.subjects.detector.ports.threads import one_thread
from harness.subjects.detector.tally import SeriesTally


@lru_cache(maxsize=4)
def ports_of(modules: tuple[str, ...]) -> list[DetectorPort]:
    """The ports of this process, the reference imported."""
    ports = open_detector_ports(("python",) if modules else (), modules=modules)
    ports[0].availability()
    return ports


@lru_cache(maxsize=1)
def _contract() -> DetectorContract:
    return load_detector_contract()


class DetectorBatch(Batch):
    """A batch on its way. Its candidates' processes are its own, so that how often one broke down before decides nothing."""

    def __init__(self, plan: FuzzPlan, number: int) -> None:
        super().__init__(plan, number)
        self.reference, *self.candidates = ports_of(plan.candidate_modules)
        self.cages: list[Cage] = []
        self.tally = SeriesTally()
        self.judged: Counter[str] = Counter()

    def run(self) -> BatchResult:
        """Every case of the batch, in order, on one thread of the numerical libraries."""
        with ExitStack() as stack:
            stack.enter_context(one_thread())
            self.cages = [stack.enter_context(caged(port, timeout_sec=self.plan.timeout_sec)) for port in self.candidates]
            return super().run()

    def counts(self) -> dict[str, dict[str, int]]:
        """Properties of the data, and by what its cases were judged."""
        return {"property": dict(self.tally.counts), "judged": dict(self.judged)}

    def run_case(self, index: int) -> tuple[bytes, list[tuple[str, list[Divergence]]]]:
        """Run a case through every port."""
        case = generate_case(self.plan.seed, index)
        self.tally.add(case)
        self.steps += 1
        reference = answer(self.reference, case)
        verdicts = [(cage.name, self._compare(cage, case, reference)) for cage in self.cages]
        return json.dumps(case.to_json(), sort_keys=True).encode(), [verdict for verdict in verdicts if verdict[1]]

    def _compare(self, cage: Cage, case: SeriesCase, reference: Json) -> list[Divergence]:
        try:
            verdict = hold(
                cage, case=case, reference=reference, contract=_contract(), reference_port=self.reference, real=False
            )
        except Unnamed as error:
            # What was not compared has not passed.
            return [Divergence(path=f"$.{error}", kind="missing", reference="a name", candidate=ABSENT)]
        except GivenUp:
            return [
                Divergence(path="$", kind="error", reference="an outcome", candidate="not asked after it broke down too often")
            ]
        self.judged["excused" if verdict.excused else "by its tolerances"] += 1
        return verdict.divergences
