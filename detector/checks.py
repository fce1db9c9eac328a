"""Checks of the numbers, integers and mappings that callers pass, and the messages for values that fail.

A number is an instance of `numbers.Real` (int, float, numpy's scalars) that fits in a float; an integer is an instance of
`numbers.Integral`. A boolean is neither. A value that passes is returned as a plain float or int.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from typing import Any

# The largest setting or count that is an integer: every port can add to it without overflow, and a float holds it exactly.
INTEGER_MAX = 2**31 - 1

SHOWN_MAX = 80


def refusal(path: str, wanted: str, value: object) -> ValueError:
    """Return the error for a value that is not what was expected."""
    return ValueError(f"{path}: must be {wanted}; got {_shown(value)}")


def _shown(value: object) -> str:
    """Return at most 80 characters of the value's repr, or its type's name if `repr` fails (as for huge integers)."""
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 3] + "..."


def number_or_none(value: object) -> float | None:
    """Return a number as a float, NaN and infinities included; None for an integer too large and for anything else."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def read_number(path: str, value: object) -> float:
    """Return any number as a float, NaN and infinities included. Raises `ValueError` for anything else."""
    number = number_or_none(value)
    if number is None:
        raise refusal(path, "a number", value)
    return number


def read_finite(path: str, value: object) -> float:
    """Return a finite number as a float. Raises `ValueError` for anything else."""
    number = number_or_none(value)
    if number is None or not math.isfinite(number):
        raise refusal(path, "a finite number", value)
    return number


def read_duration(path: str, value: object) -> float:
    """Return a finite number of at least 0, such as a time in seconds, as a float. Raises `ValueError` for anything else."""
    number = number_or_none(value)
    if number is None or not 0.0 <= number < math.inf:
        raise refusal(path, "a finite number of at least 0", value)
    return number


def read_fraction(path: str, value: object) -> float:
    """Return a number from 0 to 1 as a float. Raises `ValueError` for anything else."""
    number = number_or_none(value)
    if number is None or not 0.0 <= number <= 1.0:
        raise refusal(path, "a number from 0 to 1", value)
    return number


def read_signed_fraction(path: str, value: object) -> float:
    """Return a number from -1 to 1 as a float. Raises `ValueError` for anything else."""
    number = number_or_none(value)
    if number is None or not -1.0 <= number <= 1.0:
        raise refusal(path, "a number from -1 to 1", value)
    return number


def read_integer(path: str, value: object, *, at_least: int) -> int:
    """Return an integer from `at_least` to `INTEGER_MAX`. Raises `ValueError` for anything else."""
    integer = int(value) if isinstance(value, numbers.Integral) and not isinstance(value, bool) else None
    if integer is None or integer < at_least:
        raise refusal(path, f"an integer of at least {at_least}", value)
    if integer > INTEGER_MAX:
        raise refusal(path, f"an integer of at most {INTEGER_MAX}", value)
    return integer


def read_mapping(path: str, value: object) -> Mapping[Any, Any]:
    """Return any mapping as it is. Raises `ValueError` for anything else."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{path}: expected a mapping, got {type(value).__name__}")
    return value
