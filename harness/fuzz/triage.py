"""A find is triaged: a smaller case, the ports that disagree, a repro file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.comparators.divergence import Divergence
from harness.engine.majority import Majority, majority_of
from harness.engine.plan import FuzzPlan
from harness.engine.repro import write_repro
from harness.engine.shrink import Shrunk, divergences_of, shrink
from harness.panel import AnyCase
from harness.store.records import Find, Repro

SHRINK_SEC = 60.0


@dataclass(frozen=True, kw_only=True)
class Triaged:
    """A find with its smallest case, the file that replays it, and a vote of all ports."""

    find: Find
    shrunk: Shrunk[AnyCase]
    path: Path
    majority: Majority

    def record(self) -> Repro:
        """The ledger's record of it."""
        return Repro(
            port=self.find.port,
            fingerprint=self.find.fingerprint,
            path=str(self.path),
            size_before=self.shrunk.size_before,
            size_after=self.shrunk.size_after,
            seconds=self.shrunk.seconds,
        )


def triage(plan: FuzzPlan, find: Find, reports_dir: Path, *, time_budget_sec: float = SHRINK_SEC) -> Triaged | None:
    """Shrink the first case of a find and write its repro; None where the case does not diverge when it is run alone."""
    subject, case = plan.about(), plan.case(find.first_index)
    with subject.open(plan.ports(with_third=True)) as panel:
        shrunk = shrink(subject, panel, find.port, case, find.fingerprint, time_budget_sec=time_budget_sec)
        if shrunk is None:
            return None
        absent = [each.name for each in panel.examine() if not each.availability.available]
        majority = majority_of(panel, shrunk.case, without=absent)
        path = write_repro(
            reports_dir,
            subject=subject,
            case=shrunk.case,
            divergences=headed(find, divergences_of(panel, find.port, shrunk.case)),
            port=find.port,
            candidate=panel.candidate_of(find.port),
            majority=majority,
        )
    return Triaged(find=find, shrunk=shrunk, path=path, majority=majority)


def headed(find: Find, divergences: list[Divergence]) -> list[Divergence]:
    """The divergences with those of the find at their head."""
    return sorted(divergences, key=lambda each: each.fingerprint != find.fingerprint)
