"""The functions beneath `doge_hmm` answer or raise, whatever they are called with: no panic, no abort, no endless loop."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from tests.native import load_native

ROWS = np.random.default_rng(0).normal(size=(20, 2))


def model(k: int = 2, d: int = 2) -> tuple[Any, ...]:
    return np.full(k, 1 / k), np.full((k, k), 1 / k), np.arange(k * d, dtype=float).reshape(k, d), np.ones((k, d))


def all_of(value: float) -> tuple[Any, ...]:
    return tuple(np.full_like(array, value) for array in model())


DATA = {
    "rows": ROWS, "one": ROWS[:1], "nan": np.full((5, 2), np.nan), "inf": np.full((5, 2), np.inf), "zero": np.zeros((5, 2)),
    "huge": np.full((5, 2), 1e308), "opposite": np.array([[1e308, -1e308]] * 5), "empty": np.empty((0, 2)),
    "no features": np.empty((5, 0)), "nothing": np.empty((0, 0)), "1-D": np.zeros(4), "3-D": np.zeros((2, 2, 2)),
    "float32": ROWS.astype(np.float32), "fortran": np.asfortranarray(ROWS), "int": np.ones((5, 2), int), "none": None,
    "list": [[1.0, 2.0]], "big-endian": ROWS.astype(">f8"), "wide": np.zeros((5, 3)),
}  # fmt: skip
MODELS = {
    "good": model(), "one state": model(1), "many states": model(40), "nan": all_of(np.nan), "zero": all_of(0.0),
    "negative": all_of(-1.0),    "inf": all_of(np.inf), "huge": all_of(1e308),
    "no state": model()[:1] * 0, "short": model()[:3], "none": None,
    "empty": (np.empty(0), np.empty((0, 0)), np.empty((0, 2)), np.empty((0, 2))), "mixed": (np.ones(3), *model()[1:]),
    "float32": tuple(array.astype(np.float32) for array in model()),
    "fortran": tuple(np.asfortranarray(array) for array in model()),
}  # fmt: skip
LENGTHS = [
    [20],
    [5],
    [1],
    [0, 5],
    [2, 3],
    [],
    [-1, 6],
    [2**63, 2**63],
    [2**63, 2**63, 5],
    [2**64],
    [2**64 - 1, 6],
    ["5"],
    [5.0],
    None,
]
# Contiguous float64 of two features, whatever the numbers.
ANSWERED = {"rows", "one", "nan", "inf", "zero", "huge", "opposite", "empty"}
ORDINARY = (ValueError, TypeError, OverflowError)


@pytest.fixture(scope="module")
def native() -> Any:
    return load_native()._native


def tried(call: Any, *arguments: Any) -> bool:
    """Whether it answers. An error of another kind, a panic above all, gets through."""
    try:
        call(*arguments)
    except ORDINARY:
        return False
    return True


@pytest.mark.parametrize("name", DATA)
def test_every_kernel_answers_or_raises(native: Any, name: str) -> None:
    rows, answered = DATA[name], 0
    for given, lengths, how in itertools.product(MODELS.values(), LENGTHS, ("log", "scaling", "")):
        answered += tried(native.score, rows, lengths, given, how)
        answered += tried(native.score_samples, rows, lengths, given, how)
        for n_iter, tol in ((0, 0.1), (3, math.nan), (3, -math.inf), (3, math.inf)):
            answered += tried(native.em, rows, lengths, given, n_iter, tol, how, "stmc")
    for given, lengths in itertools.product(MODELS.values(), LENGTHS):
        answered += tried(native.viterbi, rows, lengths, given)
        answered += tried(native.filter_proba, rows, lengths, given)
    assert (answered > 0) == (name in ANSWERED)


@pytest.mark.parametrize("rows", DATA.values(), ids=DATA)
def test_k_means_answers_or_raises(native: Any, rows: Any) -> None:
    for k, seed in itertools.product(
        [0, 1, 2, 3, 5, 20, 21, 4097, 2**63, -1, 1.5, None], [0, 42, -1, 2**32 - 1, 2**32, 2**70, "x"]
    ):
        tried(native.k_means, rows, k, seed)
    for k, uniform in itertools.product([1, 2, 3, 5, 20], [0.0, 1.0, -5.0, math.nan, math.inf, 1e308]):
        tried(native.k_means, rows, k, None, np.full(native.draws_of(k), uniform))
    assert not tried(native.k_means, ROWS, 3, None, np.zeros(3))
    assert not tried(native.k_means, ROWS, 3)
    assert not tried(native.k_means, ROWS, 3, 1, np.zeros(native.draws_of(3)))


@pytest.mark.parametrize("k", [0, -1, 4097, 2**40, 2**64])
def test_a_number_of_states_beyond_reason_is_refused_before_memory_is_taken(native: Any, k: int) -> None:
    assert not tried(native.dirichlets, 1, k, True, True)
    assert not tried(native.draws_of, k)
    assert not tried(native.k_means, ROWS, k, 1)


@pytest.mark.parametrize("seed", [-1, 2**32, 2**64, 1.5, "x", None])
def test_a_seed_beyond_32_bits_is_refused(native: Any, seed: Any) -> None:
    assert not tried(native.dirichlets, seed, 3, True, True)


@pytest.mark.parametrize("given", MODELS.values(), ids=MODELS)
def test_a_filter_answers_or_raises(native: Any, given: Any) -> None:
    observations = [
        [],
        [1.0],
        [1.0, 2.0],
        [1e308, -1e308],
        [math.nan, 0.0],
        np.ones(2),
        np.ones((2, 1)),
        "ab",
        None,
        [1, "x"],
        {1: 2},
    ]
    for d in (0, 1, 2, 2**63, -1):
        if tried(native.Filter, given, d):
            stream = native.Filter(given, d)
            for observation in observations:
                tried(stream.step, observation)
                assert len(stream.probabilities) == len(given[0])
                assert isinstance(stream.log_likelihood, float)


def test_lengths_that_change_the_rows_while_they_are_read_end_nothing(native: Any) -> None:
    rows = ROWS.copy()

    class Meddler:
        def __index__(self) -> int:
            rows.dtype = np.float32
            return 20

    for call in (native.score, native.score_samples):
        rows.dtype = np.float64
        assert not tried(call, rows, [Meddler()], model(), "log")
