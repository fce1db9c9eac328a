"""A detector with one bug, as a module that any process can import: its RSI looks one candle back."""

from __future__ import annotations

import sys

from tests.quality.planted_detector import plant

globals().update({name: value for name, value in vars(sys.modules[plant("late_rsi")]).items() if not name.startswith("__")})
