"""The well-defined part of a training on degenerate data: errors, shapes, and which values are finite.

Only the part that does not change in the reference when its data are perturbed is compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

# These depend on the last bit of the data.
LEFT_OUT = ("history", "iterations", "converged", "said", "path", "labels", "decoded", "map", "numbers")


class _Undefined:
    """Stands for a value that differs between the reference's outcomes on perturbed data."""


UNDEFINED = _Undefined()


def well_defined(outcome: Any) -> Any:
    """Replace every float in the outcome by True if it is finite and False otherwise; leave out `LEFT_OUT`."""
    if isinstance(outcome, dict):
        return {key: well_defined(value) for key, value in outcome.items() if key not in LEFT_OUT}
    if isinstance(outcome, list):
        return [well_defined(value) for value in outcome]
    if isinstance(outcome, np.ndarray) and outcome.dtype.kind == "f":
        return {"shape": list(outcome.shape), "finite": np.isfinite(outcome).tolist()}
    if isinstance(outcome, float):
        return bool(np.isfinite(outcome))
    return outcome


def agreed(outcomes: Sequence[Any]) -> Any:
    """Return the part that all outcomes have in common; `UNDEFINED` stands for the rest."""
    first, *others = outcomes
    for other in others:
        first = _common(first, other)
    return first


def _common(left: Any, right: Any) -> Any:
    if isinstance(left, dict) and isinstance(right, dict):
        return {key: _common(left.get(key, UNDEFINED), right.get(key, UNDEFINED)) for key in {**left, **right}}
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return [_common(one, other) for one, other in zip(left, right, strict=True)]
    return left if type(left) is type(right) and left == right else UNDEFINED


def within(outcome: Any, known: Any) -> tuple[Any, Any]:
    """Return both values without the parts that `known` leaves undefined, so that they can be compared."""
    if isinstance(outcome, dict) and isinstance(known, dict):
        keys = [key for key in {**known, **outcome} if known.get(key) is not UNDEFINED]
        pairs = {key: within(outcome.get(key), known[key]) if key in known else (outcome[key], None) for key in keys}
        left = {key: pair[0] for key, pair in pairs.items() if key in outcome}
        return left, {key: pair[1] for key, pair in pairs.items() if key in known}
    if isinstance(outcome, list) and isinstance(known, list) and len(outcome) == len(known):
        both = [within(one, other) for one, other in zip(outcome, known, strict=True) if other is not UNDEFINED]
        return [pair[0] for pair in both], [pair[1] for pair in both]
    return (None, None) if known is UNDEFINED else (outcome, known)
