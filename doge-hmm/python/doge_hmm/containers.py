"""Data of other libraries: sparse matrices and pandas' frames. Source: scikit-learn 1.9.1, `check_array`, with its messages.

Neither library is imported: whoever has such data has imported it.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np


def read_container(values: Any) -> Any:
    """Return data that numpy converts as scikit-learn does: a frame with missing values has NaN in their place.

    Raises `TypeError` for sparse data and for `numpy.matrix`.
    """
    if isinstance(values, np.matrix):
        raise TypeError(
            "np.matrix is not supported. Please convert to a numpy array with np.asarray. For more information see: "
            "https://numpy.org/doc/stable/reference/generated/numpy.matrix.html"
        )
    if _is_frame(values):
        values = _read_frame(values)
    sparse: Any = sys.modules.get("scipy.sparse")
    if sparse is not None and sparse.issparse(values):
        raise TypeError(
            "Sparse data was passed, but dense data is required. Use '.toarray()' to convert to a dense numpy array."
        )
    return values


def is_series(values: Any) -> bool:
    """Return True for one column of pandas', with or without an index."""
    return hasattr(values, "dtype") and (hasattr(values, "iloc") or hasattr(values.dtype, "na_value"))


def _is_frame(values: Any) -> bool:
    dtypes: Any = getattr(values, "dtypes", None)
    return hasattr(values, "iloc") and np.ndim(dtypes) == 1 and len(dtypes) > 0


def _read_frame(frame: Any) -> Any:
    is_sparse = [type(dtype).__name__ == "SparseDtype" for dtype in frame.dtypes]
    if all(is_sparse):
        return frame.sparse.to_coo()
    if any(is_sparse):
        warnings.warn(
            "pandas.DataFrame with sparse columns found.It will be converted to a dense numpy array.", UserWarning, stacklevel=5
        )
    extensions = [dtype for dtype in frame.dtypes if not isinstance(dtype, np.dtype)]
    # Of pandas' own numbers, whose missing values numpy does not know.
    if any(getattr(dtype, "kind", "O") in "biuf" for dtype in extensions):
        return frame.astype(np.float64)
    return frame
