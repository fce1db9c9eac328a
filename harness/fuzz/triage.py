"""A find is triaged: a smaller case, the ports that disagree, a repro file."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    """A find with its smallest case, the file that replays it, and a vote of all ports.

    A flaky find, whose case does not diverge alone, is not shrunk: its file has the `asked_before` cases of its batch as well.
    """

    find: Find
    shrunk: Shrunk[AnyCase]
    path: Path
    majority: Majority | None = None
    asked_before: int = 0

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


def triage(plan: FuzzPlan, find: Find, reports_dir: Path, *, time_budget_sec: float = SHRINK_SEC) -> Triaged:
    """Shrink the first case of a find and write its repro; a flaky one with all that the port was asked before it."""
    subject, case = plan.about(), plan.case(find.first_index)
    with subject.open(plan.ports(with_third=True)) as panel:
        shrunk = shrink(subject, panel, find.port, case, find.fingerprint, time_budget_sec=time_budget_sec)
        if shrunk is None:
            return _flaky(plan, find, reports_dir, panel.candidate_of(find.port))
        # A port that depends on what it was asked before may have shown the same again by accident.
        with subject.open(replace(plan.ports(), may_keep=False)) as fresh:
            found = divergences_of(fresh, find.port, shrunk.case)
        if not any(each.fingerprint == find.fingerprint for each in found):
            return _flaky(plan, find, reports_dir, panel.candidate_of(find.port))
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


def _flaky(plan: FuzzPlan, find: Find, reports_dir: Path, candidate: str | None) -> Triaged:
    """Write the repro of a find that needs the cases of its batch before it, or luck."""
    subject, index = plan.about(), find.first_index
    depth_of = subject.defaults.night_depth
    before = [(plan.case(each), depth_of(each)) for each in range(index - index % plan.batch_size, index)]
    case, told = plan.case(index), find.divergence
    divergence = Divergence(
        path=told["path"], kind=told["kind"], reference=told["reference"], candidate=told["candidate"], step=told["step"],
        event=told["event"], cause=told.get("cause", ""), stage=told.get("stage", ""),
    )  # fmt: skip
    path = write_repro(
        reports_dir,
        subject=subject,
        case=case,
        divergences=[divergence],
        port=find.port,
        candidate=candidate,
        depth=depth_of(index),
        before=before,
    )
    size, unit = subject.shrinking.size(case) if subject.shrinking else (0, "")
    unshrunk = Shrunk(case=case, size_before=size, size_after=size, unit=unit, attempts=0, seconds=0.0)
    return Triaged(find=find, shrunk=unshrunk, path=path, asked_before=len(before))


def headed(find: Find, divergences: list[Divergence]) -> list[Divergence]:
    """The divergences with those of the find at their head."""
    return sorted(divergences, key=lambda each: each.fingerprint != find.fingerprint)
