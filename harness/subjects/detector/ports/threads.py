"""One thread for BLAS and OpenMP: with more, scikit-learn's own k-means adds up in an order that differs from run to run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Whatever runs inside has one thread; without the library that limits it there is nothing to limit."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        yield
        return
    # The pools are limited only once their libraries are loaded.
    _load_pools()
    with threadpool_limits(limits=1):
        yield


def _load_pools() -> None:
    try:
        import sklearn.cluster  # noqa: F401
    except ImportError:
        return
