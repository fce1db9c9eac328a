"""The epsilon comparator: every tolerance has an edge, and nothing without one is let off."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.comparators.epsilon import compare, ulps_apart
from harness.comparators.path import path_of
from harness.comparators.tolerances import ToleranceError, Tolerances, read_tolerances

NONE = Tolerances()


def tolerances(path: str = "$.x", **bounds: float) -> Tolerances:
    return read_tolerances([{"path": path, "reason": "a test", **bounds}])


def paths(reference: Any, candidate: Any, known: Tolerances = NONE, **given_too: Any) -> list[str]:
    found = compare(reference=reference, candidate=candidate, tolerances=known, **given_too)
    return [divergence.path for divergence in found.divergences]


@given(st.floats(allow_nan=False), st.integers(0, 5))
def test_ulps_count_doubles_in_between(value: float, steps: int) -> None:
    other = value
    for _ in range(steps):
        other = math.nextafter(other, math.inf)
    apart = ulps_apart(np.array([value]), np.array([other]))[0]
    assert apart == (steps if math.isfinite(value) and math.isfinite(other) else 0 if value == other else math.inf)


def test_the_two_zeros_are_one_point_and_the_doubles_around_are_two_apart() -> None:
    tiny = 5e-324
    assert ulps_apart(np.array([0.0, -tiny]), np.array([-0.0, tiny])).tolist() == [0.0, 2.0]
    assert ulps_apart(np.array([-1.7e308]), np.array([1.7e308]))[0] > 1e19
    assert paths({"x": 0.0}, {"x": -0.0}, tolerances(ulp=1)) == []
    assert paths({"x": 0.0}, {"x": -0.0}) == ["$.x"], "without a tolerance, bits count"


def test_nan_agrees_with_nan_and_with_nothing_else() -> None:
    wide = tolerances(absolute=1e5, relative=1e5, ulp=10)
    for known in (NONE, wide):
        assert paths({"x": math.nan}, {"x": -math.nan}, known) == []
        assert paths({"x": math.nan}, {"x": 0.0}, known) == ["$.x"]
        assert paths({"x": 0.0}, {"x": math.nan}, known) == ["$.x"]
        assert paths({"x": math.inf}, {"x": math.inf}, known) == []
        assert paths({"x": math.inf}, {"x": 1.7e308}, known) == ["$.x"]
        assert paths({"x": -math.inf}, {"x": math.inf}, known) == ["$.x"]


@pytest.mark.parametrize(
    ("bounds", "reference", "inside", "outside"),
    [
        ({"ulp": 4}, 1.0, 1.0 + 4 * 2.0**-52, 1.0 + 5 * 2.0**-52),
        ({"relative": 1e-9}, 1000.0, 1000.0 + 9e-7, 1000.0 + 2e-6),
        ({"relative": 1e-9}, -1000.0, -1000.0 - 9e-7, -1000.0 - 2e-6),
        ({"absolute": 1e-6}, 0.0, 9e-7, 2e-6),
        ({"absolute": 1e-6, "relative": 1e-9}, 1e6, 1e6 + 9e-4, 1e6 + 2e-3),
    ],
)
def test_a_tolerance_ends_where_it_says(bounds: dict[str, float], reference: float, inside: float, outside: float) -> None:
    known = tolerances(**bounds)
    for as_array in (False, True):
        left, near, far = (np.array([value]) if as_array else value for value in (reference, inside, outside))
        assert paths({"x": left}, {"x": near}, known) == []
        assert len(paths({"x": left}, {"x": far}, known)) == 1
        assert len(paths({"x": left}, {"x": near})) == 1


def test_shares_of_columns_and_of_data() -> None:
    reference = np.array([[1.0, 100.0], [0.0, 0.0]])
    candidate = reference + np.array([[0.0, 0.0], [0.5, 0.5]])
    assert paths({"x": reference}, {"x": candidate}, tolerances(of_column=0.01)) == ["$.x[1][0]"]
    assert paths({"x": reference}, {"x": candidate}, tolerances(of_all=0.01)) == []
    data = np.array([[50.0, 1.0], [np.nan, -2.0]])
    assert paths({"x": reference}, {"x": candidate}, tolerances(of_data=0.01), data=data) == ["$.x[1][1]"]
    assert paths({"x": reference}, {"x": candidate}, tolerances(of_data=0.01)) == ["$.x[1][0]", "$.x[1][1]"]
    assert paths({"x": reference}, {"x": candidate}, tolerances(of_data_squared=0.2), data=data) == []


@pytest.mark.parametrize(
    ("reference", "candidate", "path"),
    [
        ({"x": np.zeros(2)}, {"x": np.zeros(2, dtype=np.float32)}, "$.x.dtype"),
        ({"x": np.zeros(2)}, {"x": np.zeros(3)}, "$.x.shape"),
        ({"x": np.array([1, 2])}, {"x": np.array([1, 3])}, "$.x[1]"),
        ({"x": 1}, {"x": 1.0}, "$.x"),
        ({"x": True}, {"x": 1}, "$.x"),
        ({"x": [1.0]}, {"x": np.array([1.0])}, "$.x"),
        ({"x": [1.0, 2.0]}, {"x": [1.0]}, "$.x[1]"),
        ({"x": 1, "y": 2}, {"x": 1}, "$.y"),
        ({"x": 1}, {"x": 1, "y": 2}, "$.y"),
        ({"x": "a"}, {"x": "b"}, "$.x"),
    ],
)
def test_no_tolerance_covers_structure_and_types(reference: Any, candidate: Any, path: str) -> None:
    assert paths(reference, candidate, tolerances("$.**", absolute=1e5)) == [path]


def test_the_first_tolerance_that_covers_a_path_counts() -> None:
    entries = [
        {"path": "$.a[*].x", "reason": "narrow", "absolute": 1e-9},
        {"path": "$.**x", "reason": "wide", "absolute": 1.0},
    ]
    known = read_tolerances(entries)
    assert paths({"a": [{"x": 0.0}], "b": {"x": 0.0}}, {"a": [{"x": 0.5}], "b": {"x": 0.5}}, known) == ["$.a[0].x"]
    assert known.of(path_of("$.a[17].x")) is known.of(path_of("$.a[3].x"))
    assert known.of(path_of("$.a[0].y")) is None
    assert known.of(path_of("$.c.d[2].x")) is known.of(path_of("$.b.x")) is not None
    assert known.of(path_of("$.axx")) is None, "a name that ends alike is another name"


def test_agreement_leaves_the_largest_difference_behind() -> None:
    reference, candidate = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 2.0], [3.0, 4.0 + 1e-7]])
    largest = compare(reference={"x": reference}, candidate={"x": candidate}, tolerances=tolerances(relative=1e-6)).largest[
        "$.x"
    ]
    assert largest.path == "$.x[1][1]"
    assert largest.difference == pytest.approx(1e-7)
    assert largest.relative == pytest.approx(2.5e-8)
    assert largest.share == pytest.approx(0.025)
    assert largest.count == 4
    # What diverges is a divergence, not the largest agreement.
    assert compare(reference={"x": 1.0}, candidate={"x": 9.0}, tolerances=tolerances(absolute=1.0)).largest == {}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"path": "$.x", "absolute": 1.0}, "needs a path and a reason"),
        ({"path": "$.x", "reason": "r"}, "needs bounds"),
        ({"path": "$.x", "reason": "r", "absolute": -1.0}, "needs bounds"),
        ({"path": "$.x", "reason": "r", "absolute": math.nan}, "needs bounds"),
        ({"path": "$.x", "reason": "r", "slack": 1.0}, "has an unknown field 'slack'"),
    ],
)
def test_a_tolerance_without_reason_or_bound_is_refused(entry: dict[str, Any], said: str) -> None:
    with pytest.raises(ToleranceError, match=said):
        read_tolerances([entry])
