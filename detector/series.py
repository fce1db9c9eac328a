"""Conversion of callers' closes and volumes to contiguous arrays of float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from detector.checks import number_or_none

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]


def read_candles(closes: object, volumes: object) -> tuple[Vector, Vector]:
    """Return both series as arrays of shape (n,). Raises `ValueError` if one is invalid, closes first, or lengths differ."""
    close_vector, volume_vector = read_series("closes", closes), read_series("volumes", volumes)
    if len(close_vector) != len(volume_vector):
        raise ValueError(f"closes and volumes: must be of equal length, got {len(close_vector)} and {len(volume_vector)}")
    return close_vector, volume_vector


def read_series(name: str, values: Any) -> Vector:
    """Return a series of numbers, oldest first, as an array of shape (n,).

    A contiguous float64 array is returned as it is, not copied. Other floats, integers, lists and strided arrays are converted.
    NaN and infinities are numbers. Raises `ValueError` for values that are not numbers, or not in one dimension.
    """
    try:
        array = np.asarray(values)
    except Exception:  # ragged lists, and whatever an object's own conversion raises
        raise _no_numbers(name, type(values)) from None
    if isinstance(values, list | tuple) and any(isinstance(item, bool | np.bool) for item in values):
        raise _no_numbers(name, bool)  # numpy would convert True among numbers to 1
    if array.dtype.kind == "O":
        array = _numbers_from_objects(name, array)
    if array.dtype.kind not in "iuf":
        raise _no_numbers(name, array.dtype.type)
    if array.ndim != 1:
        raise ValueError(f"{name}: expected one dimension, got {array.ndim}")
    with np.errstate(all="ignore"):  # a long double beyond float64 becomes an infinity
        return np.ascontiguousarray(array, dtype=np.float64)


def _numbers_from_objects(name: str, array: npt.NDArray[np.object_]) -> Matrix:
    """Return an array of number objects (integers beyond 64 bits, fractions) as floats, in the same shape."""
    numbers = []
    for item in array.flat:
        number = number_or_none(item)
        if number is None:
            raise _no_numbers(name, type(item))
        numbers.append(number)
    return np.array(numbers, dtype=np.float64).reshape(array.shape)


def _no_numbers(name: str, kind: type) -> ValueError:
    # numpy's string type is called `str_`.
    return ValueError(f"{name}: expected numbers, got {kind.__name__.removesuffix('_')}")
