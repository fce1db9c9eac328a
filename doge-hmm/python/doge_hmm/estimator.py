"""The conventions of scikit-learn's estimators: settings, `repr`, and what scikit-learn's tools ask of a model.

scikit-learn is not needed, and imported only by methods that scikit-learn itself calls, or that are of no use without it.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any, Self

from doge_hmm.shown import format_call


def _base() -> Any:
    """Return scikit-learn's `BaseEstimator`, whose methods below work on any object with `get_params`."""
    from sklearn.base import BaseEstimator

    return BaseEstimator


class Estimator:
    """A model whose constructor has only settings, each kept as an attribute of the same name.

    It is an estimator to scikit-learn's tools: `clone`, `Pipeline`, `GridSearchCV`, `cross_val_score`, metadata routing.
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters of the constructor by name."""
        del deep  # no parameter is a model itself
        return {name: getattr(self, name) for name in sorted(inspect.signature(type(self)).parameters)}

    def set_params(self, **params: Any) -> Self:
        """Change parameters of the constructor, and return the model. Raises `ValueError` for an unknown one and keeps all."""
        known = self.get_params()
        for name in params:
            if name not in known:
                raise ValueError(f"Invalid parameter {name!r} for estimator {self!r}. Valid parameters are: {list(known)!r}.")
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        """Return a call of the class with every parameter that is not the default."""
        defaults = {name: each.default for name, each in inspect.signature(type(self)).parameters.items()}
        return format_call(type(self).__name__, self.get_params(), defaults)

    @property
    def _repr_html_(self) -> Callable[[], str]:
        """The function that returns scikit-learn's diagram for a notebook, once scikit-learn is imported."""
        sklearn: Any = sys.modules.get("sklearn")
        if sklearn is None or sklearn.get_config()["display"] != "diagram":
            raise AttributeError("_repr_html_ exists once scikit-learn is imported, with its setting display='diagram'")
        from sklearn.utils import estimator_html_repr

        return lambda: str(estimator_html_repr(self))

    def _get_params_html(self, *arguments: Any, **keywords: Any) -> Any:
        return _base()._get_params_html(self, *arguments, **keywords)

    def _get_fitted_attr_html(self, *arguments: Any, **keywords: Any) -> Any:
        return _base()._get_fitted_attr_html(self, *arguments, **keywords)

    def __sklearn_tags__(self) -> Any:
        """Return scikit-learn's tags of an estimator without a target."""
        return _base().__sklearn_tags__(self)

    def get_metadata_routing(self) -> Any:
        """Return the metadata, `lengths` above all, that the methods request of scikit-learn's routing."""
        return self._get_metadata_request()

    def _get_metadata_request(self) -> Any:
        return _base()._get_metadata_request(self)

    @classmethod
    def _get_class_level_metadata_request_values(cls, *arguments: Any, **keywords: Any) -> Any:
        return _base()._get_class_level_metadata_request_values.__func__(cls, *arguments, **keywords)

    def set_fit_request(self, **requests: bool | str | None) -> Self:
        """Request metadata for `fit`: `lengths=True`. Needs scikit-learn's metadata routing."""
        return self._request("fit", requests)

    def set_predict_request(self, **requests: bool | str | None) -> Self:
        """Request metadata for `predict`, as for `fit`."""
        return self._request("predict", requests)

    def set_predict_proba_request(self, **requests: bool | str | None) -> Self:
        """Request metadata for `predict_proba`, as for `fit`."""
        return self._request("predict_proba", requests)

    def set_score_request(self, **requests: bool | str | None) -> Self:
        """Request metadata for `score`, as for `fit`."""
        return self._request("score", requests)

    def _request(self, method: str, requests: dict[str, bool | str | None]) -> Self:
        from sklearn.utils._metadata_requests import RequestMethod

        keys = sorted(self._get_class_level_metadata_request_values(method))
        changed: Self = RequestMethod(method, keys).__get__(self, type(self))(**requests)
        return changed
