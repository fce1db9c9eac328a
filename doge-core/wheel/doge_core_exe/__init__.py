"""The executable of the Haskell reducer, where `doge_core` finds it."""

from __future__ import annotations

from pathlib import Path

EXECUTABLE = Path(__file__).with_name("doge-core-exe")
