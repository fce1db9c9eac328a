"""A subclass that overrides a method of hmmlearn's is heard, or told by name that it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hmmlearn.hmm
import numpy as np
import pytest
from sklearn.base import BaseEstimator

from tests.parity.twins import agree, learnt, model_of, ours, regimes

ROWS = regimes(120, 2)
# Every method of hmmlearn's class that it does not have from scikit-learn, and that a subclass could override.
HOOKS = sorted(
    name
    for name in set(dir(hmmlearn.hmm.GaussianHMM)) - set(dir(BaseEstimator))
    if callable(getattr(hmmlearn.hmm.GaussianHMM, name)) and not name.startswith("set_")
)


def used(model: Any) -> None:
    """Everything that a model does."""
    model.fit(ROWS)
    for how in ("viterbi", "map"):
        model.decode(ROWS, algorithm=how)
    model.score(ROWS), model.score_samples(ROWS), model.predict(ROWS), model.predict_proba(ROWS), model.sample(3)
    model.aic(ROWS), model.bic(ROWS), model.get_stationary_distribution()


@pytest.mark.parametrize("name", HOOKS)
@pytest.mark.parametrize("place", ["subclass", "instance"])
def test_an_overridden_method_is_called_or_refused_by_name(name: str, place: str) -> None:
    called = []

    def override(*arguments: Any, **keywords: Any) -> Any:
        called.append(name)
        if place == "subclass":
            return getattr(super(Changed, arguments[0]), name)(*arguments[1:], **keywords)
        return getattr(type(model), name)(model, *arguments, **keywords)

    class Changed(ours()):  # type: ignore[misc]
        pass

    model = Changed(2, random_state=1, n_iter=3)
    setattr(Changed if place == "subclass" else model, name, override)
    refused = ""
    try:
        used(model)
    except NotImplementedError as error:
        refused = str(error)
    if called:
        assert refused == ""
    else:
        assert refused.startswith(f"{name}: doge_hmm.GaussianHMM never calls this method of hmmlearn's class; derive ")


def test_no_hook_was_left_out() -> None:
    assert {"_init", "_do_mstep", "_compute_log_likelihood", "_generate_sample_from_state", "fit"} <= set(HOOKS)


@pytest.mark.parametrize("name", ["_do_mstep", "_fit_log", "_estep_begin"])
def test_a_hook_of_training_does_not_hinder_inference(name: str) -> None:
    model = model_of(type("Changed", (ours(),), {name: lambda self, *arguments: None}))
    assert (model.predict(ROWS) == model_of(ours()).predict(ROWS)).all()
    with pytest.raises(NotImplementedError, match=rf"^{name}: "):
        model.fit(ROWS)


@pytest.mark.parametrize("name", ["_decode_viterbi", "_score_log"])
def test_a_hook_of_inference_does_not_hinder_training(name: str) -> None:
    model = type("Changed", (ours(),), {name: lambda self, *arguments: None})(2, random_state=1)
    assert (model.fit(ROWS).means_ == ours()(2, random_state=1).fit(ROWS).means_).all()
    with pytest.raises(NotImplementedError, match=rf"^{name}: "):
        model.predict(ROWS)


def with_own_start(model: Any) -> Any:
    class Started(model):  # type: ignore[misc,valid-type]
        def _init(self, X: Any, lengths: Any = None) -> None:
            super()._init(X, lengths)
            self.means_ = np.array([[0.0, 0.0], [1.0, 1.0]])

    return learnt(Started(2, random_state=1, n_iter=4).fit(ROWS))


def with_own_rows(model: Any) -> Any:
    class Constant(model):  # type: ignore[misc,valid-type]
        def _generate_sample_from_state(self, state: int, random_state: Any) -> Any:
            return [float(state), random_state.rand()]

    return list(model_of(Constant, random_state=3).sample(5))


def with_own_features(model: Any) -> Any:
    class Anything(model):  # type: ignore[misc,valid-type]
        def _check_and_set_n_features(self, X: Any) -> None:
            self.n_features = X.shape[1]

    return learnt(Anything(2, random_state=1).fit(ROWS).fit(regimes(90, 3)))


def with_own_check(model: Any) -> Any:
    class Strict(model):  # type: ignore[misc,valid-type]
        def _check(self) -> None:
            super()._check()
            raise ValueError(f"{self.n_components} states are too few")

    return Strict(2, random_state=1).fit(ROWS)


def with_own_scalars(model: Any) -> Any:
    class Counted(model):  # type: ignore[misc,valid-type]
        def _get_n_fit_scalars_per_param(self) -> dict[str, int]:
            return {"s": 1000, "t": 1, "m": 1, "c": 1}

    fitted = Counted(2, random_state=1).fit(ROWS)
    return [learnt(fitted), fitted.aic(ROWS)]


def with_own_needs(model: Any) -> Any:
    class Kept(model):  # type: ignore[misc,valid-type]
        def _needs_init(self, code: str, name: str) -> bool:
            return code != "m" and super()._needs_init(code, name)

    made = Kept(2, random_state=1, n_iter=3)
    made.means_ = np.array([[0.0, 0.0], [1.0, 1.0]])
    return learnt(made.fit(ROWS))


@pytest.mark.parametrize(
    "use", [with_own_start, with_own_rows, with_own_features, with_own_check, with_own_scalars, with_own_needs]
)
def test_a_hook_that_is_called_means_the_same(use: Callable[[Any], Any]) -> None:
    agree(use, rel=1e-9)
