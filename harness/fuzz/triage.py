"""What is made of a find: a smaller case, the ports that disagree, a repro file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from generators.reducer.bulk import draw_choices, generate_case
from generators.reducer.case import Case
from harness.comparators.divergence import Divergence
from harness.engine.majority import Look, divergences_of, look_at, third_ports
from harness.engine.plan import FuzzPlan
from harness.engine.repro import write_repro
from harness.engine.shrink import Shrinker
from harness.store.records import Find, Repro
from harness.subjects.reducer.panel import ports_of
from harness.subjects.reducer.past_waivers import state_after

SHRINK_SEC = 60.0


@dataclass(frozen=True, kw_only=True)
class Explained:
    """A find with what its smallest case comes to, the file that replays it, and a look at all ports."""

    find: Find
    size_before: int
    size_after: int
    unit: str
    attempts: int
    seconds: float
    path: Path
    odd: Look

    def record(self) -> Repro:
        """What the ledger keeps of it."""
        return Repro(
            port=self.find.port,
            fingerprint=self.find.fingerprint,
            path=str(self.path),
            size_before=self.size_before,
            size_after=self.size_after,
            seconds=self.seconds,
        )


def explain(plan: FuzzPlan, find: Find, reports_dir: Path, *, time_budget_sec: float = SHRINK_SEC) -> Explained | None:
    """Shrink the first case of a find and write its repro; None where it no longer diverges when it is run alone."""
    if plan.subject == "detector":
        from harness.subjects.detector.triage import explain_series

        return explain_series(plan, find, reports_dir, time_budget_sec=time_budget_sec)
    ports = ports_of(plan.candidate_exes, plan.timeout_sec)
    reference, *candidates = ports
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
    exe = dict(zip((each.name for each in candidates), plan.candidate_exes, strict=False)).get(find.port)
    odd = look_at(shrunk.case, [*ports, *third_ports(ports, plan.timeout_sec)])
    found = headed(find, divergences_of(shrunk.case, reference, port))
    path = write_repro(reports_dir, case=shrunk.case, divergences=found, port=find.port, exe=exe, described={}, odd=odd)
    return Explained(
        find=find,
        size_before=shrunk.events_before,
        size_after=len(shrunk.case.events),
        unit="events",
        attempts=shrunk.attempts,
        seconds=shrunk.seconds,
        path=path,
        odd=odd,
    )


def headed(find: Find, divergences: list[Divergence]) -> list[Divergence]:
    """The divergences with those of the find at their head."""
    return sorted(divergences, key=lambda each: each.fingerprint != find.fingerprint)
