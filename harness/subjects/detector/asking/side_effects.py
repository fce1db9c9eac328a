"""Side effects: a call must leave its arguments, earlier results and the global random generators alone."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from generators.detector.case import Series

HANDED_IN, HANDED_OUT, NUMPYS, PYTHONS = "handed_in", "handed_out", "numpy_random", "random"


class Watch:
    """The objects passed to and returned by a port during a case, with copies of them."""

    def __init__(self) -> None:
        self.objects: list[tuple[str, Any, Any]] = []
        self.generators = _generators()

    def side_effects(self) -> tuple[str, ...]:
        """Return the kinds of objects that have changed since."""
        found = [what for what, now, before in self.objects if not _same(now, before)]
        drawn = [what for what, state in _generators().items() if state != self.generators[what]]
        return tuple(dict.fromkeys([*found, *drawn]))


_watching: list[Watch] = []


@contextmanager
def watching() -> Iterator[Watch]:
    """Watch the objects passed to and returned by a port inside the block."""
    _watching.append(Watch())
    try:
        yield _watching[-1]
    finally:
        _watching.pop()


def handed_in(series: Series) -> Any:
    """Build the series as a caller passes it, and watch it."""
    built = series.build()
    if _watching:
        _watching[-1].objects.append((HANDED_IN, built, copy.deepcopy(built)))
    return built


def handed_out(array: np.ndarray[Any, Any], copied: np.ndarray[Any, Any]) -> None:
    """Watch an array that a port returned, given a copy of it."""
    if _watching:
        _watching[-1].objects.append((HANDED_OUT, array, copied))


def _same(now: Any, before: Any) -> bool:
    if not isinstance(before, np.ndarray):
        # Lists compare a NaN by identity, and so must a single one.
        return now is before or bool(now == before)
    alike = now.shape == before.shape and now.dtype == before.dtype
    return bool(alike and (before.dtype.hasobject or now.tobytes() == before.tobytes()))


def _generators() -> dict[str, Any]:
    kind, key, *rest = np.random.get_state(legacy=True)
    return {NUMPYS: (kind, np.asarray(key).tobytes(), *rest), PYTHONS: random.getstate()}
