"""A look at all ports of the detector on one case: which of them stands alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from generators.detector.case import SeriesCase
from harness.comparators.divergence import ABSENT, Divergence
from harness.engine.majority import Look, look
from harness.subjects.detector.asking.calls import answer
from harness.subjects.detector.contract import DetectorContract
from harness.subjects.detector.judging.hold import hold
from harness.subjects.detector.ports.isolation import Broken, Cage, GivenUp
from harness.subjects.detector.ports.modules import DetectorPort, Unnamed, open_detector_ports

THIRD_PORT = "rust"


def look_at_series(
    case: SeriesCase, reference: DetectorPort, cages: Mapping[str, Cage], contract: DetectorContract, *, real: bool = False
) -> Look:
    """The look at a case; the reference comes first, and what may be excused is what the reference excuses."""

    def differs(one: str, other: str) -> Divergence | None:
        try:
            expected = answer(reference, case) if one == reference.name else cages[one].answer(case).outcome
            verdict = hold(cages[other], case=case, reference=expected, contract=contract, reference_port=reference, real=real)
        except Unnamed as error:
            return Divergence(path=f"$.{error}", kind="missing", reference="a name", candidate=ABSENT)
        except (Broken, GivenUp) as error:
            return Divergence(path="$", kind="error", reference="an outcome", candidate=str(error))
        return verdict.divergences[0] if verdict.divergences else None

    return look([reference.name, *cages], differs)


def third_detector_ports(ports: Sequence[DetectorPort]) -> list[DetectorPort]:
    """A third opinion on another candidate, where it can be had and is not among the ports already."""
    if THIRD_PORT in [port.name for port in ports]:
        return []
    return [port for port in open_detector_ports((THIRD_PORT,))[1:] if port.availability().available]
