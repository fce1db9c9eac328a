"""The verdict on a port's answer to one case, including breakdowns and side effects."""

from __future__ import annotations

from generators.detector.case import DetectorCase
from generators.plain import Json
from harness.comparators.divergence import Divergence
from harness.comparators.path import ROOT_PATH, Path
from harness.subjects.detector.asking.calls import answered
from harness.subjects.detector.contract import DetectorContract
from harness.subjects.detector.judging.judge import SIDE_EFFECTS, Verdict, judge
from harness.subjects.detector.judging.stages import staged
from harness.subjects.detector.ports.isolation import BrokenPortError, IsolatedPort
from harness.subjects.detector.ports.modules import DetectorPort


def verdict_on(
    port: DetectorPort | IsolatedPort,
    *,
    case: DetectorCase,
    reference: Json,
    contract: DetectorContract,
    reference_port: DetectorPort,
    real: bool,
) -> Verdict:
    """Judge a port's answer to a case. A breakdown is a divergence, and so is every side effect, whatever else is excused.

    Raises `UnnamedError` and `GivenUpError` if there is no answer to judge.
    """
    try:
        found = port.answer(case) if isinstance(port, IsolatedPort) else answered(port, case)
    except BrokenPortError as error:
        event = {"_type": case.kind}
        silent = Divergence(
            path=ROOT_PATH, kind="error", reference="an outcome", candidate=str(error), event=event, cause=error.cause
        )
        return Verdict([silent])
    verdict = judge(
        case=case, reference=reference, candidate=found.outcome, contract=contract, reference_port=reference_port, real=real
    )
    verdict.divergences = staged(verdict.divergences)
    verdict.divergences += [
        Divergence(path=Path(SIDE_EFFECTS, what), kind="value", reference="left alone", candidate="changed")
        for what in found.side_effects
    ]
    return verdict
