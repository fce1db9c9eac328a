"""The detector's class. All that it does is in Rust; an instance's own attributes and `__init__` are Python's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doge_hmm import _native


class RegimeDetector(_native.RegimeDetector):
    """Tells the regime of a market from closes and volumes, oldest first.

    `state` is what it said last, `last_observation` the features of the last candle that it was shown (None before the first).
    The settings are fixed once it is made: `cfg` and `DEFAULT_CONFIG` are dicts to read. Raises `ValueError` that names the
    setting if one is unknown or out of range.
    """

    __module__ = "doge_hmm"

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        self._configure(config)
