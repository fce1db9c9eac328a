"""The class `RegimeDetector`: Rust's class with a Python `__init__` and a `__dict__` for attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doge_hmm import _native


class RegimeDetector(_native.RegimeDetector):
    """Infers the regime of a market from closes and volumes, oldest first.

    `state` is the result of the last inference, `last_observation` the features of the last candle passed to `update` (None
    before the first). The settings cannot be changed after construction; `cfg` and `DEFAULT_CONFIG` are dicts to read.
    Raises `ValueError` that names the setting if one is unknown or out of range.
    """

    __module__ = "doge_hmm"

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        self._configure(config)
