"""The class around the model: settings, copies, monitors, and what only hmmlearn covers."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import hmmlearn.base
import hmmlearn.hmm
import numpy as np
import pytest

from tests.native import load_native
from tests.parity.twins import PARAMETERS, agree, ask, each, learnt, model_of, ours, regimes

ROWS = regimes(200, 2)
CHANGED = {
    "n_components": 3,
    "n_iter": 7,
    "tol": 0.5,
    "random_state": 4,
    "verbose": True,
    "params": "st",
    "implementation": "scaling",
}


def monitor_of(model: Any) -> Any:
    """The monitor that belongs to a class."""
    return hmmlearn.base.ConvergenceMonitor if model is hmmlearn.hmm.GaussianHMM else load_native().ConvergenceMonitor


def test_the_constructor_takes_the_same_arguments() -> None:
    theirs, mine = (inspect.signature(model).parameters for model in (hmmlearn.hmm.GaussianHMM, ours()))
    assert [(each.name, each.default, each.kind) for each in mine.values()] == [
        (each.name, each.default, each.kind) for each in theirs.values()
    ]


@pytest.mark.parametrize("settings", [{}, CHANGED, {"min_covar": 1, "algorithm": "map", "init_params": ""}])
def test_settings_are_told_and_shown(settings: dict[str, Any]) -> None:
    agree(
        lambda model: [
            list(model(**settings).get_params().items()),
            list(model(**settings).get_params(deep=False)),
            repr(model(**settings)),
        ]
    )


def test_a_long_list_of_settings_is_broken_into_lines() -> None:
    values = [7, "abc", 10**15, 0.1, None, np.nan]
    names = list(inspect.signature(ours()).parameters)
    for at in range(60):
        settings = {name: values[(at * (place + 1)) % len(values)] for place, name in enumerate(names) if (at >> place % 6) & 1}
        agree(lambda model, settings=settings: repr(model(**settings)))
    agree(lambda model: repr(model(means_prior=np.ones(3))))


def test_settings_can_be_changed_later() -> None:
    def call(model: Any) -> Any:
        made = model(2).set_params(**CHANGED)
        return [list(made.get_params().items()), made.monitor_.n_iter, made.set_params() is made, learnt(made.fit(ROWS))]

    agree(call)


def test_an_unknown_setting_is_refused_in_the_same_words() -> None:
    outcome = agree(lambda model: model(3).set_params(colour="red"))
    assert outcome.error is not None
    assert outcome.error.startswith("ValueError: Invalid parameter 'colour' for estimator GaussianHMM(n_components=3). Valid")


def test_a_copy_with_the_same_settings_is_unfitted() -> None:
    def call(model: Any) -> Any:
        made = model(3, random_state=1, n_iter=3).fit(ROWS)
        clone = type(made)(**made.get_params())
        return [hasattr(clone, "means_"), learnt(clone.fit(ROWS))]

    agree(call)


@pytest.mark.parametrize("again", each({
    "pickle": lambda made: pickle.loads(pickle.dumps(made)), "copy": copy.copy, "deepcopy": copy.deepcopy,
    "old pickle": lambda made: pickle.loads(pickle.dumps(made, 2)),
}))  # fmt: skip
def test_a_fitted_model_is_copied_and_pickled(again: Any) -> None:
    def call(model: Any) -> Any:
        made = model(3, random_state=1).fit(ROWS)
        other = again(made)
        return [learnt(other), other.predict(ROWS), other.score(ROWS) == made.score(ROWS), other.get_params()]

    agree(call)


def test_a_deep_copy_shares_no_array() -> None:
    made = ours()(2, random_state=1).fit(ROWS)
    other = copy.deepcopy(made)
    assert not any(np.shares_memory(getattr(made, name), getattr(other, name)) for name in PARAMETERS)


def test_the_monitor_is_made_with_the_model_and_shown_alike() -> None:
    def call(model: Any) -> Any:
        made = model(2, n_iter=3, random_state=1)
        made.n_iter, made.tol = 5, 99.0
        fresh = repr(made.monitor_)
        made.fit(ROWS)
        return [fresh, learnt(made), made.monitor_.tol, repr(made.monitor_).count("\n"), sorted(vars(made.monitor_))]

    agree(call)


@pytest.mark.parametrize("n_iter", [1, 4, 50])
def test_a_monitor_of_ones_own_decides_when_to_stop(n_iter: int) -> None:
    def call(model: Any) -> Any:
        class Threshold(monitor_of(model)):  # type: ignore[misc]
            @property
            def converged(self) -> bool:
                return self.iter == self.n_iter or self.history[-1] >= -800.0

        made = model(3, n_iter=n_iter, random_state=1)
        made.monitor_ = Threshold(0.0, n_iter, True)
        return learnt(made.fit(ROWS))

    agree(call)


def test_a_monitor_of_ones_own_may_look_at_every_round() -> None:
    def call(model: Any) -> Any:
        seen = []

        class Spy(monitor_of(model)):  # type: ignore[misc]
            def report(self, log_prob: float) -> None:
                seen.append((type(log_prob).__name__, made.means_.copy(), made.transmat_.copy()))
                super().report(log_prob)

        made = model(3, n_iter=4, random_state=1)
        made.monitor_ = Spy(1e-2, 4, False)
        made.fit(ROWS)
        return [seen[at][1:] for at in range(4)]

    agree(call)


def test_a_monitor_that_raises_stops_the_fit() -> None:
    def call(model: Any) -> Any:
        class Stopping(monitor_of(model)):  # type: ignore[misc]
            def report(self, log_prob: float) -> None:
                raise ValueError("enough")

        made = model(2, random_state=1)
        made.monitor_ = Stopping(0.0, 9, False)
        made.fit(ROWS)

    assert agree(call).error == "ValueError: enough"


def test_a_subclass_behaves_as_its_class() -> None:
    def call(model: Any) -> Any:
        class Named(model):  # type: ignore[misc,valid-type]
            def __init__(self, n_components: int = 2, name: str = "x") -> None:
                super().__init__(n_components, random_state=1)
                self.name = name

        made = Named(3, name="y").fit(ROWS)
        return [repr(made), made.get_params(), learnt(made)]

    agree(call)


PRIORS = [
    ("startprob_prior", 2.0), ("transmat_prior", np.ones((2, 2))), ("means_prior", 1), ("means_weight", 0.5),
    ("covars_prior", 0.1), ("covars_weight", 2),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), PRIORS)
def test_priors_of_hmmlearn_only_are_named_by_fit(name: str, value: Any) -> None:
    # DIFFERENCE: hmmlearn has these.
    with pytest.raises(NotImplementedError, match=rf"^{name}: doge_hmm\.GaussianHMM covers .* only; got "):
        ours()(2, **{name: value}).fit(ROWS)


@pytest.mark.parametrize(("name", "value"), PRIORS)
def test_priors_do_not_matter_to_inference(name: str, value: Any) -> None:
    def call(model: Any) -> Any:
        made = model_of(model, **{name: value})
        return [made.score(ROWS), made.predict(ROWS), made.predict_proba(ROWS), made.sample(3, 1), made.bic(ROWS)]

    assert agree(call).error is None


@pytest.mark.parametrize("value", ["full", "tied", "spherical"])
def test_covariances_of_hmmlearn_only_are_named(value: str) -> None:
    # DIFFERENCE: hmmlearn has these.
    for call in (
        lambda: ours()(2, covariance_type=value).fit(ROWS),
        lambda: model_of(ours(), covariance_type=value).score(ROWS),
    ):
        with pytest.raises(NotImplementedError, match=r"^covariance_type: doge_hmm\.GaussianHMM covers 'diag' only; got "):
            call()


def test_an_unknown_covariance_is_a_key_error_as_in_hmmlearn() -> None:
    assert agree(lambda model: model(2, covariance_type="foo").fit(ROWS)).error == "KeyError: 'foo'"


@pytest.mark.parametrize("k", [0, -1, 1.5, "2", None])
def test_a_number_of_states_that_makes_no_sense_is_an_error(k: Any) -> None:
    # DIFFERENCE: each of the libraries beneath hmmlearn has words of its own for these.
    outcome = ask(ours(), "doge_hmm", lambda model: model(k, random_state=1).fit(ROWS))
    assert outcome.error is not None


def test_arrays_of_the_model_are_not_changed_by_asking() -> None:
    made = model_of(ours(), 3, 2)
    before = [getattr(made, name).copy() for name in PARAMETERS]
    rows = ROWS.copy()
    made.score(rows), made.predict(rows), made.predict_proba(rows), made.filter_proba(rows), made.sample(3)
    assert all((getattr(made, name) == then).all() for name, then in zip(PARAMETERS, before, strict=True))
    assert (rows == ROWS).all()
