"""What a model answers, and what it refuses to: ours as hmmlearn's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.parity.twins import agree, each, model_of, regimes

ROWS = regimes(200, 2)


def given(model: Any, start: Any, trans: Any, means: Any, covars: Any, **settings: Any) -> Any:
    made = model(len(start), **settings)
    made.startprob_, made.transmat_ = np.array(start, dtype=float), np.array(trans, dtype=float)
    made.means_, made._covars_ = np.array(means, dtype=float), np.array(covars, dtype=float)
    return made


def answers(made: Any, rows: Any = ROWS) -> list[Any]:
    log_prob, posteriors = made.score_samples(rows)
    path_prob, path = made.decode(rows, algorithm="viterbi")
    map_prob, best = made.decode(rows, algorithm="map")
    return [
        float(log_prob),
        made.score(rows),
        posteriors,
        made.predict_proba(rows),
        path,
        float(path_prob),
        best,
        float(map_prob),
    ]


@pytest.mark.parametrize("implementation", ["log", "scaling"])
@pytest.mark.parametrize("k", range(1, 7))
def test_posteriors_and_paths(k: int, implementation: str) -> None:
    rows = regimes(300, 3, k)
    agree(lambda model: answers(model_of(model, k, 3, implementation=implementation), rows), rel=1e-9, abs=1e-9)


def test_a_long_series() -> None:
    rows = regimes(50_000, 4)
    agree(lambda model: answers(model_of(model, 3, 4), rows), rel=1e-9, abs=1e-9)


HALF = [[0.5, 0.5], [0.5, 0.5]]
ONES = [[1.0], [1.0]]
MODELS = {
    "every state alike": ([1 / 3] * 3, [[1 / 3] * 3] * 3, [[0.0]] * 3, [[1.0]] * 3),
    "two alike": ([0.5, 0.5], HALF, [[0.0], [0.0]], ONES),
    "no way back": ([0.5, 0.5], [[1.0, 0.0], [0.5, 0.5]], [[0.0], [1.0]], ONES),
    "no way at all": ([1.0, 0.0], [[1.0, 0.0], [0.0, 1.0]], [[0.0], [1.0]], ONES),
    "one start": ([0.0, 1.0], HALF, [[0.0], [1.0]], ONES),
    "cycle": ([1.0, 0.0, 0.0], np.roll(np.eye(3), 1, axis=1), [[0.0], [0.1], [0.2]], [[1.0]] * 3),
    "narrow": ([0.5, 0.5], HALF, [[0.0], [1.0]], [[1e-8], [1e-8]]),
    "no variance": ([0.5, 0.5], HALF, [[0.0], [1.0]], [[0.0], [1.0]]),
    "wide": ([0.5, 0.5], HALF, [[0.0], [1.0]], [[1e300], [1.0]]),
    "nearly 1": ([0.5, 0.500001], [[0.5, 0.500009], [0.5, 0.5]], [[0.0], [1.0]], ONES),
}
SERIES = {
    "near": [[0.0], [0.5], [1.0], [0.5], [0.0], [0.2]],
    "one row": [[0.3]],
    "equal rows": [[0.5]] * 9,
    "100 sigma": [[0.0], [100.0], [0.0], [-100.0], [1.0]],
    "1e5 sigma": [[0.0], [1e5], [0.0], [1.0]],
    "beyond": [[0.0], [1e200], [0.0]],
}


@pytest.mark.parametrize("rows", each(SERIES))
@pytest.mark.parametrize("parameters", each(MODELS))
@pytest.mark.parametrize("implementation", ["log", "scaling"])
def test_ties_dead_ends_and_outliers(parameters: Any, rows: Any, implementation: str) -> None:
    agree(lambda model: answers(given(model, *parameters, implementation=implementation), np.array(rows)), abs=1e-9)


def test_equal_states_are_told_apart_as_hmmlearn_does() -> None:
    outcome = agree(lambda model: given(model, *MODELS["every state alike"]).predict(np.zeros((6, 1))))
    assert outcome.value.tolist() == [2, 2, 2, 2, 2, 0]


def test_scaling_that_underflows_is_refused() -> None:
    outcome = agree(lambda model: model_of(model, implementation="scaling").score([[1e5, 1e5]]))
    assert outcome.error == "ValueError: forward pass failed with underflow; consider using implementation='log' instead"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("startprob_", [0.5, 0.6]), ("startprob_", [np.nan, 0.5]), ("startprob_", [1.0]), ("startprob_", [0.5, 0.25, 0.25]),
        ("startprob_", np.array([0.2, 0.2])), ("transmat_", [[0.5, 0.6], [0.5, 0.5]]), ("transmat_", [[0.0, 0.0], [0.5, 0.5]]),
        ("transmat_", [[0.5, 0.5]]), ("transmat_", [0.5, 0.5]), ("transmat_", [[np.nan, 1.0], [0.5, 0.5]]),
        ("transmat_", np.full((3, 3), 1 / 3)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["score", "predict", "sample", "fit"])
def test_invalid_parameters_are_refused_with_hmmlearns_message(name: str, value: Any, method: str) -> None:
    def call(model: Any) -> Any:
        made = model_of(model, init_params="", random_state=1)
        setattr(made, name, np.array(value))
        return getattr(made, method)(*([] if method == "sample" else [ROWS]))

    assert agree(call).error is not None


@pytest.mark.parametrize(
    "call",
    each({
        "score": lambda m: m(2).score(ROWS), "predict": lambda m: m(2).predict(ROWS), "decode": lambda m: m(2).decode(ROWS),
        "predict_proba": lambda m: m(2).predict_proba(ROWS), "sample": lambda m: m(2).sample(3),
        "stationary": lambda m: m(2).get_stationary_distribution(),
        "unknown decoder": lambda m: model_of(m).decode(ROWS, algorithm="foo"),
        "decoder of the model": lambda m: model_of(m, algorithm="bar").predict(ROWS),
        "implementation": lambda m: model_of(m, implementation="foo").score(ROWS),
        "implementation in fit": lambda m: m(2, implementation="foo").fit(ROWS),
        "unfitted before data": lambda m: m(2).score("x"), "model before data": lambda m: model_of(m, 2).decode("x"),
    }),
)  # fmt: skip
def test_requests_without_an_answer_are_refused_with_hmmlearns_message(call: Any) -> None:
    assert agree(call).error is not None


def test_a_model_that_was_not_fitted_is_both_errors() -> None:
    outcome = agree(lambda model: model(2).score(ROWS))
    assert outcome.error is not None
    assert outcome.error.startswith("ValueError/AttributeError: This GaussianHMM instance is not fitted yet. Call 'fit' with")


@pytest.mark.parametrize("k", [1, 2, 4])
def test_criteria_and_the_stationary_distribution(k: int) -> None:
    def call(model: Any) -> Any:
        made = model_of(model, k, 2)
        return [made.aic(ROWS), made.bic(ROWS), made.bic(ROWS.tolist(), [50, 150]), made.get_stationary_distribution()]

    agree(call, rel=1e-9)


def test_covariances_are_read_as_matrices_and_written_as_rows() -> None:
    agree(lambda model: [model_of(model, 3, 2).covars_, model_of(model, 3, 2)._covars_])


@pytest.mark.parametrize(
    "covars",
    each({"1-D": np.ones(2), "3-D": np.ones((2, 2, 2)), "zero": np.zeros((2, 2)), "negative": -np.ones((2, 2)), "0-D": 1.0}),
)
def test_invalid_covariances_are_refused_with_hmmlearns_message(covars: Any) -> None:
    assert agree(lambda model: setattr(model_of(model), "covars_", covars)).error is not None


@pytest.mark.parametrize("n", [1, 2, 50])
@pytest.mark.parametrize("seed", each({"int": 7, "numpy": np.int64(7), "none": None, "of the model": "model"}))
def test_samples_are_drawn_alike(n: int, seed: Any) -> None:
    def call(model: Any) -> Any:
        np.random.seed(5)
        made = model_of(model, 3, 2, random_state=11)
        rows, states = made.sample(n, None if seed == "model" else seed)
        more, following = made.sample(n, random_state=3, currstate=int(states[-1]))
        return [rows, states, more, following]

    agree(call, rel=1e-12)
