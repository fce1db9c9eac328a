"""What follows from a model, or from a round, that is within its tolerances is no divergence of its own; what does not, is."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hmmlearn.hmm import GaussianHMM

from generators.detector.case import DetectorCase, Series
from harness.comparators.divergence import Divergence
from harness.subjects.detector.asking.calls import answer
from harness.subjects.detector.contract import load_detector_contract
from harness.subjects.detector.golden import loaded_reference
from harness.subjects.detector.judging.judge import compare_outcomes
from harness.subjects.detector.judging.likelihood import without_what_follows
from harness.subjects.detector.judging.rounds import without_grown_rounds
from harness.subjects.detector.ports.modules import DetectorPort

CONTRACT = load_detector_contract()
# Far from zero, a variance of a thousandth is all rounding.
ROWS = np.random.default_rng(4).normal(size=(40, 2)) * 0.03 + 1e5
SCORES = {f"$.same_seed.{each}" for each in ("score.value", "scored.value[0]", "decoded.value[0]", "aic.value", "bic.value")}


@pytest.fixture(scope="module")
def reference() -> DetectorPort:
    port = loaded_reference()
    assert port.availability().available
    return port


def fit_case(lengths: Any = None) -> DetectorCase:
    settings = {"n_components": 2, "random_state": 1, "n_iter": 2, "tol": 0.01, "implementation": "log"}
    return DetectorCase(name="far", kind="fit", inputs={"rows": Series(ROWS), "lengths": lengths, "settings": settings})


def of_model(outcome: Any, scale: float, lengths: Any, transmat: Any = None) -> Any:
    """The outcome of the same model with variances scaled, or other transitions, and its own scores."""
    outcome = copy.deepcopy(outcome)
    level, model = outcome["same_seed"], GaussianHMM(2)
    value = level["trained"]["value"]
    value["covars"] = np.asarray(value["covars"]) * scale
    value["transmat"] = value["transmat"] if transmat is None else transmat
    model.n_features = 2
    model.startprob_, model.transmat_, model.means_ = value["startprob"], value["transmat"], value["means"]
    model.covars_ = value["covars"]
    level["score"]["value"] = model.score(ROWS, lengths)
    level["scored"]["value"] = list(model.score_samples(ROWS, lengths))
    level["decoded"]["value"] = list(model.decode(ROWS, lengths))
    level["aic"]["value"], level["bic"]["value"] = float(model.aic(ROWS, lengths)), float(model.bic(ROWS, lengths))
    return outcome


def scores_left(ours: Any, theirs: Any, case: DetectorCase) -> tuple[list[str], int]:
    """The places of what is left of the divergences, and how many scores followed."""
    found = compare_outcomes(case=case, reference=ours, candidate=theirs, contract=CONTRACT).divergences
    assert found
    kept, followed = without_what_follows(found, reference=ours, candidate=theirs, case=case, contract=CONTRACT)
    return [str(each.path) for each in kept], followed


@pytest.mark.parametrize("lengths", [None, [15, 25]])
def test_scores_of_two_models_within_their_tolerances_follow(reference: DetectorPort, lengths: Any) -> None:
    case = fit_case(lengths)
    ours = answer(reference, case)
    left, followed = scores_left(ours, of_model(ours, 1.01, lengths), case)
    # Posteriors are no scores, and a hundredth of a variance is too much for them.
    assert not SCORES.intersection(left), left
    assert followed >= 4


@pytest.mark.parametrize("name", ["score", "aic", "bic"])
def test_a_score_that_is_not_that_of_its_model_is_a_divergence(reference: DetectorPort, name: str) -> None:
    case = fit_case()
    ours = answer(reference, case)
    theirs = of_model(ours, 1.01, None)
    theirs["same_seed"][name]["value"] += 1e-3
    left, followed = scores_left(ours, theirs, case)
    assert f"$.same_seed.{name}.value" in left
    assert followed == 0


def test_of_a_model_beyond_its_tolerances_nothing_follows(reference: DetectorPort) -> None:
    case = fit_case()
    ours = answer(reference, case)
    # All scores are those of the other model, which is not the one that should have been trained.
    theirs = of_model(ours, 1.0, None, np.array([[0.5, 0.5], [0.5, 0.5]]))
    left, followed = scores_left(ours, theirs, case)
    assert followed == 0
    assert "$.same_seed.score.value" in left


def em_case(rounds: int = 8) -> DetectorCase:
    rng = np.random.default_rng(8)
    rows = np.concatenate([rng.normal(size=(60, 2)) - 0.4, rng.normal(size=(60, 2)) + 0.4]) + np.array([0.0, 21.0])
    start = {
        "startprob": np.array([0.4, 0.6]),
        "transmat": np.array([[0.6, 0.4], [0.3, 0.7]]),
        "means": np.array([[-0.2, 21.1], [0.3, 20.9]]),
        "covars": np.full((2, 2), 1.1),
    }
    inputs = {"rows": Series(rows), "lengths": None, "start": {name: Series(each) for name, each in start.items()}}
    return DetectorCase(name="em", kind="em", inputs={**inputs, "rounds": rounds, "implementation": "log"})


def drifted(reference: DetectorPort, case: DetectorCase, by: float) -> tuple[Any, list[Divergence], Any]:
    """The reference's rounds, and those of a candidate whose second round was off by so much, with the divergences."""
    ours = answer(reference, case)
    first = ours["em"]["rounds"][0]["value"]
    start = {name: np.array(first[name]) for name in ("startprob", "transmat", "means", "covars")}
    start["means"] = start["means"] + by
    rest = {**case.inputs, "start": {name: Series(each) for name, each in start.items()}, "rounds": case.inputs["rounds"] - 1}
    later = answer(reference, DetectorCase(name="em", kind="em", inputs=rest))
    moved = copy.deepcopy(ours["em"]["rounds"][0])
    moved["value"]["means"] = start["means"]
    theirs = {"em": {"rounds": [moved, *later["em"]["rounds"]]}}
    return theirs, compare_outcomes(case=case, reference=ours, candidate=theirs, contract=CONTRACT).divergences, ours


def test_rounds_that_follow_from_the_round_before_are_none_of_their_own(reference: DetectorPort) -> None:
    case = em_case()
    theirs, found, _ = drifted(reference, case, 1e-6)
    assert {each.path.steps[2] for each in found} >= {0, 1, 2}
    kept, followed = without_grown_rounds(found, candidate=theirs, case=case, contract=CONTRACT, reference_port=reference)
    # The round that was really off is the first, and stays.
    assert {each.path.steps[2] for each in kept} == {0}
    assert followed >= 2


def test_a_round_that_is_wrong_itself_stays(reference: DetectorPort) -> None:
    case = em_case()
    theirs, _, ours = drifted(reference, case, 1e-6)
    theirs["em"]["rounds"][3]["value"]["transmat"] = np.array(theirs["em"]["rounds"][3]["value"]["transmat"]) + 1e-6
    found = compare_outcomes(case=case, reference=ours, candidate=theirs, contract=CONTRACT).divergences
    kept, _ = without_grown_rounds(found, candidate=theirs, case=case, contract=CONTRACT, reference_port=reference)
    # Nor does the round follow that would have come of the right one.
    assert {each.path.steps[2] for each in kept} == {0, 3, 4}


def test_the_first_round_follows_from_nothing(reference: DetectorPort) -> None:
    case = em_case()
    ours = answer(reference, case)
    settled = answer(reference, em_case(400))["em"]["rounds"][-1]
    # A port that is there at once: its last round would lead to its first.
    theirs = {"em": {"rounds": [copy.deepcopy(settled) for _ in range(case.inputs["rounds"])]}}
    found = compare_outcomes(case=case, reference=ours, candidate=theirs, contract=CONTRACT).divergences
    kept, _ = without_grown_rounds(found, candidate=theirs, case=case, contract=CONTRACT, reference_port=reference)
    assert 0 in {each.path.steps[2] for each in kept}
