"""Random numbers and k-means are numpy's and scikit-learn's, draw by draw."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from tests.native import load_native
from tests.parity.twins import Matrix, agree, each, learnt, regimes

ROWS = regimes(150, 2)


@pytest.fixture(scope="module")
def native() -> Any:
    return load_native()._native


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 8])
def test_start_and_transitions_are_drawn_bit_by_bit(native: Any, k: int) -> None:
    seeds = [*range(1980), *(2**32 - 1 - at for at in range(20))] if k == 3 else [*range(150), 2**32 - 1]
    for seed in seeds:
        rng = np.random.RandomState(seed)
        startprob, transmat = native.dirichlets(seed, k, True, True)
        assert startprob.tobytes() == rng.dirichlet(np.full(k, 1 / k)).tobytes(), seed
        assert transmat.tobytes() == rng.dirichlet(np.full(k, 1 / k), size=k).tobytes(), seed


def test_parameters_that_are_not_wanted_are_not_drawn(native: Any) -> None:
    rows = np.random.RandomState(4).dirichlet([0.5, 0.5], size=2)
    nothing, transmat = native.dirichlets(4, 2, False, True)
    assert nothing is None
    assert transmat.tobytes() == rows.tobytes()
    assert native.dirichlets(4, 2, False, False) == (None, None)


def clustered(rows: Matrix, k: int, seed: int) -> Matrix:
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        centres: Matrix = KMeans(k, n_init=10, random_state=seed).fit(rows).cluster_centers_
    return centres


KINDS = {
    "market": lambda seed: regimes(200, 4, seed=seed),
    "ticks": lambda seed: np.round(regimes(200, 4, seed=seed), 2),
    "two features": lambda seed: regimes(150, 2, seed=seed),
    "six features": lambda seed: regimes(100, 6, 4, seed=seed),
    "heavy tails": lambda seed: np.random.default_rng(seed).standard_t(2, (150, 4)),
    "no structure": lambda seed: np.random.default_rng(seed).random((120, 3)),
}


@pytest.mark.parametrize("kind", each(KINDS))
def test_the_centres_are_scikit_learns(native: Any, kind: Any) -> None:
    for seed in range(50):
        k = 3 if seed < 30 else 2 + seed % 5
        rows = kind(seed)
        centres, distinct = native.k_means(rows, k, seed=seed)
        assert distinct == k
        np.testing.assert_allclose(centres, clustered(rows, k, seed), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_clusters_that_run_empty_get_the_farthest_rows(native: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    # A crowd and a few far away, more clusters than the crowd needs.
    rows = np.r_[rng.normal(size=(40, 2)) * 0.01, rng.normal(size=(6, 2)) * 1000.0]
    centres, _ = native.k_means(rows, 8, seed=seed)
    np.testing.assert_allclose(centres, clustered(rows, 8, seed), rtol=1e-12, atol=1e-9)


# Where a third centre has nothing left to explain, the last bit of a distance places it: these seeds leave it no choice.
@pytest.mark.parametrize("seed", [0, 1, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13])
def test_fewer_points_than_clusters_are_said(native: Any, seed: int) -> None:
    rows = np.repeat(regimes(2, 3, seed=seed), 20, axis=0)
    centres, distinct = native.k_means(rows, 3, seed=seed)
    assert distinct == 2
    np.testing.assert_allclose(centres, clustered(rows, 3, seed), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", each({"int": 9, "numpy": np.int32(9), "bool": True, "largest": 2**32 - 1, "zero": 0}))
def test_a_seed_starts_the_stream_again_at_every_fit(seed: Any) -> None:
    agree(lambda model: [*learnt(made := model(2, random_state=seed).fit(ROWS)), *learnt(made.fit(ROWS))])


def test_a_generator_continues_from_its_state() -> None:
    def call(model: Any) -> Any:
        rng = np.random.RandomState(3)
        fits = [learnt(model(k, random_state=rng).fit(ROWS)) for k in (2, 3, 2)]
        return [*fits, float(rng.rand())]

    agree(call)


def test_no_seed_is_numpys_own_generator() -> None:
    def call(model: Any) -> Any:
        np.random.seed(12)
        return [learnt(model(3).fit(ROWS)), np.random.rand()]

    agree(call)


@pytest.mark.parametrize(
    "seed",
    each(
        {
            "negative": -1,
            "too large": 2**32,
            "much too large": 10**30,
            "text": "x",
            "float": 1.5,
            "new generator": np.random.default_rng(0),
            "list": [1],
        }
    ),
)
@pytest.mark.parametrize("call", each({"fit": lambda m: m.fit(ROWS), "sample": lambda m: m.fit(ROWS).sample(2)}))
def test_invalid_seeds_are_refused_with_hmmlearns_message(seed: Any, call: Any) -> None:
    outcome = agree(lambda model: call(model(2, random_state=seed)))
    assert outcome.error is not None
    assert str(seed) in outcome.error or outcome.error == "ValueError: Seed must be between 0 and 2**32 - 1"
