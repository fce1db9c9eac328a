"""Series of candles are taken in every form that holds numbers, and refused in one sentence otherwise."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from tests.detector_candles import market


@pytest.mark.parametrize(
    "convert",
    [
        list,
        tuple,
        np.array,
        lambda values: np.array([[value, 0.0] for value in values])[:, 0],
        lambda values: np.array(values[::-1])[::-1],
        lambda values: np.array(values, dtype=">f8"),
        lambda values: np.array(values, dtype=np.longdouble),
        lambda values: np.array(values, dtype=object),
        lambda values: [Fraction(value) for value in values],
    ],
)
def test_series_are_taken_however_they_lie_in_memory(hmm: Any, convert: Any) -> None:
    closes, volumes = market(1, 60)
    given = convert(closes), convert(volumes)
    assert (hmm.FeatureExtractor().extract(*given) == hmm.FeatureExtractor().extract(closes, volumes)).all()


def test_read_only_arrays_are_taken_and_left_alone(hmm: Any) -> None:
    closes, volumes = (np.array(series) for series in market(1, 60))
    before = closes.copy()
    closes.flags.writeable = volumes.flags.writeable = False
    assert hmm.FeatureExtractor().extract(closes, volumes).shape == (46, 4)
    assert (closes == before).all()


def test_integers_are_not_cut_off_in_the_averages(hmm: Any) -> None:
    closes = [100 + (at * 7) % 11 for at in range(40)]
    rows = hmm.FeatureExtractor().extract(closes, closes)
    assert (rows == hmm.FeatureExtractor().extract([float(close) for close in closes], np.array(closes, dtype=float))).all()


class Stubborn:
    """Has no numbers to give."""

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("closes", "sentence"),
    [
        ("abc", "closes: expected numbers, got str"),
        (["1.0", 2.0], "closes: expected numbers, got str"),
        (b"abc", "closes: expected numbers, got bytes"),
        (None, "closes: expected numbers, got NoneType"),
        ([1.0, None], "closes: expected numbers, got NoneType"),
        ([1j, 1.0], "closes: expected numbers, got complex128"),
        ([True, 1.0], "closes: expected numbers, got bool"),
        ([1.0, np.True_], "closes: expected numbers, got bool"),
        (np.array([True, False]), "closes: expected numbers, got bool"),
        (np.array(["2025-01-01"], dtype="M8[s]"), "closes: expected numbers, got datetime64"),
        (np.array([1.0, {}], dtype=object), "closes: expected numbers, got dict"),
        ([10**400], "closes: expected numbers, got int"),
        ([[1.0], [1.0, 2.0]], "closes: expected numbers, got list"),
        (Stubborn(), "closes: expected numbers, got Stubborn"),
        (iter([1.0]), "closes: expected numbers, got list_iterator"),
        ([[1.0, 2.0]], "closes: expected one dimension, got 2"),
        (np.ones((2, 2, 2)), "closes: expected one dimension, got 3"),
        (1.0, "closes: expected one dimension, got 0"),
        ([1.0, 2.0, 3.0], "closes and volumes: must be of equal length, got 3 and 2"),
    ],
)
def test_a_series_without_numbers_is_refused(hmm: Any, closes: Any, sentence: str) -> None:
    detector = hmm.RegimeDetector()
    for method in (hmm.FeatureExtractor().extract, detector.train, detector.update):
        with pytest.raises(ValueError, match=r"^closes") as raised:
            method(closes, [1.0, 2.0])
        assert str(raised.value) == sentence


def test_closes_are_looked_at_before_volumes(hmm: Any) -> None:
    with pytest.raises(ValueError, match=r"^volumes: expected numbers, got str$"):
        hmm.FeatureExtractor().extract([1.0], "x")
    with pytest.raises(ValueError, match=r"^closes: expected numbers, got str$"):
        hmm.FeatureExtractor().extract("x", "x")
