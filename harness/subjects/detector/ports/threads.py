"""Limits BLAS and OpenMP to one thread. With more, scikit-learn's k-means sums in an order that differs from run to run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit the thread pools inside the block. Without threadpoolctl, nothing is limited."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        yield
        return
    # Only the pools of libraries that are already loaded are limited.
    _load_pools()
    with threadpool_limits(limits=1):
        yield


def _load_pools() -> None:
    try:
        import sklearn.cluster  # noqa: F401
    except ImportError:
        return
