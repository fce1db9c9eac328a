"""The statistical comparator: two models that ended in different optima, are they as good as each other?

It is asked only where parameters do not agree, and says what its answer rests on: states are matched up to their order, and the
share of rows with the same label has to have a lower confidence bound, which needs a number of rows. Rows of one series hang
together, so that the bound is rather too kind; nothing that runs on real candles is judged by it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]
from scipy.stats import beta  # type: ignore[import-untyped]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """The criteria that two optima must meet; read from `golden/detector/contract.json`."""

    confidence: float
    agreement_lower_min: float
    log_likelihood_gap_max: float
    drift_mean_max: float

    @property
    def rows_min(self) -> int:
        """The smallest number of rows that can give the bound: with every single one of them in agreement."""
        return sample_size(self.agreement_lower_min, self.confidence)


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """The likeness of two models. `gap` is in log-likelihood a row, `drift` in probability of the matched states."""

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
        """The likeness as plain data."""
        return {**vars(self), "permutation": list(self.permutation), "shortfalls": list(self.shortfalls), "passed": self.passed}


def agreement_lower(agreeing: int, rows: int, confidence: float = 0.95) -> float:
    """The lower bound of the true share, after Clopper and Pearson, one-sided."""
    if rows <= 0 or agreeing <= 0:
        return 0.0
    return float(beta.ppf(1.0 - confidence, agreeing, rows - agreeing + 1))


def sample_size(bound: float, confidence: float = 0.95) -> int:
    """The number of rows, all of them agreeing, for the lower bound to reach `bound`: 299 for 0.99 at 95 %."""
    if not 0.0 < bound < 1.0:
        raise ValueError(f"bound must be between 0 and 1, got {bound}")
    return math.ceil(math.log(1.0 - confidence) / math.log(bound))


def match_states(reference: Mapping[str, Floats], candidate: Mapping[str, Floats]) -> tuple[int, ...]:
    """For each state of the reference the candidate's state that lies nearest, each taken once.

    Means are measured in the reference's own deviations, so that no feature counts for its unit alone.
    """
    spread = np.sqrt(np.maximum(reference["covars"], 1e-300))
    far = (reference["means"][:, None, :] - candidate["means"][None, :, :]) / spread[:, None, :]
    cost = np.nan_to_num((far * far).sum(axis=2), nan=1e300, posinf=1e300)
    rows, columns = linear_sum_assignment(np.minimum(cost, 1e300))
    return tuple(int(column) for _, column in sorted(zip(rows, columns, strict=True)))


def compare_optima(*, reference: Mapping[str, Any], candidate: Mapping[str, Any], criteria: Criteria) -> Likeness:
    """The likeness of two trained models on the rows they were trained on.

    Both hold `means` and `covars`, the `path` of their labels, their `posteriors` and the `score` of the rows.
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
        shortfalls.append(f"{rows} rows are too few to tell: it takes {criteria.rows_min}")
    elif not lower >= criteria.agreement_lower_min:
        shortfalls.append(f"labels agree on {agreeing} of {rows} rows, at least {lower:.4f} of them")
    if not gap <= criteria.log_likelihood_gap_max:
        shortfalls.append(f"the log-likelihoods are {gap:.3g} a row apart")
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
