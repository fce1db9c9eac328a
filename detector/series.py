"""Closes and volumes from outside as contiguous arrays of float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from detector.checks import number_or_none

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]


def read_candles(closes: object, volumes: object) -> tuple[Vector, Vector]:
    """Both series, of equal length n: shapes (n,) and (n,). Raises `ValueError`; closes are looked at first."""
    close_vector, volume_vector = read_series("closes", closes), read_series("volumes", volumes)
    if len(close_vector) != len(volume_vector):
        raise ValueError(f"closes and volumes: must be of equal length, got {len(close_vector)} and {len(volume_vector)}")
    return close_vector, volume_vector


def read_series(name: str, values: Any) -> Vector:
    """A series of numbers, oldest first, as an array of shape (n,).

    A contiguous float64 array comes back itself, never a copy. Other floats, integers, lists, strided and read-only arrays are
    converted. NaN and infinities are numbers. Raises `ValueError` for what holds no numbers or has not one dimension.
    """
    try:
        array = np.asarray(values)
    except Exception:  # ragged lists, and whatever an object's own conversion raises
        raise _no_numbers(name, type(values)) from None
    if isinstance(values, list | tuple) and any(isinstance(item, bool | np.bool) for item in values):
        raise _no_numbers(name, bool)  # numpy would take True among numbers for 1
    if array.dtype.kind == "O":
        array = _numbers_from_objects(name, array)
    if array.dtype.kind not in "iuf":
        raise _no_numbers(name, array.dtype.type)
    if array.ndim != 1:
        raise ValueError(f"{name}: expected one dimension, got {array.ndim}")
    with np.errstate(all="ignore"):  # a long double beyond float64 becomes an infinity
        return np.ascontiguousarray(array, dtype=np.float64)


def _numbers_from_objects(name: str, array: npt.NDArray[np.object_]) -> Matrix:
    """Objects that are all numbers (integers beyond 64 bits, fractions) as floats, in the same shape."""
    numbers = []
    for item in array.flat:
        number = number_or_none(item)
        if number is None:
            raise _no_numbers(name, type(item))
        numbers.append(number)
    return np.array(numbers, dtype=np.float64).reshape(array.shape)


def _no_numbers(name: str, kind: type) -> ValueError:
    # numpy calls its own strings `str_`, to tell them from Python's.
    return ValueError(f"{name}: expected numbers, got {kind.__name__.removesuffix('_')}")
