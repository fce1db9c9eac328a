"""scikit-learn's tools take our class as they take hmmlearn's, side by side; nobody but the user imports scikit-learn."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import hmmlearn.hmm
import pytest
import sklearn
from sklearn.base import ClusterMixin, clone, is_classifier, is_clusterer, is_outlier_detector, is_regressor
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr, get_tags
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import check_is_fitted

from tests.native import environment
from tests.parity.twins import Matrix, agree, each, learnt, ours, regimes

ROWS = regimes(240, 2)
LENGTHS = [100, 140]


@contextmanager
def routing() -> Iterator[None]:
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def made(model: Any, **settings: Any) -> Any:
    return model(2, **{"random_state": 1, "n_iter": 5, **settings})


def pipeline(model: Any) -> Any:
    return make_pipeline(StandardScaler(), made(model))


def searched(model: Any) -> list[Any]:
    grid = GridSearchCV(made(model), {"n_components": [1, 2, 3], "tol": [1e-2, 5.0]}, cv=3).fit(ROWS)
    return [grid.best_params_, grid.cv_results_["mean_test_score"], grid.predict(ROWS), float(grid.score(ROWS))]


def searched_in_a_pipeline(model: Any) -> list[Any]:
    grid = GridSearchCV(pipeline(model), {f"{model.__name__.lower()}__n_components": [1, 3]}, cv=KFold(2)).fit(ROWS)
    return [grid.best_params_, grid.cv_results_["mean_test_score"], learnt(grid.best_estimator_[-1])]


def fitted_and_asked(model: Any) -> list[Any]:
    fitted = pipeline(model).fit(ROWS)
    return [fitted.predict(ROWS), fitted.predict_proba(ROWS), float(fitted.score(ROWS)), fitted[-1].means_]


def copied(model: Any) -> list[Any]:
    copy = clone(made(model, tol=0.5).fit(ROWS))
    return [hasattr(copy, "means_"), list(copy.get_params().items()), learnt(copy.fit(ROWS))]


TOOLS: dict[str, Callable[[Any], Any]] = {
    "pipeline": fitted_and_asked,
    "grid search": searched,
    "grid search over a pipeline": searched_in_a_pipeline,
    "cross_val_score": lambda model: cross_val_score(made(model), ROWS, cv=4),
    "cross_val_predict": lambda model: cross_val_predict(made(model), ROWS, cv=2),
    "cross_validate": lambda model: sorted(cross_validate(made(model), ROWS, cv=2, return_train_score=True)),
    "clone": copied,
    "check_is_fitted": lambda model: check_is_fitted(made(model).fit(ROWS)),
    "check_is_fitted before": lambda model: check_is_fitted(made(model)),  # the monitor looks like a fitted attribute
    "kinds": lambda model: [ask(made(model)) for ask in (is_regressor, is_classifier, is_clusterer, is_outlier_detector)],
    "tags": lambda model: repr(get_tags(made(model))),
}


@pytest.mark.parametrize("use", each(TOOLS))
def test_tools_of_scikit_learn_take_our_class(use: Callable[[Any], Any]) -> None:
    assert agree(use).error is None


def test_an_unfitted_model_and_a_class_are_refused_in_the_same_words() -> None:
    assert agree(lambda model: check_is_fitted(made(model), "means_")).error is not None
    assert agree(get_tags).error is not None


def test_a_mixin_changes_the_tags() -> None:
    def call(model: Any) -> Any:
        class Clusterer(ClusterMixin, model):  # type: ignore[misc,valid-type]
            pass

        return [is_clusterer(Clusterer(2)), repr(get_tags(Clusterer(2)))]

    assert agree(call).value[0] is True


def plain(html: str) -> str:
    """The diagram without its running numbers and without the link that only scikit-learn's own classes have."""
    return re.sub(r"sk-(container|estimator)-id-\d+", "id", html)


@pytest.mark.parametrize("make", each({"new": made, "fitted": lambda model: made(model).fit(ROWS), "pipeline": pipeline}))
def test_the_diagram_for_a_notebook_is_the_same(make: Callable[[Any], Any]) -> None:
    def call(model: Any) -> Any:
        return [plain(estimator_html_repr(make(model))), plain(make(model)._repr_html_())]

    # The monitor's class and the logger aside, both show the same text.
    theirs, mine = call(hmmlearn.hmm.GaussianHMM), call(ours())
    numbers = re.compile(r"-?\d+\.\d+(e-?\d+)?")
    for one, other in zip(mine, theirs, strict=True):
        one, other = (numbers.sub("#", text).replace("hmmlearn.base", "doge_hmm.monitor") for text in (one, other))
        assert one == other


def test_the_diagram_follows_the_setting_of_scikit_learn() -> None:
    with sklearn.config_context(display="text"):
        assert not hasattr(made(ours()), "_repr_html_")
    assert hasattr(made(ours()), "_repr_html_")


def test_lengths_are_routed_to_predictions() -> None:
    def call(model: Any) -> Any:
        with routing():
            last = made(model).set_predict_request(lengths=True).set_predict_proba_request(lengths=True)
            fitted = make_pipeline(StandardScaler(), last).fit(ROWS)
            return [
                fitted.predict(ROWS, lengths=LENGTHS),
                fitted.predict_proba(ROWS, lengths=LENGTHS),
                repr(get_routing_for_object(last)),
                repr(get_routing_for_object(clone(last))),
            ]

    assert agree(call).error is None


def test_lengths_are_routed_to_the_fits_of_a_search() -> None:
    def call(model: Any) -> Any:
        with routing():
            last = made(model).set_fit_request(lengths=True).set_score_request(lengths=True)
            grid = GridSearchCV(last, {"n_components": [1, 2]}, cv=KFold(2), refit=False).fit(ROWS, lengths=[1] * 100 + [20])
            whole = GridSearchCV(made(model), {"n_components": [1, 2]}, cv=KFold(2), refit=False).fit(ROWS)
            return [grid.cv_results_["mean_test_score"], whole.cv_results_["mean_test_score"]]

    outcome = agree(call)
    assert outcome.error is None
    routed, whole = outcome.value
    assert (routed != whole).all()


REQUESTS: dict[str, Callable[[Any], Any]] = {
    "without routing": lambda model: made(model).set_fit_request(lengths=True),
    "unknown metadata": lambda model: made(model).set_score_request(colour=True),
    "not requested": lambda model: make_pipeline(StandardScaler(), made(model)).fit(ROWS, lengths=LENGTHS),
}


@pytest.mark.parametrize("use", each(REQUESTS))
def test_requests_are_refused_in_the_same_words(use: Callable[[Any], Any]) -> None:
    if use is REQUESTS["without routing"]:
        assert "metadata routing is enabled" in str(refused(ours(), use)) == str(refused(hmmlearn.hmm.GaussianHMM, use))
        return
    with routing():
        assert str(refused(ours(), use)) == str(refused(hmmlearn.hmm.GaussianHMM, use))


def refused(model: Any, use: Callable[[Any], Any]) -> Exception:
    with pytest.raises((RuntimeError, TypeError, ValueError)) as raised:
        use(model)
    return raised.value


def test_metadata_of_a_subclass_is_found_in_its_signatures() -> None:
    def call(model: Any) -> Any:
        class Weighted(model):  # type: ignore[misc,valid-type]
            def fit(self, X: Matrix, lengths: Any = None, weights: Any = None) -> Any:
                self.weights_ = weights
                return super().fit(X, lengths)

        with routing():
            last = Weighted(2, random_state=1).set_fit_request(weights=True, lengths=False)
            return make_pipeline(last).fit(ROWS, weights=[1, 2])[-1].weights_

    assert agree(call).value == [1, 2]


def test_nobody_but_the_user_imports_scikit_learn() -> None:
    program = """
import copy, pickle, sys
import numpy as np, doge_hmm
rows = np.random.default_rng(0).normal(size=(100, 2))
model = doge_hmm.GaussianHMM(2, random_state=1).fit(rows.tolist())
model.predict(rows), model.score(rows), model.sample(2), model.filter().step(rows[0]), repr(model), model.get_params()
model.set_params(tol=1.0), pickle.loads(pickle.dumps(model)), copy.deepcopy(model), hasattr(model, "_repr_html_"), dir(model)
assert not hasattr(model, "_repr_html_")
found = [name for name in sys.modules if name.split(".")[0] in ("sklearn", "scipy", "pandas", "hmmlearn")]
print(found)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
