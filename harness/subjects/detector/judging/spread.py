"""How far the reference's own outcomes lie apart on one case, and if a port's value lies within reach of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from generators.plain import Json
from harness.comparators.divergence import ABSENT, Divergence
from harness.comparators.path import Path

# A port may lie this many times as far from the reference as the reference's outcomes lie from each other.
SPREADS_MAX = 10.0


def parts(values: Sequence[Any]) -> bool:
    """Return True if the first value differs from any other."""
    return not all(_same(values[0], other) for other in values[1:])


def within_spread(found: Divergence, outcomes: Sequence[Json]) -> bool:
    """Return True if the outcomes differ at the path of a divergence and both its values are near enough to the first.

    Near enough is at most `SPREADS_MAX` times the spread of the outcomes, number by number. Anything but numbers must be what
    one of the outcomes has. A round of EM starts from the parameters of the round before, so that its spread is the largest
    until then; that of one round alone, as in a history of scores, is small by chance now and then.
    """
    values = [value_at(outcome, found.path) for outcome in outcomes]
    earlier = [[value_at(outcome, path) for outcome in outcomes] for path in earlier_rounds(found.path)]
    spread = max(map(_spread, earlier), default=0.0)
    return parts(values) and all(_is_near(side, values, spread) for side in (found.reference, found.candidate))


def earlier_rounds(path: Path) -> list[Path]:
    """Return the same place in every earlier round of EM; none for a path outside the rounds."""
    match path.steps:
        case (*before, "history", int(number)):
            return [Path(*before, "history", each) for each in range(number)]
        case ("em", "rounds", int(number), *rest):
            return [Path("em", "rounds", each, *rest) for each in range(number)]
    return []


def _spread(values: Sequence[Any]) -> float:
    numbers = [value for value in values if _is_number(value)]
    return float(max(numbers) - min(numbers)) if numbers else 0.0


def value_at(outcome: Any, path: Path) -> Any:
    """Return the value at a path, `ABSENT` if the outcome has none; of an array also `shape` and `dtype`."""
    value = outcome
    for step in path.steps:
        if isinstance(value, np.ndarray):
            if step == "shape":
                value = list(value.shape)
            elif step == "dtype":
                value = str(value.dtype)
            elif isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return ABSENT
        elif isinstance(value, dict):
            value = value.get(step, ABSENT)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return ABSENT
    return value.item() if isinstance(value, np.generic) else value


def _is_near(candidate: Any, values: Sequence[Any], spread: float = 0.0) -> bool:
    if any(_same(candidate, value) for value in values):
        return True
    if _is_number(candidate):
        reach = SPREADS_MAX * max(spread, _spread(values))
        return _is_number(values[0]) and bool(abs(candidate - values[0]) <= reach)
    if isinstance(candidate, list) and all(isinstance(value, list) and len(value) == len(candidate) for value in values):
        return all(_is_near(item, [value[index] for value in values]) for index, item in enumerate(candidate))
    return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))


def _same(one: Any, other: Any) -> bool:
    if one is ABSENT or other is ABSENT:
        return one is other
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other, equal_nan=np.asarray(one).dtype.kind == "f")
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other or (one != one and other != other))
