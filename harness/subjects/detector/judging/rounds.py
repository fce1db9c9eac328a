"""Rounds of EM that follow: an error that each round lets grow is no error of the later rounds.

A round starts from the parameters that the round before left. EM settles in the end, but on its way, above all from a start
that is far off, it can make what two libraries' roundings differ by ten times larger in every round. So a round that lies
beyond its tolerance is held against the one round that the reference makes of the very parameters that the candidate had
before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from generators.detector.case import DetectorCase, Series
from generators.plain import Json
from harness.comparators.divergence import Divergence
from harness.comparators.epsilon import compare
from harness.subjects.detector.asking.calls import answer
from harness.subjects.detector.contract import DetectorContract
from harness.subjects.detector.judging.ties import PARAMETERS
from harness.subjects.detector.ports.modules import DetectorPort


def without_grown_rounds(
    divergences: Sequence[Divergence],
    *,
    candidate: Json,
    case: DetectorCase,
    contract: DetectorContract,
    reference_port: DetectorPort,
) -> tuple[list[Divergence], int]:
    """Return the divergences but for rounds that follow from the candidate's round before, and the number of those rounds."""
    numbers = sorted({each.path.steps[2] for each in divergences if _is_of_a_round(each)}, key=str)
    if case.kind != "em" or not numbers:
        return list(divergences), 0
    followed = set()
    for number in numbers:
        if isinstance(number, int) and number > 0 and _follows(number, candidate, case, contract, reference_port):
            followed.add(number)
    kept = [each for each in divergences if not (_is_of_a_round(each) and each.path.steps[2] in followed)]
    return kept, len(followed)


def _is_of_a_round(found: Divergence) -> bool:
    return found.kind == "value" and found.path.steps[:2] == ("em", "rounds") and found.path.steps[3:4] == ("value",)


def _follows(number: int, candidate: Json, case: DetectorCase, contract: DetectorContract, port: DetectorPort) -> bool:
    """Return True if the reference makes the candidate's round of what the candidate had before it, within the tolerances."""
    try:
        before, after = candidate["em"]["rounds"][number - 1]["value"], candidate["em"]["rounds"][number]
        one = replace(case, inputs={**case.inputs, "start": _start(before), "rounds": 1})
        rows = case.inputs["rows"].values
        found = compare(
            reference=answer(port, one),
            candidate={"em": {"rounds": [after]}},
            tolerances=contract.tolerances,
            data=rows if rows.ndim == 2 else None,
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        return False  # no parameters that a round could begin with
    return not found.divergences


def _start(before: Mapping[str, Any]) -> dict[str, Series]:
    known = {name: np.array(before[name], dtype=np.float64) for name in PARAMETERS}
    covars = known["covars"]
    known["covars"] = np.stack([np.diag(each) for each in covars]) if covars.ndim == 3 else covars
    return {name: Series(values) for name, values in known.items()}
