"""What is made of a find in the detector: a smaller case, a look at all ports, a repro file."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from generators.detector.bulk import draw_choices
from generators.detector.case import SeriesCase
from generators.detector.choices import decode_case
from harness.comparators.divergence import ABSENT, Divergence
from harness.engine.plan import FuzzPlan
from harness.fuzz.triage import Explained, headed
from harness.store.records import Find
from harness.subjects.detector.asking.calls import answer
from harness.subjects.detector.contract import load_detector_contract
from harness.subjects.detector.judging.hold import hold
from harness.subjects.detector.odd import look_at_series, third_detector_ports
from harness.subjects.detector.panel import ports_of
from harness.subjects.detector.ports.isolation import Cage, GivenUp, caged
from harness.subjects.detector.ports.modules import DetectorPort, Unnamed
from harness.subjects.detector.ports.threads import one_thread
from harness.subjects.detector.repro import write_detector_repro
from harness.subjects.detector.shrink import SeriesShrinker, size_of


def explain_series(plan: FuzzPlan, find: Find, reports_dir: Path, *, time_budget_sec: float) -> Explained | None:
    """Shrink the first case of a find and write its repro; None where it no longer diverges when it is run alone."""
    with ExitStack() as stack:
        stack.enter_context(one_thread())
        reference, *candidates = ports_of(plan.candidate_modules)
        cages = {}
        for port in [*candidates, *third_detector_ports(candidates)]:
            cage = stack.enter_context(caged(port, timeout_sec=plan.timeout_sec))
            if cage.opened().available.available:
                cages[port.name] = cage
        return _explained(plan, find, reports_dir, time_budget_sec, reference, cages) if find.port in cages else None


def _explained(
    plan: FuzzPlan,
    find: Find,
    reports_dir: Path,
    time_budget_sec: float,
    reference: DetectorPort,
    cages: dict[str, Cage],
) -> Explained | None:
    choices, name, metadata = draw_choices(plan.seed, find.first_index)
    case = decode_case(choices, name=name, metadata=metadata)

    def still_diverges(attempt: SeriesCase) -> bool:
        found = differences(attempt, reference, cages[find.port])
        return any(each.fingerprint == find.fingerprint for each in found)

    if not still_diverges(case):
        return None
    shrunk = SeriesShrinker(still_diverges, time_budget_sec=time_budget_sec).shrink(choices, case)
    size_after, unit = size_of(shrunk.case)
    odd = look_at_series(shrunk.case, reference, cages, load_detector_contract())
    found = headed(find, differences(shrunk.case, reference, cages[find.port]))
    path = write_detector_repro(reports_dir, case=shrunk.case, divergences=found, port=find.port, real=False, odd=odd)
    return Explained(
        find=find,
        size_before=size_of(case)[0],
        size_after=size_after,
        unit=unit,
        attempts=shrunk.attempts,
        seconds=shrunk.seconds,
        path=path,
        odd=odd,
    )


def differences(case: SeriesCase, reference: DetectorPort, cage: Cage) -> list[Divergence]:
    """Every divergence of a case; none where not even the reference can be asked, as may happen to one that was cut down."""
    # A case that breaks its port is asked for again and again while it is made smaller.
    cage.breakdowns = 0
    try:
        expected = answer(reference, case)
    except Exception:
        return []
    try:
        contract = load_detector_contract()
        verdict = hold(cage, case=case, reference=expected, contract=contract, reference_port=reference, real=False)
    except Unnamed as error:
        return [Divergence(path=f"$.{error}", kind="missing", reference="a name", candidate=ABSENT)]
    except GivenUp as error:
        return [Divergence(path="$", kind="error", reference="an outcome", candidate=str(error))]
    return verdict.divergences
