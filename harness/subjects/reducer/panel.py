"""A batch of the reducer's cases."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from generators.reducer.bulk import generate_case
from generators.reducer.case import Case, to_line
from harness.comparators.divergence import Divergence
from harness.engine.plan import FuzzPlan
from harness.fuzz.batch import Batch
from harness.subjects.reducer.past_waivers import asked_further, step_by_step
from harness.subjects.reducer.ports.base import Outcome, Port
from harness.subjects.reducer.ports.registry import open_ports
from harness.subjects.reducer.tally import Tally
from harness.subjects.reducer.thorough import compare_case

# Replay says most; every so many cases are also asked by single transitions, the other methods and a session.
METHODS_EVERY = 40
# A port that does not answer costs its timeout every time; after so many in a row the batch counts the rest as divergent.
FAILURES_MAX = 5


@lru_cache(maxsize=4)
def ports_of(candidate_exes: tuple[str, ...], timeout_sec: float) -> list[Port]:
    """The ports of this process, opened once and kept: starting them costs more than a batch."""
    names = ("python",) if candidate_exes else ("python", "haskell")
    return open_ports(names, candidate_exes=candidate_exes, timeout_sec=timeout_sec)


class ReducerBatch(Batch):
    """A batch on its way."""

    def __init__(self, plan: FuzzPlan, number: int) -> None:
        super().__init__(plan, number)
        self.reference, *self.candidates = ports_of(plan.candidate_exes, plan.timeout_sec)
        self.tally = Tally()
        self.silent: Counter[str] = Counter()

    def counts(self) -> dict[str, dict[str, int]]:
        """Phases, events, actions, reasons and refusals."""
        thorough = sum(1 for index in self.plan.indexes(self.number) if index % METHODS_EVERY == 0)
        return {**self.tally.to_json(), "asked": {"thoroughly": thorough}}

    def run_case(self, index: int) -> tuple[bytes, list[tuple[str, list[Divergence]]]]:
        """Run a case through every port."""
        case = generate_case(self.plan.seed, index, events_max=self.plan.events_max)
        line = to_line(case.request())
        reference = self.reference.ask(line)
        self.tally.add(case, reference.answer)
        self.steps = self.tally.steps
        found = []
        for port in self.candidates:
            divergences = self._compare(port, case, index, line, reference)
            if divergences:
                if self.covered(port.name, divergences[0]):
                    divergences = step_by_step(case, divergences, self.reference, port)
                    divergences += asked_further(case, self.reference, port) if index % METHODS_EVERY == 0 else []
                found.append((port.name, divergences))
        return line, found

    def _compare(self, port: Port, case: Case, index: int, line: bytes, reference: Outcome) -> list[Divergence]:
        if self.silent[port.name] >= FAILURES_MAX:
            silence = f"not asked after {FAILURES_MAX} failures in a row"
            return [Divergence(path="$", kind="error", reference="an answer", candidate=silence)]
        candidate = port.ask(line)
        self.silent[port.name] = self.silent[port.name] + 1 if candidate.line is None else 0
        return compare_case(
            case=case,
            reference=reference,
            candidate=candidate,
            reference_port=self.reference,
            port=port,
            thorough=index % METHODS_EVERY == 0,
        )
