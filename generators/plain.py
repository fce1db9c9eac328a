"""Plain data: values that JSON can hold, with a spelling for the numbers that it has no literal for."""

from __future__ import annotations

import math
from typing import Any

Json = dict[str, Any]

# The range of the contract's integers.
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


def spell_out(value: Any) -> Any:
    """Replace non-finite floats in plain data by the wire's texts: `NaN`, `Infinity` and `-Infinity`."""
    if isinstance(value, float):
        return value if math.isfinite(value) else "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: spell_out(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [spell_out(item) for item in value]
    return value
