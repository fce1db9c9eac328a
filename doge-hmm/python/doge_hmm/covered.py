"""What `doge_hmm.GaussianHMM` covers of hmmlearn's class, and refusals of the rest by name."""

from __future__ import annotations

from typing import Any

import numpy as np

COVARIANCES = ("diag", "spherical", "full", "tied")

# The settings of training of which only one value is covered, with that value.
PRIORS = {
    "startprob_prior": 1.0,
    "transmat_prior": 1.0,
    "means_prior": 0,
    "means_weight": 0,
    "covars_prior": 1e-2,
    "covars_weight": 1,
}

# Methods of hmmlearn's class that a subclass may override there. Rust does their work here, and never calls them.
_HOOKS_OF_BOTH = (
    "_compute_log_likelihood",
    "_compute_likelihood",
    "_compute_posteriors_log",
    "_compute_posteriors_scaling",
)
HOOKS_OF_TRAINING = (
    "_do_estep",
    "_do_mstep",
    "_estep_begin",
    "_compute_lower_bound",
    "_fit_log",
    "_fit_scaling",
    "_initialize_sufficient_statistics",
    "_accumulate_sufficient_statistics",
    "_accumulate_sufficient_statistics_log",
    "_accumulate_sufficient_statistics_scaling",
    "_needs_sufficient_statistics_for_mean",
    "_needs_sufficient_statistics_for_covars",
    *_HOOKS_OF_BOTH,
)
HOOKS_OF_INFERENCE = ("_score", "_score_log", "_score_scaling", "_decode_viterbi", "_decode_map", *_HOOKS_OF_BOTH)


def check_training_covered(model: Any) -> None:
    """Raise `NotImplementedError` for a covariance, a prior or a hook that only hmmlearn trains with."""
    _check_covariance(model)
    for name, covered in PRIORS.items():
        value = getattr(model, name)
        if np.ndim(value) != 0 or value != covered:
            raise NotImplementedError(f"{name}: doge_hmm.GaussianHMM covers {covered!r} only; got {value!r}")
    _check_hooks(model, HOOKS_OF_TRAINING)


def check_inference_covered(model: Any) -> None:
    """Raise `NotImplementedError` for a covariance or a hook that only hmmlearn infers with. Priors do not matter."""
    _check_covariance(model)
    _check_hooks(model, HOOKS_OF_INFERENCE)


def _check_covariance(model: Any) -> None:
    """Raise `NotImplementedError` for a covariance of hmmlearn only, and `KeyError` for an unknown one, as hmmlearn does."""
    if model.covariance_type not in COVARIANCES:
        raise KeyError(model.covariance_type)
    if model.covariance_type != "diag":
        raise NotImplementedError(f"covariance_type: doge_hmm.GaussianHMM covers 'diag' only; got {model.covariance_type!r}")


def _check_hooks(model: Any, hooks: tuple[str, ...]) -> None:
    for name in hooks:
        if hasattr(model, name):
            raise NotImplementedError(
                f"{name}: doge_hmm.GaussianHMM never calls this method of hmmlearn's class; "
                f"derive {type(model).__name__} from hmmlearn.hmm.GaussianHMM instead"
            )
