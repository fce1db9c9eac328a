"""Training with our `GaussianHMM` is training with hmmlearn's: round by round, line by line."""

from __future__ import annotations

import importlib
import itertools
from typing import Any

import numpy as np
import pytest

from tests.parity.twins import agree, each, learnt, model_of, ours, regimes

ROWS = regimes(300, 3)


@pytest.mark.parametrize("k", range(2, 7))
@pytest.mark.parametrize("d", range(1, 9))
def test_any_number_of_states_and_features(k: int, d: int) -> None:
    rows = regimes(300, d, k, seed=10 * k + d)

    def call(model: Any) -> Any:
        fitted = model(k, n_iter=30, random_state=k + d).fit(rows)
        log_prob, path = fitted.decode(rows)
        return [*learnt(fitted), log_prob, path, fitted.predict_proba(rows).argmax(axis=1), fitted.score(rows)]

    agree(call)


@pytest.mark.parametrize("seed", range(12))
def test_many_iterations_stop_at_the_same_one(seed: int) -> None:
    rows = regimes(400, 4, seed=seed)
    outcome = agree(lambda model: learnt(model(3, n_iter=200, random_state=seed).fit(rows)))
    assert 1 < outcome.value[0] < 200


@pytest.mark.parametrize("params", ["".join(letters) for n in range(5) for letters in itertools.combinations("stmc", n)])
def test_only_what_params_names_is_trained(params: str) -> None:
    agree(lambda model: learnt(model(3, n_iter=4, random_state=5, params=params).fit(ROWS)), rel=1e-5)


@pytest.mark.parametrize("params", [["s", "m"], {"t", "c"}, "stmx", None, 3])
def test_params_is_anything_that_holds_letters(params: Any) -> None:
    agree(lambda model: learnt(model(3, n_iter=4, random_state=5, params=params).fit(ROWS)), rel=1e-5)


@pytest.mark.parametrize("init", ["", "s", "t", "m", "c", "st", "mc", "tmc", "smc"])
def test_parameters_outside_init_params_are_taken_from_the_model(init: str) -> None:
    def call(model: Any) -> Any:
        made = model_of(model, 3, 3, n_iter=5, random_state=3, init_params=init)
        return learnt(made.fit(ROWS))

    agree(call)


def test_what_is_missing_is_initialised_whatever_init_params_says() -> None:
    agree(lambda model: learnt(model(3, n_iter=3, random_state=3, init_params="").fit(ROWS)))


@pytest.mark.parametrize(
    "settings",
    each({
        "one round": {"n_iter": 1}, "no round": {"n_iter": 0}, "tol 0": {"tol": 0.0, "n_iter": 60}, "tol nan": {"tol": np.nan},
        "tol inf": {"tol": np.inf}, "tol negative": {"tol": -1e3, "n_iter": 60}, "tol wide": {"tol": 50.0, "n_iter": 60},
        "min_covar": {"min_covar": 0.5}, "min_covar zero": {"min_covar": 0.0}, "verbose": {"verbose": True},
        "scaling": {"implementation": "scaling", "n_iter": 40}, "verbose scaling": {"verbose": 1, "implementation": "scaling"},
        "map": {"algorithm": "map"},
    }),
)  # fmt: skip
def test_every_setting_means_the_same(settings: dict[str, Any]) -> None:
    agree(lambda model: [*learnt(made := model(3, random_state=1, **settings).fit(ROWS)), made.predict(ROWS)])


def test_verbose_prints_every_round() -> None:
    outcome = agree(lambda model: learnt(model(3, random_state=1, verbose=True, n_iter=4).fit(ROWS)))
    assert outcome.printed.count("\n") == 4
    assert "nan" in outcome.printed


@pytest.mark.parametrize("lengths", [[300], [100, 200], [1, 299], [299, 1], [1] * 300, [50, 1, 1, 248], (150, 150)])
@pytest.mark.parametrize("implementation", ["log", "scaling"])
def test_sequences_are_trained_side_by_side(lengths: Any, implementation: str) -> None:
    def call(model: Any) -> Any:
        made = model(3, random_state=2, implementation=implementation).fit(ROWS, lengths)
        path = made.decode(ROWS, lengths)
        return [*learnt(made), path[0], path[1], made.score(ROWS, lengths), made.predict_proba(ROWS, lengths).sum(axis=0)]

    agree(call)


@pytest.mark.parametrize(
    "rows",
    each({
        "as many rows as states": regimes(3, 2, seed=2),
        "a row more": regimes(4, 2), "one row": regimes(1, 3), "two rows": regimes(2, 4),
        "five": regimes(5, 4), "constant feature": np.c_[regimes(200, 2), np.ones(200)], "all zero": np.zeros((50, 3)),
        "two points": np.repeat(regimes(2, 2), 40, axis=0), "huge": regimes(200, 2) * 1e120, "larger": regimes(200, 2) * 1e200,
        "tiny": regimes(200, 2) * 1e-120, "smaller": regimes(200, 2) * 1e-200, "ticks": np.round(regimes(300, 3), 2),
        "ones and nan": np.ones((10, 2)), "outlier": np.r_[regimes(200, 2), [[1e5, -1e5]]],
        "outliers": np.r_[regimes(100, 2), [[100.0, 100.0]], regimes(100, 2)],
        "ramp": np.c_[np.arange(200.0), -np.arange(200.0)],
    }),
)  # fmt: skip
@pytest.mark.parametrize("k", [1, 2, 3])
def test_degenerate_data_end_as_they_do_with_hmmlearn(rows: Any, k: int) -> None:
    agree(lambda model: learnt(model(k, random_state=4).fit(rows)))


def test_a_falling_likelihood_is_logged() -> None:
    rows = regimes(11, 4, seed=4) / 3
    outcome = agree(lambda model: learnt(model(3, random_state=1, n_iter=100).fit(rows)))
    assert any("Model is not converging." in line for line in outcome.lines)


def test_a_state_that_is_never_left_is_logged() -> None:
    rows = np.r_[np.zeros((5, 2)), [[9.0, 9.0]]]
    outcome = agree(lambda model: learnt(model(2, random_state=1, tol=-np.inf).fit(rows)))
    assert any("zero sum" in line for line in outcome.lines)


def test_a_fit_that_breaks_off_keeps_the_rounds_until_then() -> None:
    rows = np.r_[regimes(60, 2), [[60.0, 60.0]], regimes(60, 2)]

    def call(model: Any) -> Any:
        made = model_of(model, 2, 2, implementation="scaling", init_params="", n_iter=50, params="mc")
        made.means_, made.covars_ = np.array([[0.0, 0.0], [55.0, 55.0]]), np.full((2, 2), 8.0)
        try:
            made.fit(rows)
        except ValueError as error:
            return [str(error), *learnt(made)]
        return learnt(made)

    agree(call)


@pytest.mark.parametrize("n_iter", [-3, 0, np.int64(3), True])
def test_the_number_of_rounds_is_ranges(n_iter: Any) -> None:
    agree(lambda model: learnt(model(2, random_state=1, n_iter=n_iter).fit(ROWS)))


@pytest.mark.parametrize(("of_model", "of_monitor"), [(5, 3), (3, 5), (4, 0), (4, -1)])
def test_the_monitor_has_a_limit_of_its_own(of_model: int, of_monitor: int) -> None:
    def call(model: Any) -> Any:
        made = model(3, random_state=1, n_iter=of_model, tol=-np.inf)
        made.monitor_.n_iter = of_monitor
        return learnt(made.fit(ROWS))

    agree(call)


def test_more_rounds_than_one_call_takes_are_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    ours()
    monkeypatch.setattr(importlib.import_module("doge_hmm.training"), "WORK", 300 * 9 * 4)
    for tol in (1e-2, -np.inf):
        agree(lambda model, tol=tol: learnt(model(3, random_state=1, n_iter=40, tol=tol).fit(ROWS)))


def test_fitting_again_starts_anew_and_says_so() -> None:
    def call(model: Any) -> Any:
        made = model(3, random_state=2).fit(ROWS)
        return learnt(made.fit(ROWS[:150]))

    outcome = agree(call)
    assert sum("Even though the" in line for line in outcome.lines) == 4


def test_fitting_again_keeps_the_number_of_features() -> None:
    outcome = agree(lambda model: model(2, random_state=2).fit(ROWS).fit(ROWS[:, :2]))
    assert outcome.error == "ValueError: Unexpected number of dimensions, got 2 but expected 3"


def test_training_goes_on_where_it_stopped() -> None:
    def call(model: Any) -> Any:
        made = model(3, random_state=2, n_iter=3).fit(ROWS)
        made.init_params = ""
        return learnt(made.fit(ROWS))

    agree(call)


def test_a_long_series() -> None:
    rows = regimes(50_000, 4)
    agree(lambda model: [*learnt(made := model(3, random_state=42, n_iter=6).fit(rows)), made.predict(rows)])
