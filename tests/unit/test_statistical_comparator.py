"""The statistical comparator: how sure it can be, and what it does not let pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from harness.subjects.detector.contract import load_detector_contract
from harness.subjects.detector.judging.statistical import Criteria, agreement_lower, compare_optima, match_states, sample_size

CRITERIA = Criteria(confidence=0.95, agreement_lower_min=0.99, log_likelihood_gap_max=1e-3, drift_mean_max=0.01)


def model(rows: int = 600, states: int = 3) -> dict[str, Any]:
    path = np.arange(rows) // 50 % states
    posteriors = np.full((rows, states), 0.01)
    posteriors[np.arange(rows), path] = 1.0 - 0.01 * (states - 1)
    means = np.arange(states, dtype=float)[:, None] * np.ones((states, 2))
    return {"path": path, "posteriors": posteriors, "score": -1000.0, "means": means, "covars": np.ones((states, 2))}


def permuted(given: dict[str, Any], order: list[int]) -> dict[str, Any]:
    """The same model with its states in another order: new state i is old state `order[i]`."""
    back = np.argsort(order)
    moved = {name: given[name][order] for name in ("means", "covars")}
    return {**given, **moved, "path": back[given["path"]], "posteriors": given["posteriors"][:, order]}


def test_the_lower_bound_is_where_so_many_agreements_become_unlikely() -> None:
    for agreeing, rows in ((299, 299), (595, 600), (50, 100), (1, 10)):
        lower = agreement_lower(agreeing, rows)
        # With that true share, as many agreements or more come once in twenty times.
        assert binom.sf(agreeing - 1, rows, lower) == pytest.approx(0.05)
    assert agreement_lower(0, 10) == 0.0
    assert agreement_lower(0, 0) == 0.0


def test_the_sample_size_is_the_smallest_that_gives_the_bound() -> None:
    needed = sample_size(0.99)
    assert needed == 299
    assert agreement_lower(needed, needed) >= 0.99 > agreement_lower(needed - 1, needed - 1)
    with pytest.raises(ValueError, match="between 0 and 1"):
        sample_size(1.0)


def test_states_are_matched_up_to_their_order() -> None:
    reference = model()
    for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):
        candidate = permuted(reference, order)
        assert [order[column] for column in match_states(reference, candidate)] == [0, 1, 2]
        likeness = compare_optima(reference=reference, candidate=candidate, criteria=CRITERIA)
        assert likeness.passed, likeness.shortfalls
        assert (likeness.agreeing, likeness.rows, likeness.drift_max) == (600, 600, 0.0)


def test_a_feature_does_not_count_for_its_unit_alone() -> None:
    reference = {"means": np.array([[0.0, 0.0], [1.0, 50.0]]), "covars": np.array([[0.01, 1e6], [0.01, 1e6]])}
    candidate = {"means": np.array([[0.0, 60.0], [1.0, -10.0]]), "covars": reference["covars"]}
    assert match_states(reference, candidate) == (0, 1)


def test_a_model_full_of_nan_is_matched_and_fails() -> None:
    reference, candidate = model(), model()
    candidate["means"] = np.full((3, 2), np.nan)
    candidate |= {"score": float("nan"), "posteriors": np.full((600, 3), np.nan)}
    likeness = compare_optima(reference=reference, candidate=candidate, criteria=CRITERIA)
    assert not likeness.passed
    assert len(likeness.shortfalls) == 2


def test_each_criterion_can_fail_alone() -> None:
    reference = model()
    labels = reference["path"].copy()
    labels[:6] = 2
    unlike = {
        "labels agree": {**reference, "path": labels},
        "per row": {**reference, "score": -1000.0 + 0.7},
        "drift": {**reference, "posteriors": reference["posteriors"] + 0.011},
    }
    for said, candidate in unlike.items():
        likeness = compare_optima(reference=reference, candidate=candidate, criteria=CRITERIA)
        assert [said in shortfall for shortfall in likeness.shortfalls] == [True], likeness.shortfalls
    few = compare_optima(reference=model(298), candidate=model(298), criteria=CRITERIA)
    assert few.shortfalls == ("298 rows are too few: it takes 299",)


def test_the_contract_states_the_criteria() -> None:
    contract = load_detector_contract()
    assert contract.criteria == CRITERIA
    assert contract.criteria.rows_min == 299
    assert all(len(entry.reason) > 10 for entry in contract.tolerances.entries)
