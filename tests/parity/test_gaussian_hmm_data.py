"""What hmmlearn takes for data, ours takes; what it refuses, ours refuses in the same words."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from tests.parity.twins import agree, ask, each, learnt, model_of, ours, regimes

ROWS = regimes(120, 2)
READ_ONLY = ROWS.copy()
READ_ONLY.flags.writeable = False

TAKEN = {
    "list": ROWS.tolist(), "tuples": tuple(map(tuple, ROWS.tolist())), "whole numbers": (ROWS * 100).astype(int),
    "objects": ROWS.astype(object), "fractions": np.array([[Fraction(1, 3), 1], [2, Fraction(5, 2)], [0, 7], [1, 1]] * 9),
    "fortran": np.asfortranarray(ROWS), "every second": np.repeat(ROWS, 2, axis=0)[::2], "backwards": ROWS[::-1],
    "columns backwards": ROWS[:, ::-1], "read-only": READ_ONLY, "big-endian": ROWS.astype(">f8"),
    "long double": ROWS.astype("g"),
    "masked": np.ma.masked_array(ROWS, ROWS > 1), "matrix of one feature": ROWS[:, :1], "array-like": memoryview(ROWS),
    "objects that are texts of numbers": ROWS.round(3).astype(str).astype(object),
}  # fmt: skip

REFUSED = {
    "scalar": 3.0, "none": None, "text": "abc", "set": {1, 2}, "mapping": {"a": 1}, "0-D": np.array(3.0), "1-D": np.zeros(5),
    "empty list": [], "texts in one dimension": np.array(["a", "b"]), "3-D": np.zeros((2, 2, 2)), "4-D": np.zeros((1, 1, 2, 2)),
    "no rows": np.empty((0, 2)), "no features": np.empty((5, 0)), "[[]]": [[]], "nan": [[1.0, np.nan], [1.0, 2.0]],
    "inf": [[1.0, np.inf]], "-inf": [[-np.inf, 1.0]], "float32 inf": np.array([[np.inf, 1.0]], dtype=np.float32),
    "swapped inf": np.array([[np.inf, 1.0]], dtype=">f8"), "long inf": np.array([[np.inf, 1.0]], dtype=np.longdouble),
    "float16 nan": np.array([[np.nan, 1.0]], dtype=np.float16), "nan and inf": [[np.inf, np.nan]], "texts": [["a", "b"]],
    "texts of numbers": [["1", "2"]] * 9, "bytes": np.array([[b"a", b"b"]]), "void": np.zeros((2, 2), "V4"),
    "complex": ROWS * 1j, "records": np.zeros(3, [("a", "f8")]), "objects with a text": np.array([[1, "x"]], dtype=object),
    "objects with None": np.array([[1, None]], dtype=object), "ragged": [[1.0], [1.0, 2.0]],
    "object that is no number": np.array([[object(), 1.0]], dtype=object),
}  # fmt: skip


@pytest.mark.parametrize("rows", each(TAKEN))
def test_data_are_taken_in_every_form(rows: Any) -> None:
    def call(model: Any) -> Any:
        made = model(2, random_state=3, n_iter=5).fit(rows)
        return [*learnt(made), made.predict(rows), made.score(rows), made.predict_proba(rows)]

    assert agree(call).error is None


FRAME = pd.DataFrame(ROWS, columns=["a", "b"])
FRAMES = {
    "float64": FRAME, "float32": FRAME.astype(np.float32), "nullable": FRAME.astype("Float64"),
    "nullable float32": FRAME.astype("Float32"), "nullable integers": (FRAME * 100).round().astype("Int64"),
    "nullable column": FRAME.assign(b=FRAME["b"].astype("Float64")), "nullable booleans": (FRAME > 0).astype("boolean"),
    "objects": FRAME.astype(object), "sparse column": FRAME.assign(a=FRAME["a"].astype(pd.SparseDtype(float))),
    "column called dtype": FRAME.rename(columns={"a": "dtype"}), "one feature": FRAME[["a"]],
    "texts of numbers": FRAME.astype(str),
}  # fmt: skip


@pytest.mark.parametrize("frame", each(FRAMES))
def test_a_data_frame_is_taken(frame: Any) -> None:
    assert agree(lambda model: learnt(model(2, random_state=3, n_iter=5).fit(frame)), rel=1e-9).error is None


def missing(frame: Any) -> Any:
    """The frame with a value that is missing."""
    changed = frame.copy()
    changed.iloc[3, 0] = pd.NA
    return changed


CONTAINERS = {
    "pd.NA": missing(FRAMES["nullable"]), "pd.NA in a column": missing(FRAMES["nullable column"].iloc[:, ::-1]),
    "pd.NA as an object": missing(FRAMES["objects"]), "pd.NA in an array": np.array([[1.0, pd.NA], [2.0, 3.0]], dtype=object),
    "series": FRAME["a"], "series of float32": FRAME["a"].astype(np.float32), "nullable series": FRAME["a"].astype("Float64"),
    "series of texts": pd.Series(["a", "b"]), "array of pandas": pd.array([1.0, 2.0], dtype="Float64"),
    "index": pd.Index([1.0, 2.0]), "sparse matrix": scipy.sparse.csr_matrix(ROWS), "sparse array": scipy.sparse.coo_array(ROWS),
    "sparse frame": pd.DataFrame(np.eye(9)).astype(pd.SparseDtype(float, 0.0)),
    "sparse frame of another fill value": FRAME.astype(pd.SparseDtype(float)), "np.matrix": np.asmatrix(ROWS),
    "empty frame": FRAME.iloc[:0], "frame with inf": FRAME.assign(a=np.inf),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("rows", each(CONTAINERS))
def test_containers_of_other_libraries_are_refused_in_the_same_words(rows: Any) -> None:
    assert agree(lambda model: model(2, random_state=1).fit(rows)).error is not None
    assert agree(lambda model: model_of(model).predict(rows)).error is not None


@pytest.mark.parametrize("k", range(1, 8))
@pytest.mark.parametrize("d", [1, 2, 4, 8])
def test_single_precision_is_taken_as_it_is(k: int, d: int) -> None:
    rows = regimes(300, d, max(k, 2), seed=k).astype(np.float32)

    def call(model: Any) -> Any:
        made = model(k, random_state=k, n_iter=6).fit(rows)
        return [*learnt(made), made.predict(rows), made.score(rows)]

    agree(call, rel=1e-9)


@pytest.mark.parametrize("rows", each({"float32": ROWS.astype(np.float32), "big-endian": ROWS.astype(">f4"), "float64": ROWS}))
@pytest.mark.parametrize("means", [np.float32, np.float64])
@pytest.mark.parametrize("implementation", ["log", "scaling"])
def test_differences_are_single_while_data_and_means_are(rows: Any, means: Any, implementation: str) -> None:
    def call(model: Any) -> Any:
        made = model_of(model, 2, 2, init_params="", params="stc", n_iter=4, implementation=implementation)
        made.means_ = (ROWS[:2] + 1 / 3).astype(means)
        before = [made.score(rows), made.predict_proba(rows), made.decode(rows)[0]]
        return [*before, made.fit(rows).score(rows), made._covars_, made.means_]

    assert agree(call, rel=1e-12, abs=1e-12).error is None


@pytest.mark.parametrize("rows", each(REFUSED))
def test_invalid_data_are_refused_with_hmmlearns_message(rows: Any) -> None:
    assert agree(lambda model: model(2, random_state=1).fit(rows)).error is not None
    for method in ("score", "predict", "predict_proba", "score_samples", "decode"):
        assert agree(lambda model, method=method: getattr(model_of(model), method)(rows)).error is not None
    assert ask(ours(), "doge_hmm", lambda model: model_of(model).filter_proba(rows)).error is not None


@pytest.mark.parametrize(
    "rows", each({"dates": np.zeros((9, 2), "M8[D]"), "durations": np.zeros((9, 2), "m8[s]"), "list with None": [[None, 1.0]]})
)
def test_data_that_numpy_cannot_convert_are_refused(rows: Any) -> None:
    # DIFFERENCE: in our own words, before anything is computed.
    for call in (lambda model: model(2).fit(rows), lambda model: model_of(model).score(rows)):
        outcome = ask(ours(), "doge_hmm", call)
        assert outcome.error is not None
        assert outcome.error.startswith(("TypeError: X: expected numbers", "ValueError: Input contains NaN."))


def test_fewer_rows_than_states_are_refused() -> None:
    outcome = agree(lambda model: model(3).fit(np.ones((2, 4))))
    assert outcome.error == "ValueError: n_samples=2 should be >= n_clusters=3."


@pytest.mark.parametrize("features", [3, 5])
def test_another_number_of_features_is_refused(features: int) -> None:
    outcome = agree(lambda model: model_of(model, 2, 2).score(np.ones((4, features))))
    assert outcome.error is not None
    assert "could not be broadcast" in outcome.error


def test_a_single_feature_is_not_spread_over_all() -> None:
    # DIFFERENCE: numpy would.
    outcome = ask(ours(), "doge_hmm", lambda model: model_of(model, 2, 2).score(np.ones((4, 1))))
    assert outcome.error is not None
    assert "could not be broadcast" in outcome.error


@pytest.mark.parametrize("lengths", [[5], [119], [121], [60, 61], [120, 1]])
@pytest.mark.parametrize("method", ["fit", "score", "predict", "predict_proba"])
def test_lengths_have_to_sum_to_the_rows(lengths: Any, method: str) -> None:
    outcome = agree(lambda model: getattr(model_of(model, init_params=""), method)(ROWS, lengths))
    assert outcome.error == f"ValueError: lengths array {lengths} doesn't sum to 120 samples"


@pytest.mark.parametrize("lengths", [[-1, 121], [120.0], "120", [[120]], [True] * 120, [2**63, 120], {120}, 120, [None]])
def test_lengths_are_whole_numbers_from_0_up(lengths: Any) -> None:
    # DIFFERENCE: hmmlearn reads beyond its arrays, or rounds, or stumbles.
    for method in ("fit", "score", "filter_proba"):
        outcome = ask(ours(), "doge_hmm", lambda model, method=method: getattr(model_of(model), method)(ROWS, lengths))
        assert outcome.error is not None
        assert outcome.error.startswith("ValueError: lengths")


def test_a_sequence_of_no_rows_counts_for_nothing() -> None:
    # DIFFERENCE: hmmlearn reads beyond its arrays.
    model = model_of(ours())
    assert model.score(ROWS, [0, 60, 0, 60, 0]) == model.score(ROWS, [60, 60])
    assert (model.predict(ROWS, [0, 120]) == model.predict(ROWS)).all()
