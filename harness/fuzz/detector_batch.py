"""A batch of the detector's cases."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache

from generators.series.bulk import generate_case
from harness.comparators.divergence import Divergence
from harness.detector.calls import answer
from harness.detector.contract import DetectorContract, load_detector_contract
from harness.detector.judge import judge
from harness.detector.tally import SeriesTally
from harness.detector.threads import one_thread
from harness.fuzz.batch import Batch
from harness.fuzz.plan import FuzzPlan
from harness.ports.detector import DetectorPort, Unnamed, open_detector_ports


@lru_cache(maxsize=4)
def ports_of(modules: tuple[str, ...]) -> list[DetectorPort]:
    """The ports of this process, imported once."""
    ports = open_detector_ports(("python",) if modules else (), modules=modules)
    for port in ports:
        available = port.availability()
        if not available.available:
            raise RuntimeError(f"port {port.name} is missing: {available.reason}; {available.remedy}")
    return ports


@lru_cache(maxsize=1)
def _contract() -> DetectorContract:
    return load_detector_contract()


class DetectorBatch(Batch):
    """A batch on its way."""

    def __init__(self, plan: FuzzPlan, number: int) -> None:
        super().__init__(plan, number)
        self.reference, *self.candidates = ports_of(plan.candidate_modules)
        self.tally = SeriesTally()
        self.judged: Counter[str] = Counter()

    def counts(self) -> dict[str, dict[str, int]]:
        """Properties of the data, and by what its cases were judged."""
        return {"property": dict(self.tally.counts), "judged": dict(self.judged)}

    def run_case(self, index: int) -> tuple[bytes, list[tuple[str, Divergence]]]:
        """Run a case through every port, on one thread of the numerical libraries."""
        case = generate_case(self.plan.seed, index)
        self.tally.add(case)
        self.steps += 1
        found = []
        with one_thread():
            reference = answer(self.reference, case)
            for port in self.candidates:
                try:
                    candidate = answer(port, case)
                except Unnamed as error:
                    # What was not compared has not passed.
                    lacking = Divergence(path=f"$.{error}", kind="missing", reference="a name", candidate=None)
                    found.append((port.name, lacking))
                    continue
                verdict = judge(
                    case=case,
                    reference=reference,
                    candidate=candidate,
                    contract=_contract(),
                    reference_port=self.reference,
                    real=False,
                )
                self.judged[f"excused by {verdict.excused}" if verdict.excused else "by its tolerances"] += 1
                if verdict.divergences:
                    found.append((port.name, verdict.divergences[0]))
        return json.dumps(case.to_json(), sort_keys=True).encode(), found
