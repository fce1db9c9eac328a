"""One case on one port, whatever happens there: a verdict."""

from __future__ import annotations

from generators.detector.case import DetectorCase
from generators.plain import Json
from harness.comparators.divergence import Divergence
from harness.comparators.path import ROOT_PATH, Path
from harness.subjects.detector.asking.calls import answered
from harness.subjects.detector.contract import DetectorContract
from harness.subjects.detector.judging.judge import SIDE_EFFECTS, Verdict, judge
from harness.subjects.detector.ports.isolation import BrokenPortError, IsolatedPort
from harness.subjects.detector.ports.modules import DetectorPort


def hold(
    port: DetectorPort | IsolatedPort,
    *,
    case: DetectorCase,
    reference: Json,
    contract: DetectorContract,
    reference_port: DetectorPort,
    real: bool,
) -> Verdict:
    """The verdict on a port's answer. Raises `UnnamedError` and `GivenUpError`, where there is nothing to judge."""
    try:
        found = port.answer(case) if isinstance(port, IsolatedPort) else answered(port, case)
    except BrokenPortError as error:
        return Verdict([Divergence(path=ROOT_PATH, kind="error", reference="an outcome", candidate=str(error))])
    verdict = judge(
        case=case, reference=reference, candidate=found.outcome, contract=contract, reference_port=reference_port, real=real
    )
    # Nothing may excuse a change of what the port does not own.
    verdict.divergences += [
        Divergence(path=Path(SIDE_EFFECTS, what), kind="value", reference="left alone", candidate="changed")
        for what in found.touched
    ]
    return verdict
