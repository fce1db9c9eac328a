"""The statistical comparator: decides if two models that ended in different optima are equally good.

It is used only if parameters do not agree. States are matched regardless of their order, and the lower confidence bound of
the share of rows with the same label must reach a minimum, which takes a minimum number of rows. Rows of one series are
correlated, so the bound is somewhat optimistic; cases of real candles are never judged by it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.stats import beta

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """The criteria that two optima must meet, read from `golden/detector/contract.json`."""

    confidence: float
    agreement_lower_min: float
    log_likelihood_gap_max: float
    drift_mean_max: float

    @property
    def rows_min(self) -> int:
        """The number of rows that reaches the bound if all of them agree; with fewer, the bound cannot be reached."""
        return sample_size(self.agreement_lower_min, self.confidence)


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """The likeness of two models. `gap` is in log-likelihood per row, drifts are in probability of the matched states."""

    permutation: tuple[int, ...]
    agreeing: int
    rows: int
    agreement_lower: float
    gap: float
    drift_mean: float
    drift_max: float
    shortfalls: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """True if every criterion is met."""
        return not self.shortfalls

    def to_json(self) -> dict[str, Any]:
        """Return the likeness as plain data."""
        return {**vars(self), "permutation": list(self.permutation), "shortfalls": list(self.shortfalls), "passed": self.passed}


def agreement_lower(agreeing: int, rows: int, confidence: float = 0.95) -> float:
    """Return the one-sided lower confidence bound of the true share (Clopper and Pearson)."""
    if rows <= 0 or agreeing <= 0:
        return 0.0
    return float(beta.ppf(1.0 - confidence, agreeing, rows - agreeing + 1))


def sample_size(bound: float, confidence: float = 0.95) -> int:
    """Return how many rows must all agree for the lower bound to reach `bound`: 299 for 0.99 at 95 %. Raises `ValueError`."""
    if not 0.0 < bound < 1.0:
        raise ValueError(f"bound must be between 0 and 1, got {bound}")
    return math.ceil(math.log(1.0 - confidence) / math.log(bound))


def match_states(reference: Mapping[str, Floats], candidate: Mapping[str, Floats]) -> tuple[int, ...]:
    """Match each state of the reference to a candidate's state, so that the total distance of the means is least.

    Distances are in units of the reference's deviations, so that the units of features do not matter.
    """
    spread = np.sqrt(np.maximum(reference["covars"], 1e-300))
    far = (reference["means"][:, None, :] - candidate["means"][None, :, :]) / spread[:, None, :]
    cost = np.nan_to_num((far * far).sum(axis=2), nan=1e300, posinf=1e300)
    rows, columns = linear_sum_assignment(np.minimum(cost, 1e300))
    return tuple(int(column) for _, column in sorted(zip(rows, columns, strict=True)))


def compare_optima(*, reference: Mapping[str, Any], candidate: Mapping[str, Any], criteria: Criteria) -> Likeness:
    """Compare two trained models on the rows they were trained on.

    Both hold `means` and `covars`, the `path` of labels, the `posteriors` and the `score` of the rows.
    """
    permutation = match_states(reference, candidate)
    back = np.argsort(np.array(permutation))
    path: Labels = back[np.asarray(candidate["path"])]
    rows = len(path)
    agreeing = int((np.asarray(reference["path"]) == path).sum())
    lower = agreement_lower(agreeing, rows, criteria.confidence)
    gap = abs(float(reference["score"]) - float(candidate["score"])) / max(rows, 1)
    drift = np.abs(reference["posteriors"] - candidate["posteriors"][:, permutation]).max(axis=1)
    mean, largest = (float(drift.mean()), float(drift.max())) if rows else (0.0, 0.0)
    shortfalls = []
    if rows < criteria.rows_min:
        shortfalls.append(f"{rows} rows are too few: it takes {criteria.rows_min}")
    elif not lower >= criteria.agreement_lower_min:
        shortfalls.append(f"labels agree on {agreeing} of {rows} rows, at least {lower:.4f} of them")
    if not gap <= criteria.log_likelihood_gap_max:
        shortfalls.append(f"the log-likelihoods differ by {gap:.3g} per row")
    if not mean <= criteria.drift_mean_max:
        shortfalls.append(f"probabilities drift by {mean:.3g} on average")
    return Likeness(
        permutation=permutation,
        agreeing=agreeing,
        rows=rows,
        agreement_lower=lower,
        gap=gap,
        drift_mean=mean,
        drift_max=largest,
        shortfalls=tuple(shortfalls),
    )
