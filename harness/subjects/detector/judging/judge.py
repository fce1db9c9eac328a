"""Two outcomes of one case, a verdict: at parity, divergent, or excused by a comparison that is counted.

A case is excused only where the reference parts with itself once its data are moved by their last bit, and never on real
candles: then the statistical comparator decides whether the two optima are as good as each other, or, on data that were
declared degenerate, what is defined is compared alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from generators.detector.case import DetectorCase, Series
from generators.plain import Json
from harness.comparators.divergence import Divergence
from harness.comparators.epsilon import Comparison, Largest, compare
from harness.comparators.path import Path
from harness.comparators.tolerances import Tolerances
from harness.subjects.detector.contract import DetectorContract
from harness.subjects.detector.judging.perturbation import moved_outcomes
from harness.subjects.detector.judging.rounding import without_ties
from harness.subjects.detector.judging.statistical import Likeness, compare_optima
from harness.subjects.detector.judging.well_defined import agreed, well_defined, within
from harness.subjects.detector.ports.modules import DetectorPort

NOTHING = Tolerances()
# What a case may be excused by.
STATISTICS, WELL_DEFINED = "statistics", "what is well defined"
# The level of what a call must leave alone; it stands in every outcome's place for it.
SIDE_EFFECTS = "touched"


@dataclass
class Verdict:
    """The verdict on one case and port. `excused` names the weaker comparison that had to do."""

    divergences: list[Divergence] = field(default_factory=list)
    largest: dict[str, Largest] = field(default_factory=dict)
    identical: list[tuple[str, bool]] = field(default_factory=list)
    ties: int = 0
    excused: str | None = None
    likeness: Likeness | None = None
    levels: tuple[str, ...] = ()


def is_of_training(path: Path) -> bool:
    """True for what a training leaves: its start, its parameters, labels, path and posteriors."""
    match path.steps:
        case ("same_seed", "trainings", int(), *rest) | ("same_seed", *rest):
            if rest[:1] in (["start"], ["trained"]):
                return rest[1:2] in (["value"], ["error"], ["said"])
            return rest[:1] in (["labels"], ["path"], ["posteriors"])
    return False


def level_of(path: Path) -> str:
    """The level of comparison that a path belongs to: its first name."""
    return str(path.steps[0]) if path.steps else path


def judge(
    *,
    case: DetectorCase,
    reference: Json,
    candidate: Json,
    contract: DetectorContract,
    reference_port: DetectorPort,
    real: bool,
) -> Verdict:
    """The verdict on a candidate's outcome; `real` says that the case is made of real candles."""
    found = compare_outcomes(case=case, reference=reference, candidate=candidate, contract=contract)
    divergences, ties = without_ties(found.divergences, reference=reference, candidate=candidate, case=case, contract=contract)
    identical = [] if case.degenerate else list(identities(reference, candidate))
    verdict = Verdict(divergences, found.largest, identical, ties, levels=(*reference, SIDE_EFFECTS))
    # Only what a training leaves can hang on the last bit; whatever follows from an equal model is held to it.
    if real or not any(is_of_training(each.path) or level_of(each.path) == "em" for each in divergences):
        return verdict
    moved = moved_outcomes(case, reference_port)
    parted = [compare_outcomes(case=case, reference=reference, candidate=outcome, contract=contract) for outcome in moved]
    shaky = {each.path for comparison in parted for each in comparison.divergences}
    if case.kind == "em":
        # A collapsing state multiplies the last bit round by round: value by value, a port may part where the reference does.
        if all(each.path in shaky for each in divergences):
            verdict.divergences, verdict.excused = [], WELL_DEFINED
        return verdict
    if not any(is_of_training(path) for path in shaky):
        return verdict
    return _excuse(verdict, case, [reference, *moved], candidate, contract)


def compare_outcomes(*, case: DetectorCase, reference: Json, candidate: Json, contract: DetectorContract) -> Comparison:
    """Field by field, each within its tolerance."""
    return compare(reference=reference, candidate=candidate, tolerances=contract.tolerances, data=data_of(case))


def data_of(case: DetectorCase) -> npt.NDArray[np.float64] | None:
    """The rows whose size tolerances refer to; a detector standardises its own."""
    if case.kind == "detector":
        return np.ones((1, 4))
    rows = case.inputs.get("rows")
    return rows.values if isinstance(rows, Series) and rows.values.ndim == 2 else None


def _excuse(
    verdict: Verdict, case: DetectorCase, references: Sequence[Json], candidate: Json, contract: DetectorContract
) -> Verdict:
    """The verdict of the comparison that a case falls back to; `references` is what the reference did, and did a bit aside."""
    if case.degenerate:
        outcome, known = within(well_defined(candidate), agreed([well_defined(reference) for reference in references]))
        verdict.divergences = compare(reference=known, candidate=outcome, tolerances=NOTHING).divergences
        verdict.excused = None if verdict.divergences else WELL_DEFINED
        return verdict
    left, right = _optimum(references[0]), _optimum(candidate)
    if left is not None and right is not None:
        try:
            verdict.likeness = compare_optima(reference=left, candidate=right, criteria=contract.criteria)
        except (IndexError, TypeError, ValueError):
            return verdict  # of other shapes: there is nothing to match
        if verdict.likeness.passed:
            verdict.divergences, verdict.excused = [], STATISTICS
    return verdict


def _trained(outcome: Json) -> Json:
    """The part of an outcome that is about its (first) training."""
    level: Json = outcome.get("same_seed", {})
    trainings = level.get("trainings")
    return (trainings[0] if trainings else {}) if trainings is not None else level


def _optimum(outcome: Json) -> dict[str, Any] | None:
    """Parameters, labels, posteriors and score of a training, None where there is not all of it."""
    level = _trained(outcome)
    try:
        values = {name: level[name]["value"] for name in ("path", "posteriors", "score")}
        return {**level["trained"]["value"], **values}
    except (KeyError, TypeError):
        return None


def identities(reference: Json, candidate: Json) -> Iterator[tuple[str, bool]]:
    """The values that must be identical in every training, each with True if it is."""
    pairs = [(reference.get("same_seed", {}), candidate.get("same_seed", {}))]
    if "trainings" in pairs[0][0]:
        pairs = list(zip(pairs[0][0]["trainings"], pairs[0][1].get("trainings", []), strict=False))
    for left, right in pairs:
        for name, path in (("iteration counts", "trained"), ("labels", "labels"), ("Viterbi paths", "path")):
            wanted, got = (_value(side.get(path)) for side in (left, right))
            if name == "iteration counts":
                wanted, got = (side.get("iterations") if isinstance(side, dict) else None for side in (wanted, got))
            if wanted is not None:
                yield name, got is not None and bool(np.array_equal(wanted, got))


def _value(outcome: Any) -> Any:
    return outcome.get("value") if isinstance(outcome, dict) else None
