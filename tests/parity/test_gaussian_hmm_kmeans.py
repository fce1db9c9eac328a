"""K-means gives the very bits of scikit-learn's, and so does the whole initialisation of hmmlearn's.

On processors with AVX2 and FMA, that is. OpenBLAS has other kernels for older ones, which round every product before they add
it; there, scikit-learn itself decides otherwise between centres at equal distances.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import hmmlearn.hmm
import numpy as np
import numpy.typing as npt
import pytest
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from tests.native import load_native
from tests.parity.twins import PARAMETERS, Matrix, each, ours

CLUSTERS_MAX = 10
# OpenBLAS's kernels for AVX-512 have an order of their own for columns of up to eight float32.
ROWS_MIN = 9
FITS = 16


def jumping(rng: np.random.Generator, rows: Matrix) -> Matrix:
    """Rows that stay in one of five places for a while."""
    n, d = rows.shape
    return rows + 4.0 * rng.normal(size=(5, d))[np.repeat(rng.integers(0, 5, n // 10 + 1), 10)[:n]]


def far_away(rng: np.random.Generator, rows: Matrix) -> Matrix:
    """Rows of any scale, far from the origin."""
    return rows * 10.0 ** rng.integers(-6, 7) + 10.0 ** rng.integers(-3, 6)


KINDS: dict[str, Callable[[np.random.Generator, Matrix], Matrix]] = {
    "normal": lambda rng, rows: rows,
    "regimes": jumping,
    "ticks": lambda rng, rows: rows.round(2),
    "halves": lambda rng, rows: (2.0 * rows).round() / 2.0,
    "skew": lambda rng, rows: np.exp(2.0 * rows),
    "walk": lambda rng, rows: rows.cumsum(axis=0),
    "far away": far_away,
    "one column": lambda rng, rows: rows[:, :1],
}


def same_bits(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


def drawn(kind: str, dtype: Any, rng: np.random.Generator) -> tuple[npt.NDArray[Any], int, int]:
    """Data with at least as many distinct rows as clusters, the number of clusters, and a seed.

    With fewer distinct rows, scikit-learn moves empty clusters to any of several rows at equal distances: which one depends on
    the processor.
    """
    k, d = int(rng.integers(1, CLUSTERS_MAX + 1)), int(rng.integers(1, 9))
    n = max(k, int(np.exp(rng.uniform(np.log(ROWS_MIN), np.log(3000)))))
    rows = KINDS[kind](rng, rng.normal(size=(n, d)))
    k = min(k, len(np.unique(rows, axis=0)))
    return np.ascontiguousarray(rows, dtype=dtype), k, int(rng.integers(2**32))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", KINDS)
def test_centres_have_the_bits_of_scikit_learn(kind: str, dtype: Any) -> None:
    native = load_native()._native
    rng = np.random.default_rng(list(KINDS).index(kind))
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fewer distinct rows than clusters
        for _ in range(FITS):
            rows, k, seed = drawn(kind, dtype, rng)
            theirs = KMeans(k, n_init=10, random_state=seed).fit(rows)
            centres, distinct = native.k_means(rows, k, seed=seed)
            assert same_bits(centres, theirs.cluster_centers_), (rows.shape, k, seed)
            assert distinct == len(set(theirs.labels_))


@pytest.mark.parametrize("k", [2, 3, 8, 24])
@pytest.mark.parametrize("n", [2047, 2050, 4099])
def test_blocks_of_a_long_series_are_added_up_alike(n: int, k: int) -> None:
    native = load_native()._native
    rows = np.random.default_rng(n).normal(size=(n, 4))
    for data in (rows, rows.astype(np.float32)):
        with threadpool_limits(limits=1):
            theirs = KMeans(k, n_init=10, random_state=k).fit(data)
        assert same_bits(native.k_means(data, k, seed=k)[0], theirs.cluster_centers_)


LAYOUTS: dict[str, Callable[[Matrix], Any]] = {
    "rows": lambda rows: rows,
    "columns": np.asfortranarray,
    "every second row": lambda rows: np.repeat(rows, 2, axis=0)[::2],
    "float32": lambda rows: rows.astype(np.float32),
    "float32 columns": lambda rows: np.asfortranarray(rows.astype(np.float32)),
}


@pytest.mark.parametrize("layout", each(LAYOUTS))
def test_the_whole_start_has_the_bits_of_hmmlearn(layout: Callable[[Matrix], Any]) -> None:
    rng = np.random.default_rng(5)
    for _ in range(10):
        rows, k, seed = drawn("normal", np.float64, rng)
        data = layout(rows)
        with threadpool_limits(limits=1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = hmmlearn.hmm.GaussianHMM(k, n_iter=0, random_state=seed).fit(data)
            mine = ours()(k, n_iter=0, random_state=seed).fit(data)
        for name in PARAMETERS:
            assert same_bits(getattr(mine, name), getattr(theirs, name)), (name, data.shape, k, seed)
