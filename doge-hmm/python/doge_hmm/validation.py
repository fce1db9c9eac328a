"""Validation of data. Source: scikit-learn 1.9.1, `check_array`, with its messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from doge_hmm.containers import is_series, read_container

Matrix = npt.NDArray[np.float64]
# Float32 where the user's data is.
Data = npt.NDArray[np.float64] | npt.NDArray[np.float32]


class NotFittedError(ValueError, AttributeError):
    """A model was used before it was fitted."""


RESHAPE = (
    "Reshape your data either using array.reshape(-1, 1) if your data has a single feature or "
    "array.reshape(1, -1) if it contains a single sample."
)


def check_array(values: Any) -> Data:
    """Return the data as a matrix of shape (rows, features), without a copy if it is one already.

    It is float32 if the data is, and float64 otherwise. Raises `ValueError` unless the data is a finite matrix with at least
    one row and one feature, `TypeError` for values that are not numbers and for sparse data.

    DIFFERENCE: scikit-learn keeps float16 and integers, which hmmlearn then squares in their own range. scikit-learn also
    accepts objects in lists and dates and times, on which hmmlearn then fails with errors of numpy's, or not at all; here they
    must be numbers.
    """
    values = read_container(values)
    objects = getattr(getattr(values, "dtype", None), "kind", None) == "O"
    array = np.asarray(values, dtype=np.float64 if objects else None)
    if np.iscomplexobj(array):
        raise ValueError(f"Complex data not supported\n{array}\n")
    _check_dimensions(array, values)
    if array.dtype.kind in "mM":
        raise TypeError(f"X: expected numbers, got {array.dtype}")
    with np.errstate(all="ignore"):  # a long double beyond float64 becomes an infinity
        if array.dtype == np.float32:
            matrix: Data = array.astype(np.float32, copy=False)
        else:
            matrix = array.astype(np.float64, copy=False)
    if not np.isfinite(matrix).all():
        if np.isnan(matrix).any():
            raise ValueError("Input contains NaN.")
        # A long double may be finite and still too large.
        kind = array.dtype if array.dtype.kind == "f" and not np.isfinite(array).all() else np.dtype(np.float64)
        raise ValueError(f"Input contains infinity or a value too large for {kind!r}.")
    for name, count in zip(("sample", "feature"), matrix.shape, strict=True):
        if count < 1:
            raise ValueError(f"Found array with 0 {name}(s) (shape={matrix.shape}) while a minimum of 1 is required.")
    return matrix


def is_single(values: Any) -> bool:
    """Return True for float32 in either byte order."""
    dtype = np.asarray(values).dtype
    return dtype.kind == "f" and dtype.itemsize == 4


def check_covars(covars: Any, n_components: int) -> npt.NDArray[Any]:
    """Return a copy of variances of shape (K, D). Raises `ValueError` for another shape or one that is not positive."""
    values = np.array(covars, copy=True)
    if values.ndim != 2 or len(values) != n_components:
        raise ValueError("'diag' covars must have shape (n_components, n_dim)")
    if np.any(values <= 0):
        raise ValueError("'diag' covars must be positive")
    return values


def _check_dimensions(array: npt.NDArray[Any], values: Any) -> None:
    if array.ndim == 1 and is_series(values):
        raise ValueError(
            f"Expected a 2-dimensional container but got {type(values)} instead. Pass a DataFrame containing a single row "
            "(i.e. single sample) or a single column (i.e. single feature) instead."
        )
    if array.ndim < 2:
        kind = ("scalar", "1D")[array.ndim]
        raise ValueError(f"Expected 2D array, got {kind} array instead:\narray={array}.\n{RESHAPE}")
    if array.dtype.kind in "USVT":
        raise ValueError(
            "dtype='numeric' is not compatible with arrays of bytes/strings."
            "Convert your data to numeric values explicitly instead."
        )
    if array.ndim > 2:
        raise ValueError(f"Found array with dim {array.ndim}, while dim <= 2 is required.")


def read_lengths(lengths: Any, n_samples: int) -> list[int]:
    """Return the lengths of the sequences; None means one sequence. Raises `ValueError` unless they sum to `n_samples`.

    DIFFERENCE: hmmlearn reads beyond its arrays for a length of 0; here such a sequence is ignored. A negative length is
    refused.
    """
    if lengths is None:
        return [n_samples]
    pieces = np.asarray(lengths)
    if pieces.ndim != 1 or pieces.dtype.kind not in "iu":
        raise ValueError(f"lengths: expected a list of integers, got {lengths!r}")
    if len(pieces) == 0 or int(pieces.sum()) != n_samples:
        raise ValueError(f"lengths array {lengths} doesn't sum to {n_samples} samples")
    if int(pieces.min()) < 0:
        raise ValueError(f"lengths: must not be negative, got {lengths!r}")
    return [int(length) for length in pieces]


def random_state_of(seed: Any) -> np.random.RandomState:
    """Return the generator for a seed, as scikit-learn's `check_random_state` does. Raises `ValueError` for an invalid seed."""
    if seed is None or seed is np.random:
        return np.random.mtrand._rand  # numpy's global generator
    if isinstance(seed, int | np.integer):
        return np.random.RandomState(int(seed))
    if isinstance(seed, np.random.RandomState):
        return seed
    raise ValueError(f"{seed!r} cannot be used to seed a numpy.random.RandomState instance")
