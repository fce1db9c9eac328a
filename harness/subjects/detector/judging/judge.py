"""Compares two outcomes of one case: they are at parity, divergent, or excused by a weaker comparison, which is counted.

A case can be excused only if the reference's own outcome changes once the data are perturbed in the last bit, and never on
real candles. The statistical comparator then decides if the two optima are equally good; on degenerate data, only the
well-defined part is compared.
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
from harness.subjects.detector.judging.perturbation import perturbed_outcomes
from harness.subjects.detector.judging.rounding import without_ties
from harness.subjects.detector.judging.statistical import Likeness, compare_optima
from harness.subjects.detector.judging.well_defined import agreed, well_defined, within
from harness.subjects.detector.ports.modules import DetectorPort

NOTHING = Tolerances()
# The comparisons that may excuse a case.
STATISTICS, WELL_DEFINED = "statistics", "what is well defined"
# The level of side effects, which is compared in every case.
SIDE_EFFECTS = "touched"


@dataclass
class Verdict:
    """The verdict on one case and port. `excused` names the weaker comparison that the case passed, if any."""

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
    """Return the level of comparison of a path, which is its first name."""
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
    """Judge a candidate's outcome; `real` is True for a case of real candles, which is never excused."""
    found = compare_outcomes(case=case, reference=reference, candidate=candidate, contract=contract)
    divergences, ties = without_ties(found.divergences, reference=reference, candidate=candidate, case=case, contract=contract)
    identical = [] if case.degenerate else list(identities(reference, candidate))
    verdict = Verdict(divergences, found.largest, identical, ties, levels=(*reference, SIDE_EFFECTS))
    # Only the results of a training may depend on the last bit; what follows from an equal model must agree.
    if real or not any(is_of_training(each.path) or level_of(each.path) == "em" for each in divergences):
        return verdict
    perturbed = perturbed_outcomes(case, reference_port)
    unstable = {
        each.path
        for outcome in perturbed
        for each in compare_outcomes(case=case, reference=reference, candidate=outcome, contract=contract).divergences
    }
    if case.kind == "em":
        # A collapsing state amplifies the last bit in every round, so each value that the reference changes may differ.
        if all(each.path in unstable for each in divergences):
            verdict.divergences, verdict.excused = [], WELL_DEFINED
        return verdict
    if not any(is_of_training(path) for path in unstable):
        return verdict
    return _excuse(verdict, case, [reference, *perturbed], candidate, contract)


def compare_outcomes(*, case: DetectorCase, reference: Json, candidate: Json, contract: DetectorContract) -> Comparison:
    """Compare two outcomes field by field, each within its tolerance."""
    return compare(reference=reference, candidate=candidate, tolerances=contract.tolerances, data=data_of(case))


def data_of(case: DetectorCase) -> npt.NDArray[np.float64] | None:
    """Return the rows whose size tolerances refer to; those of a detector are standardised, of size one."""
    if case.kind == "detector":
        return np.ones((1, 4))
    rows = case.inputs.get("rows")
    return rows.values if isinstance(rows, Series) and rows.values.ndim == 2 else None


def _excuse(
    verdict: Verdict, case: DetectorCase, references: Sequence[Json], candidate: Json, contract: DetectorContract
) -> Verdict:
    """Apply the weaker comparison; `references` are the reference's outcomes on the case and on its perturbations."""
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
            return verdict  # the shapes differ, so states cannot be matched
        if verdict.likeness.passed:
            verdict.divergences, verdict.excused = [], STATISTICS
    return verdict


def _trained(outcome: Json) -> Json:
    """Return the part of an outcome that describes its first training."""
    level: Json = outcome.get("same_seed", {})
    trainings = level.get("trainings")
    return (trainings[0] if trainings else {}) if trainings is not None else level


def _optimum(outcome: Json) -> dict[str, Any] | None:
    """Return parameters, labels, posteriors and score of a training, or None if any is missing."""
    level = _trained(outcome)
    try:
        values = {name: level[name]["value"] for name in ("path", "posteriors", "score")}
        return {**level["trained"]["value"], **values}
    except (KeyError, TypeError):
        return None


def identities(reference: Json, candidate: Json) -> Iterator[tuple[str, bool]]:
    """Yield the name of each value that must be identical in every training, with True if it is."""
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
