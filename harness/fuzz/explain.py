"""What is made of a find: a smaller case, the ports that disagree, a repro file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generators.bulk import draw_choices, generate_case
from generators.case import Case
from harness.comparators.divergence import Divergence
from harness.fuzz.plan import FuzzPlan
from harness.fuzz.reducer_batch import ports_of
from harness.fuzz.shrink import Shrinker, Shrunk
from harness.methods import compare_case
from harness.ports.base import Port
from harness.repro import write_repro
from harness.store.records import Find, Repro


@dataclass(frozen=True, kw_only=True)
class Explained:
    """A find with its smallest case and the file that replays it."""

    find: Find
    shrunk: Shrunk
    divergences: tuple[Divergence, ...]
    path: Path

    def record(self) -> Repro:
        """What the ledger keeps of it."""
        return Repro(
            port=self.find.port,
            fingerprint=self.find.fingerprint,
            path=str(self.path),
            size_before=self.shrunk.events_before,
            size_after=len(self.shrunk.case.events),
            seconds=self.shrunk.seconds,
        )


def explain(plan: FuzzPlan, find: Find, reports_dir: Path, *, time_budget_sec: float = 60.0) -> Explained | None:
    """Shrink the first case of a find and write its repro; None where it no longer diverges when it is run alone."""
    reference, *candidates = ports_of(plan.candidate_exes, plan.timeout_sec)
    port = next(candidate for candidate in candidates if candidate.name == find.port)
    case = generate_case(plan.seed, find.first_index, events_max=plan.events_max)
    choices = draw_choices(plan.seed, find.first_index, events_max=plan.events_max)

    def still_diverges(attempt: Case) -> bool:
        return any(each.fingerprint == find.fingerprint for each in divergences_of(attempt, reference, port))

    if not still_diverges(case):
        return None
    shrinker = Shrinker(
        still_diverges, lambda case, steps: state_after(case, steps, reference), time_budget_sec=time_budget_sec
    )
    shrunk = shrinker.shrink(choices, case)
    found = divergences_of(shrunk.case, reference, port)
    first = sorted(found, key=lambda each: each.fingerprint != find.fingerprint)
    exe = dict(zip((each.name for each in candidates), plan.candidate_exes, strict=False)).get(find.port)
    path = write_repro(reports_dir, case=shrunk.case, divergences=first, port=find.port, exe=exe, described={})
    return Explained(find=find, shrunk=shrunk, divergences=tuple(first), path=path)


def divergences_of(case: Case, reference: Port, port: Port) -> list[Divergence]:
    """Every divergence of a case, thoroughly."""
    return compare_case(
        case=case,
        reference=reference.replay(case),
        candidate=port.replay(case),
        reference_port=reference,
        port=port,
        thorough=True,
    )


def state_after(case: Case, steps: int, reference: Port) -> Any:
    """The reference's state after the first events of a case; None where it refuses the case."""
    request = {**case.inputs(), "events": list(case.events[:steps])}
    return reference.call("replay", request).answer.get("state")
