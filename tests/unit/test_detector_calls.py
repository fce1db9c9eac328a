"""What is asked of a model, where the answer would not be definite."""

from __future__ import annotations

import numpy as np
import pytest
from hmmlearn.hmm import GaussianHMM

from harness.subjects.detector.asking.calls import _stationary


def model(transmat: list[list[float]]) -> GaussianHMM:
    made = GaussianHMM(len(transmat))
    made.transmat_ = np.array(transmat)
    made.startprob_ = np.full(len(transmat), 1.0 / len(transmat))
    made.means_ = np.zeros((len(transmat), 1))
    made.covars_ = np.ones((len(transmat), 1))
    return made


@pytest.mark.parametrize(
    ("transmat", "definite"),
    [
        ([[0.9, 0.1], [0.2, 0.8]], True),
        ([[0.0, 1.0], [1.0, 0.0]], True),
        ([[0.99999, 0.00001], [0.0, 1.0]], True),
        ([[1.0, 0.0], [0.0, 1.0]], False),
        ([[0.5, 0.5, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.1, 0.9], [0.0, 0.0, 0.9, 0.1]], False),
    ],
)
def test_a_chain_with_two_ends_has_no_one_distribution(transmat: list[list[float]], definite: bool) -> None:
    found = _stationary(model(transmat))
    assert isinstance(found, np.ndarray) is definite
    assert definite or found == "not unique"
