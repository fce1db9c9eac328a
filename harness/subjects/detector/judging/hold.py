"""One case on one port, whatever happens there: a verdict."""

from __future__ import annotations

from collections.abc import Callable

from generators.detector.case import DetectorCase
from generators.plain import Json
from harness.comparators.divergence import Divergence
from harness.comparators.path import ROOT_PATH, Path
from harness.subjects.detector.asking.calls import Answer, answered
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
        found = asking(port)(case)
    except BrokenPortError as error:
        return broken(error)
    return judged(found, case=case, reference=reference, contract=contract, reference_port=reference_port, real=real)


def judged(
    found: Answer, *, case: DetectorCase, reference: Json, contract: DetectorContract, reference_port: DetectorPort, real: bool
) -> Verdict:
    """The verdict on an answer, what it touched included."""
    verdict = judge(
        case=case, reference=reference, candidate=found.outcome, contract=contract, reference_port=reference_port, real=real
    )
    verdict.divergences += side_effect_divergences(found)
    return verdict


def broken(why: object) -> Verdict:
    """The verdict on a port that gave no answer."""
    return Verdict([Divergence(path=ROOT_PATH, kind="error", reference="an outcome", candidate=str(why))])


def asking(port: DetectorPort | IsolatedPort) -> Callable[[DetectorCase], Answer]:
    """The function that puts a case to a port."""
    return port.answer if isinstance(port, IsolatedPort) else lambda case: answered(port, case)


def side_effect_divergences(found: Answer) -> list[Divergence]:
    """Divergences for everything that a port changed and does not own; nothing may excuse that."""
    return [
        Divergence(path=Path(SIDE_EFFECTS, what), kind="value", reference="left alone", candidate="changed")
        for what in found.touched
    ]
