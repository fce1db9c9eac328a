"""Compares two outcomes of one case: they are at parity, divergent, or excused by a weaker comparison, which is counted.

A case can be excused only if the reference's own outcome differs on it: under other set-ups of the processor, where a port may
lie as far away as ten times the spread, or, if its data are declared degenerate, once they are moved by their last bit; then
only the well-defined part is compared. Real candles are never excused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from harness.subjects.detector.asking.calls import answer
from harness.subjects.detector.contract import DetectorContract
from harness.subjects.detector.judging.likelihood import without_what_follows
from harness.subjects.detector.judging.monitor import without_followed_warnings
from harness.subjects.detector.judging.perturbation import perturbed_outcomes
from harness.subjects.detector.judging.rounding import without_ties
from harness.subjects.detector.judging.rounds import without_grown_rounds
from harness.subjects.detector.judging.spread import value_at, within_spread
from harness.subjects.detector.judging.statistical import Likeness, compare_optima
from harness.subjects.detector.judging.ties import without_training_ties
from harness.subjects.detector.judging.well_defined import agreed, well_defined, within
from harness.subjects.detector.ports.modules import DetectorPort
from harness.subjects.detector.ports.setups import other_setups

NOTHING = Tolerances()
# The comparisons that may excuse a case.
EXCUSES = STATISTICS, SPREAD, WELL_DEFINED = "statistics", "the reference's spread", "what is well defined"
# The level of side effects, which is compared in every case.
SIDE_EFFECTS = "touched"


@dataclass
class Verdict:
    """The verdict on one case and port.

    `excused` names the weaker comparison that the case passed, if any, and `demonstration` says how the reference's own
    outcome differs.
    """

    divergences: list[Divergence] = field(default_factory=list)
    largest: dict[str, Largest] = field(default_factory=dict)
    identical: list[tuple[str, bool]] = field(default_factory=list)
    ties: int = 0
    excused: str | None = None
    likeness: Likeness | None = None
    demonstration: str | None = None
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
    sides: dict[str, Any] = {"reference": reference, "candidate": candidate, "case": case, "contract": contract}
    divergences, tied = without_training_ties(divergences, **sides)
    divergences, followed = without_what_follows(divergences, **sides)
    divergences, warned = without_followed_warnings(divergences, reference=reference, candidate=candidate)
    divergences, grown = without_grown_rounds(
        divergences, candidate=candidate, case=case, contract=contract, reference_port=reference_port
    )
    identical = [] if case.degenerate else list(identities(reference, candidate))
    verdict = Verdict(divergences, found.largest, identical, ties + tied + followed + warned + grown)
    verdict.levels = (*reference, SIDE_EFFECTS)
    # Only the results of a training may depend on the last bit; what follows from an equal model must agree.
    if not real and any(is_of_training(each.path) or level_of(each.path) == "em" for each in divergences):
        _excuse(verdict, case, reference, candidate, contract, reference_port)
    return verdict


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
    verdict: Verdict,
    case: DetectorCase,
    reference: Json,
    candidate: Json,
    contract: DetectorContract,
    reference_port: DetectorPort,
) -> None:
    """Excuse the divergences where the reference's own outcomes differ, by the strongest comparison that applies."""
    others = {server.setup.name: server.answer(case) for server in other_setups()}
    # Asked anew, because a recorded outcome may have been tampered with, and would seem to differ by itself.
    outcomes = [answer(reference_port, case), *others.values()]
    if all(within_spread(each, outcomes) for each in verdict.divergences):
        likenesses = [] if case.degenerate else list(_likenesses(outcomes, candidate, contract))
        if not likenesses or any(likeness.passed for likeness in likenesses):
            verdict.demonstration = _differing(verdict.divergences[0].path, outcomes[0], others)
            verdict.likeness = max(likenesses, key=lambda likeness: likeness.passed, default=None)
            verdict.divergences, verdict.excused = [], STATISTICS if likenesses else SPREAD
            return
        verdict.likeness = likenesses[0]
    if not case.degenerate:
        return
    perturbed = perturbed_outcomes(case, reference_port)
    moved = next((path for outcome in perturbed for path in _training_paths(case, reference, outcome, contract)), None)
    if moved is None:
        return
    outcome, known = within(well_defined(candidate), agreed([well_defined(each) for each in [*outcomes, *perturbed]]))
    verdict.divergences = compare(reference=known, candidate=outcome, tolerances=NOTHING).divergences
    if not verdict.divergences:
        verdict.excused = WELL_DEFINED
        verdict.demonstration = f"declared degenerate; the reference changes {moved} with the last bit of the data"


def _training_paths(case: DetectorCase, reference: Json, other: Json, contract: DetectorContract) -> Iterator[Path]:
    """Yield the paths of trainings and rounds at which two outcomes of the reference differ."""
    for each in compare_outcomes(case=case, reference=reference, candidate=other, contract=contract).divergences:
        if is_of_training(each.path) or level_of(each.path) == "em":
            yield each.path


def _differing(path: Path, reference: Json, others: Mapping[str, Json]) -> str:
    """Return the first set-up that answers otherwise at a path, as a sentence."""
    here = value_at(reference, path)
    for name, outcome in others.items():
        there = value_at(outcome, path)
        if repr(there) != repr(here):
            return f"{path} is {here!r} here and {there!r} with {name}"
    return f"{path} differs between set-ups of the processor"


def _likenesses(references: Sequence[Json], candidate: Json, contract: DetectorContract) -> Iterator[Likeness]:
    """Compare the candidate's optimum with each of the reference's, if there are rows enough to tell.

    Yields nothing where they are one optimum within the tolerances, or where the rows are too few.
    """
    right = _optimum(candidate)
    for left in map(_optimum, references):
        if left is None or right is None or len(left["path"]) < contract.criteria.rows_min:
            continue
        try:
            yield compare_optima(reference=left, candidate=right, criteria=contract.criteria)
        except (IndexError, TypeError, ValueError):
            continue  # the shapes differ, so states cannot be matched


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
