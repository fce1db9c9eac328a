"""Rounding ties: rounded values one unit apart agree only if the unrounded values lie on either side of a tie."""

from __future__ import annotations

from collections.abc import Sequence

from generators.detector.case import DetectorCase
from generators.plain import Json
from harness.comparators.divergence import Divergence
from harness.subjects.detector.contract import DetectorContract

DEFAULT_GAIN = 1.0


def without_ties(
    divergences: Sequence[Divergence], *, reference: Json, candidate: Json, case: DetectorCase, contract: DetectorContract
) -> tuple[list[Divergence], int]:
    """Return the divergences that are not rounding ties, and the number of ties."""
    kept = []
    for each in divergences:
        try:
            tie = _is_tie(each, reference, candidate, case, contract)
        except (KeyError, IndexError, TypeError, ValueError):
            tie = False  # not a valid state
        if not tie:
            kept.append(each)
    return kept, len(divergences) - len(kept)


def _is_tie(found: Divergence, reference: Json, candidate: Json, case: DetectorCase, contract: DetectorContract) -> bool:
    match found.path.steps:
        case ("inference", ("updates" | "snapshots") as calls, int(index), "value", "state", str(field)):
            pass
        case ("inference", ("updates" | "snapshots") as calls, int(index), "value", str(field)):
            pass
        case _:
            return False
    if field not in contract.rounding.fields or found.kind != "value":
        return False
    values = [side["inference"][calls][index]["value"] for side in (reference, candidate)]
    states = [value.get("state", value) for value in values]
    return contract.rounding.ties(field, states, float(case.inputs["config"].get("HMM_BIAS_GAIN", DEFAULT_GAIN)))
