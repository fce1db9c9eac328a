"""Plain data: what JSON can hold, and how it spells the numbers that JSON has no literal for."""

from __future__ import annotations

import math
from typing import Any

Json = dict[str, Any]


def spell_out(value: Any) -> Any:
    """Plain data with its non-finite floats as the wire spells them."""
    if isinstance(value, dict):
        return {key: spell_out(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [spell_out(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
