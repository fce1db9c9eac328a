"""Whether a plan's ports can be used: no night is spent on one that is missing or holds another contract."""

from __future__ import annotations

from contextlib import ExitStack

from harness.comparators.divergence import Divergence
from harness.engine.plan import FuzzPlan
from harness.subjects.reducer import panel as reducer_batch
from harness.subjects.reducer.contract import load_contract, probe
from harness.subjects.reducer.ports.base import Availability

Findings = tuple[list[tuple[str, Availability]], list[tuple[str, Divergence]]]


def unusable(plan: FuzzPlan) -> Findings:
    """The ports that are missing or broken, and where the others differ from the contract; both empty if all is well."""
    return _of_the_detector(plan) if plan.subject == "detector" else _of_the_reducer(plan)


def _of_the_reducer(plan: FuzzPlan) -> Findings:
    missing, differing = [], []
    for port in reducer_batch.ports_of(plan.candidate_exes, plan.timeout_sec):
        available, found, _ = probe(port, load_contract())
        if not available.available:
            missing.append((port.name, available))
        differing += [(port.name, each) for each in found]
    return missing, differing


def _of_the_detector(plan: FuzzPlan) -> Findings:
    # Numerical libraries take seconds to import, and the reducer needs none.
    from harness.subjects.detector import panel as detector_batch
    from harness.subjects.detector.contract import load_detector_contract
    from harness.subjects.detector.ports.isolation import caged

    missing, differing = [], []
    surface = load_detector_contract().surface
    reference, *candidates = detector_batch.ports_of(plan.candidate_modules)
    if not reference.availability().available:
        missing.append((reference.name, reference.availability()))
    with ExitStack() as stack:
        for port in candidates:
            cage = stack.enter_context(caged(port, timeout_sec=plan.timeout_sec))
            available = cage.opened().available
            if available.available:
                differing += [(port.name, each) for each in cage.differing(surface)]
            else:
                missing.append((port.name, available))
    return missing, differing


def candidates_of(plan: FuzzPlan) -> list[str]:
    """The names of the ports that a plan asks."""
    if plan.subject == "detector":
        from harness.subjects.detector import panel as detector_batch

        return [port.name for port in detector_batch.ports_of(plan.candidate_modules)[1:]]
    return [port.name for port in reducer_batch.ports_of(plan.candidate_exes, plan.timeout_sec)[1:]]
