"""Numbers, integers and mappings from outside, and the sentences that refuse what is none.

A number is what `numbers.Real` knows (int, float, numpy's scalars) and a float can hold; an integer what `numbers.Integral`
knows. A boolean is neither. What passes comes back as a plain float or int.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from typing import Any

# The largest integer that a setting or a count may be: every port can add to it without overflow, and a float holds it exactly.
INTEGER_MAX = 2**31 - 1

SHOWN_MAX = 80


def refusal(path: str, wanted: str, value: object) -> ValueError:
    """The error for a value that is not what was wanted."""
    return ValueError(f"{path}: must be {wanted}; got {_shown(value)}")


def _shown(value: object) -> str:
    """The value's repr, at most 80 characters of it; its type's name if it has none (Python refuses to write huge integers)."""
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 3] + "..."


def number_or_none(value: object) -> float | None:
    """The number as a float, NaN and infinities included; None if it is no number, or too large an integer."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def read_number(path: str, value: object) -> float:
    """Any number, NaN and infinities included."""
    number = number_or_none(value)
    if number is None:
        raise refusal(path, "a number", value)
    return number


def read_finite(path: str, value: object) -> float:
    """A finite number."""
    number = number_or_none(value)
    if number is None or not math.isfinite(number):
        raise refusal(path, "a finite number", value)
    return number


def read_duration(path: str, value: object) -> float:
    """A finite number of at least 0, as times and durations in seconds are."""
    number = number_or_none(value)
    if number is None or not 0.0 <= number < math.inf:
        raise refusal(path, "a finite number of at least 0", value)
    return number


def read_fraction(path: str, value: object) -> float:
    """A number from 0 to 1."""
    number = number_or_none(value)
    if number is None or not 0.0 <= number <= 1.0:
        raise refusal(path, "a number from 0 to 1", value)
    return number


def read_signed_fraction(path: str, value: object) -> float:
    """A number from -1 to 1."""
    number = number_or_none(value)
    if number is None or not -1.0 <= number <= 1.0:
        raise refusal(path, "a number from -1 to 1", value)
    return number


def read_integer(path: str, value: object, *, at_least: int) -> int:
    """An integer from `at_least` to `INTEGER_MAX`."""
    integer = int(value) if isinstance(value, numbers.Integral) and not isinstance(value, bool) else None
    if integer is None or integer < at_least:
        raise refusal(path, f"an integer of at least {at_least}", value)
    if integer > INTEGER_MAX:
        raise refusal(path, f"an integer of at most {INTEGER_MAX}", value)
    return integer


def read_mapping(path: str, value: object) -> Mapping[Any, Any]:
    """A mapping, of whatever kind."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{path}: expected a mapping, got {type(value).__name__}")
    return value
