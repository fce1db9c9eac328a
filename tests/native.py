"""The detector's Rust port, wherever a test needs it."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
NATIVE = ROOT / "doge-hmm" / "python"


def load_native() -> ModuleType:
    """The module `doge_hmm`, as `doge-hmm/build` left it. Without it the test fails: what did not run has not passed."""
    if str(NATIVE) not in sys.path:
        sys.path.insert(0, str(NATIVE))
    try:
        return importlib.import_module("doge_hmm")
    except ImportError as error:
        pytest.fail(f"doge_hmm does not import ({error}): run doge-hmm/build", pytrace=False)


def environment() -> dict[str, str]:
    """The environment of an interpreter that finds the port and the reference."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(NATIVE)])}
