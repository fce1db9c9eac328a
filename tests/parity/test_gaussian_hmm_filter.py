"""Filtering, which hmmlearn does not have: the forward algorithm, without a vote ahead."""

from __future__ import annotations

import copy
import math
import pickle
import time
from typing import Any

import numpy as np
import pytest

from tests.native import load_native
from tests.parity.twins import Matrix, model_of, ours, regimes


def slow_filter(model: Any, rows: Matrix) -> tuple[Matrix, float]:
    """The forward algorithm as in a textbook, with logarithms; every state's probability after each row, and the likelihood."""
    probabilities, total, before = [], 0.0, None
    for row in rows.tolist():
        logs = []
        for j in range(model.n_components):
            mean, variance = model.means_[j].tolist(), model._covars_[j].tolist()
            density = -0.5 * sum(
                math.log(2.0 * math.pi * v) + (x - m) ** 2 / v for x, m, v in zip(row, mean, variance, strict=True)
            )
            if before is None:
                reached = model.startprob_[j]
            else:
                reached = sum(p * model.transmat_[i, j] for i, p in enumerate(before))
            logs.append(density + (math.log(reached) if reached > 0.0 else -math.inf))
        highest = max(logs)
        step = highest + math.log(sum(math.exp(each - highest) for each in logs))
        before = [math.exp(each - step) for each in logs]
        total += step
        probabilities.append(before)
    return np.array(probabilities), total


@pytest.fixture(params=[(1, 1), (2, 1), (3, 4), (6, 8), (20, 2)], ids=str)
def model(request: pytest.FixtureRequest) -> Any:
    return model_of(ours(), *request.param)


def rows_for(model: Any, n: int = 120) -> Matrix:
    return regimes(n, model.n_features, 3, seed=model.n_components)


def test_it_is_the_forward_algorithm(model: Any) -> None:
    rows = rows_for(model)
    expected, total = slow_filter(model, rows)
    np.testing.assert_allclose(model.filter_proba(rows), expected, rtol=1e-9, atol=1e-12)
    assert model.score(rows) == pytest.approx(total, rel=1e-12)


def test_one_row_at_a_time_is_all_rows_at_once(model: Any) -> None:
    rows = rows_for(model)
    stream = model.filter()
    assert stream.probabilities == model.startprob_.tolist()
    steps = [stream.step(row) for row in rows]
    assert (np.array(steps) == model.filter_proba(rows)).all()
    assert stream.n_observations == len(rows)
    assert stream.log_likelihood == pytest.approx(model.score(rows), rel=1e-12)
    assert stream.probabilities == steps[-1]
    stream.reset()
    assert (stream.n_observations, stream.log_likelihood, stream.probabilities) == (0, 0.0, model.startprob_.tolist())
    assert stream.step(rows[0]) == steps[0]


def test_the_last_row_is_the_last_posterior(model: Any) -> None:
    rows = rows_for(model)
    np.testing.assert_allclose(model.filter_proba(rows)[-1], model.predict_proba(rows)[-1], rtol=1e-9, atol=1e-12)


def test_it_does_not_look_ahead(model: Any) -> None:
    rows = rows_for(model)
    whole = model.filter_proba(rows)
    changed = rows.copy()
    changed[60:] = 1e6
    assert (model.filter_proba(changed)[:60] == whole[:60]).all()
    assert (model.filter_proba(rows[:60]) == whole[:60]).all()
    if model.n_components > 1:
        assert (model.predict_proba(changed)[:60] != model.predict_proba(rows)[:60]).any()


def test_sequences_begin_anew(model: Any) -> None:
    rows = rows_for(model)
    apart = np.concatenate([model.filter_proba(rows[:50]), model.filter_proba(rows[50:])])
    assert (model.filter_proba(rows, [50, 70]) == apart).all()


@pytest.mark.parametrize("outlier", [100.0, 1e5, 1e150])
def test_far_outliers_leave_probabilities(outlier: float) -> None:
    model = model_of(ours(), 3, 2)
    rows = regimes(30, 2)
    rows[10] = [outlier, -outlier]
    filtered = model.filter_proba(rows)
    assert np.isfinite(filtered).all()
    np.testing.assert_allclose(filtered.sum(axis=1), 1.0, rtol=1e-12)
    if outlier < 1e100:  # beyond, the textbook's squares lose every digit
        np.testing.assert_allclose(filtered, slow_filter(model, rows)[0], rtol=1e-6, atol=1e-9)


def test_an_impossible_state_is_never_accepted() -> None:
    model = model_of(ours(), 2, 1)
    model.startprob_, model.transmat_ = np.array([1.0, 0.0]), np.eye(2)
    assert (model.filter_proba([[0.0], [1e3], [1e5]])[:, 1] == 0.0).all()


def test_a_step_costs_the_same_however_long_the_history() -> None:
    stream, rows = model_of(ours(), 3, 4).filter(), regimes(2000, 4)

    def seconds() -> float:
        started = time.perf_counter()
        for row in rows:
            stream.step(row)
        return time.perf_counter() - started

    early = min(seconds() for _ in range(3))
    for _ in range(20):
        seconds()
    assert min(seconds() for _ in range(3)) < 3.0 * early


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ([1.0], "observation: expected 2 features, got 1"),
        ([1.0, 2.0, 3.0], "observation: expected 2 features, got 3"),
        ([1.0, math.nan], "observation[1]: must be a finite number; got nan"),
        ([math.inf, 1.0], "observation[0]: must be a finite number; got inf"),
    ],
)
def test_an_invalid_observation_is_refused_and_discarded(row: Any, error: str) -> None:
    stream = model_of(ours()).filter()
    before = stream.step([0.0, 0.0])
    with pytest.raises(ValueError, match=r"^observation") as raised:
        stream.step(row)
    assert str(raised.value) == error
    assert (stream.probabilities, stream.n_observations) == (before, 1)


def test_a_filter_keeps_the_model_that_it_was_made_of() -> None:
    model = model_of(ours())
    stream = model.filter()
    expected = model.filter_proba([[1.0, 2.0]])[0].tolist()
    model.means_[:] = 1e9
    assert stream.step([1.0, 2.0]) == expected


def test_without_a_model_there_is_no_filter() -> None:
    native = load_native()
    for call in (lambda: native.GaussianHMM(2).filter(), lambda: native.GaussianHMM(2).filter_proba([[1.0]])):
        with pytest.raises(native.NotFittedError, match=r"^This GaussianHMM instance is not fitted yet\."):
            call()


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {protocol}": lambda stream, p=protocol: pickle.loads(pickle.dumps(stream, p)) for protocol in range(6)},
}


@pytest.mark.parametrize("again", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("steps", [0, 1, 40])
def test_a_filter_is_copied_and_pickled_with_what_it_has_seen(model: Any, again: Any, steps: int) -> None:
    rows = rows_for(model)
    stream = model.filter()
    for row in rows[:steps]:
        stream.step(row)
    other = again(stream)
    told = (other.probabilities, other.log_likelihood, other.n_observations)
    assert told == (stream.probabilities, stream.log_likelihood, stream.n_observations)
    assert [other.step(row) for row in rows[steps:]] == model.filter_proba(rows)[steps:].tolist()
    assert stream.n_observations == steps


@pytest.mark.parametrize(
    "state", [([1.0], None, 0.0, 1), ([], None, 0.0, 0), ([0.2, 0.3, 0.5], None, 0.0, 1), ([0.5, 0.5], [0.0], 0.0, 1)]
)
def test_a_state_of_another_model_is_refused_and_changes_nothing(state: Any) -> None:
    stream = model_of(ours()).filter()
    before = stream.step([0.0, 0.0])
    with pytest.raises(ValueError, match=r"^Filter: the state is that of a filter with another number of states$"):
        stream.__setstate__(state)
    assert (stream.probabilities, stream.n_observations) == (before, 1)


def test_a_state_that_nearly_vanished_comes_back_and_is_kept_by_copies() -> None:
    """One row makes the only likely state 800 nats less likely than another, and later rows make it the only one again."""
    model = model_of(ours(), 3, 1)
    model.startprob_ = np.array([1.0, 0.0, 0.0])
    model.transmat_ = np.array([[0.9, 0.1 - 1e-139, 1e-139], [0.0, 0.9, 0.1], [0.0, 0.0, 1.0]])
    model.means_, model.covars_ = np.array([[0.0], [-40.0], [40.0]]), np.ones((3, 1))
    rows = np.array([[0.0], [0.0], [40.0], [0.0], [0.0], [40.0], [0.0], [0.0], [0.0]])
    stream = model.filter()
    for number in range(1, len(rows) + 1):
        stream.step(rows[number - 1].tolist())
        expected = model.predict_proba(rows[:number])[-1]
        np.testing.assert_allclose(stream.probabilities, expected, rtol=1e-9, atol=1e-12)
        stream = copy.copy(pickle.loads(pickle.dumps(stream)))
    assert stream.probabilities[0] > 0.99
    np.testing.assert_allclose(model.filter_proba(rows)[-1], expected, rtol=1e-9, atol=1e-12)
