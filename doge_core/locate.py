"""The search for the Haskell executable."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from doge_core.errors import ServerMissingError

_NAME = "doge-core-exe.exe" if sys.platform == "win32" else "doge-core-exe"
_ROOT = Path(__file__).resolve().parent.parent

HOW_TO_GET = "build it with ./build.sh, or name one with DOGE_CORE_EXE"


def find_executable(named: str | None = None) -> Path | None:
    """Return the executable named here or in DOGE_CORE_EXE, else the one of this checkout, else the one on PATH, or None."""
    named = named or os.environ.get("DOGE_CORE_EXE")
    if named:
        path = Path(named).expanduser()
        return path if path.is_file() and os.access(path, os.X_OK) else None
    for path in (_ROOT / "doge-core" / "bin" / _NAME, _ROOT / _NAME):
        if path.is_file() and os.access(path, os.X_OK):
            return path
    on_path = shutil.which(_NAME)
    return Path(on_path) if on_path else None


def require_executable(named: str | None = None) -> Path:
    """Return the executable. Raises `ServerMissingError` that says how to get one."""
    path = find_executable(named)
    if path is None:
        wanted = named or os.environ.get("DOGE_CORE_EXE")
        what = f"{wanted} is not an executable file" if wanted else f"{_NAME} was not found"
        raise ServerMissingError(f"{what}; {HOW_TO_GET}")
    return path
