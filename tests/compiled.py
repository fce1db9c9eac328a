"""Copies of the compiled detector, as it is or with something planted in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "doge-hmm" / "python" / "doge_hmm"


def compiled_copy(folder: Path, planted: str = "") -> Path:
    """Make `folder/doge_hmm`, the compiled package with Python code added to its end; return the folder, for Python's path.

    A suite without the compiled package has not tested it, so it fails rather than skips.
    """
    if not list(PACKAGE.glob("_native.*.so")):
        pytest.fail("port rust is missing: build it with doge-hmm/build")
    copy = folder / "doge_hmm"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / "__init__.py").open("a", encoding="utf-8") as file:
        file.write("\n" + planted)
    return folder
