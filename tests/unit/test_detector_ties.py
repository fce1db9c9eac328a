"""Answers that are equally good are ties; a worse one, or another one of the very same model, is a divergence."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hmmlearn.hmm import GaussianHMM

from generators.detector.case import DetectorCase, Series
from harness.comparators.divergence import Divergence
from harness.comparators.path import Path
from harness.subjects.detector.contract import load_detector_contract
from harness.subjects.detector.judging.ties import joint_terms, without_training_ties

PATHS: tuple[tuple[str | int, ...], ...] = (("same_seed", "path", "value"), ("same_seed", "decoded", "value", 1))
CONTRACT = load_detector_contract()
# Rows 2 and 3 are equal, so that 0 0 1 0 and 0 1 0 0 have the same transitions and densities.
ROWS = np.array([[0.0], [0.0], [1.0], [1.0], [0.0], [0.0]])
OURS, THEIRS, WORSE = [0, 0, 0, 1, 0, 0], [0, 0, 1, 0, 0, 0], [0, 0, 1, 1, 0, 0]
MODEL = {
    "startprob": np.array([0.5, 0.5]),
    "transmat": np.array([[0.7, 0.3], [0.7, 0.3]]),
    "means": np.array([[0.0], [1.0]]),
    "covars": np.array([[[0.9]], [[0.9]]]),
}


def case_of(rows: Any = ROWS, lengths: Any = None) -> DetectorCase:
    inputs = {"rows": Series(np.asarray(rows)), "lengths": lengths, "settings": {}}
    return DetectorCase(name="tie", kind="fit", inputs=inputs)


def outcome_of(path: list[int], *, last_bit: bool = False) -> dict[str, Any]:
    model = copy.deepcopy(MODEL)
    if last_bit:
        model["means"] = np.nextafter(model["means"], 2.0)
    same_seed = {"trained": {"value": model}, "path": {"value": np.array(path)}, "decoded": {"value": [-9.0, np.array(path)]}}
    return {"same_seed": same_seed}


def divergences_of(ours: list[int], theirs: list[int]) -> list[Divergence]:
    parted = [place for place, (one, other) in enumerate(zip(ours, theirs, strict=True)) if one != other]
    return [
        Divergence(path=Path(*where, place), kind="value", reference=ours[place], candidate=theirs[place])
        for where in PATHS
        for place in parted
    ]


def judged(ours: list[int], theirs: list[int], *, last_bit: bool = True, **case: Any) -> tuple[int, int]:
    """How many divergences are left, and how many paths tie."""
    kept, ties = without_training_ties(
        divergences_of(ours, theirs),
        reference=outcome_of(ours),
        candidate=outcome_of(theirs, last_bit=last_bit),
        case=case_of(**case),
        contract=CONTRACT,
    )
    return len(kept), ties


def test_two_orders_of_the_same_moves_tie() -> None:
    assert judged(OURS, THEIRS) == (0, 2)


def test_the_joint_probability_is_that_of_hmmlearn() -> None:
    model = GaussianHMM(n_components=2, covariance_type="full")
    model.startprob_, model.transmat_ = MODEL["startprob"], np.array([[0.8, 0.2], [0.4, 0.6]])
    model.n_features = 2
    model.means_, model.covars_ = np.array([[0.0, 1.0], [1.0, -1.0]]), np.array([np.diag([0.9, 2.0]), np.diag([0.5, 0.1])])
    rows = np.random.default_rng(3).normal(size=(30, 2))
    own = {"startprob": model.startprob_, "transmat": model.transmat_, "means": model.means_, "covars": model.covars_}
    for lengths in (None, [10, 20]):
        logarithm, path = model.decode(rows, lengths)
        assert joint_terms(own, rows, lengths, path).sum() == pytest.approx(logarithm, rel=1e-12)


def test_a_path_that_is_less_likely_is_no_tie() -> None:
    assert judged(OURS, WORSE) == (2, 0)
    nearly = ROWS.copy()
    # The rows are no longer equal: one of the two paths is better, by far more than rounding.
    nearly[2, 0] += 1e-9
    assert judged(OURS, THEIRS, rows=nearly) == (4, 0)


def test_of_the_very_same_model_nothing_ties() -> None:
    assert judged(OURS, THEIRS, last_bit=False) == (4, 0)


def test_sequences_of_their_own_start_anew() -> None:
    # The second sequence begins between the two rows, so that the moves are no longer the same.
    assert judged(OURS, THEIRS, lengths=[3, 3]) != (0, 2)
    assert judged(OURS, THEIRS, lengths=[2, 4])[1] in (0, 2)


@pytest.mark.parametrize("theirs", [[0, 0, 7, 0, 0, 0], [0, 0, -9, 0, 0, 0], [0, 0, -1, 0, 0, 0]])
def test_states_that_are_not_there_are_no_tie(theirs: list[int]) -> None:
    assert judged(OURS, theirs)[1] == 0


def test_one_more_difference_of_another_kind_is_kept() -> None:
    other = Divergence(path=Path("same_seed", "score", "value"), kind="value", reference=1.0, candidate=2.0)
    shape = Divergence(path=Path("same_seed", "path", "value", "shape"), kind="shape", reference=[6], candidate=[5])
    found = [*divergences_of(OURS, THEIRS), other, shape]
    kept, ties = without_training_ties(
        found, reference=outcome_of(OURS), candidate=outcome_of(THEIRS, last_bit=True), case=case_of(), contract=CONTRACT
    )
    assert other in kept
    assert shape in kept
    assert ties == 1


def labels_judged(means: list[float], theirs: list[int], *, last_bit: bool = True) -> tuple[int, int]:
    """How many divergences are left, and how many ties, if the reference orders its states by these means."""
    ours = np.argsort(means, kind="stable").tolist()
    sides = []
    for order, bit in ((ours, False), (theirs, last_bit)):
        outcome = outcome_of(OURS, last_bit=bit)
        model = outcome["same_seed"]["trained"]["value"]
        model["means"] = np.array([[float(state), mean] for state, mean in enumerate(means)])
        model["covars"] = np.nextafter(model["covars"], 9.0) if bit else model["covars"]
        outcome["same_seed"]["labels"] = {"value": np.array(order)}
        sides.append(outcome)
    found = [
        Divergence(path=Path("same_seed", "labels", "value", place), kind="value", reference=one, candidate=other)
        for place, (one, other) in enumerate(zip(ours, theirs, strict=True))
        if one != other
    ]
    case = case_of(np.column_stack([ROWS[:, 0], np.full(len(ROWS), 100.0)]))
    kept, ties = without_training_ties(found, reference=sides[0], candidate=sides[1], case=case, contract=CONTRACT)
    return len(kept), ties


def test_states_of_equal_means_may_be_in_any_order() -> None:
    up = float(np.nextafter(100.0, 101.0))
    assert labels_judged([100.0, up, 100.0], [1, 2, 0]) == (0, 1)
    assert labels_judged([100.0, up, 100.0], [1, 2, 0], last_bit=False)[1] == 0


def test_states_of_other_means_may_not() -> None:
    assert labels_judged([100.0, 100.0 + 1e-9, 100.0], [1, 2, 0])[1] == 0
    assert labels_judged([100.0, 100.0, 101.0], [2, 1, 0])[1] == 0


@pytest.mark.parametrize("theirs", [[0, 0, 1], [1, 2, 3], [-1, 0, 1]])
def test_an_order_that_names_a_state_twice_or_none_is_no_tie(theirs: list[int]) -> None:
    up = float(np.nextafter(100.0, 101.0))
    assert labels_judged([100.0, up, 100.0], theirs)[1] == 0
