"""The detector's class. All that it does is in Rust; an instance's own attributes and `__init__` are Python's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from doge_hmm import _native


class RegimeDetector(_native.RegimeDetector):
    __doc__ = _native.RegimeDetector.__doc__
    __module__ = "doge_hmm"

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        self._configure(config)
