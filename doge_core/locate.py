"""The search for the Haskell executable, and for the library that does the same within a process."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from doge_core.errors import ServerMissingError

_NAME = "doge-core-exe.exe" if sys.platform == "win32" else "doge-core-exe"
_LIBRARY = "libdoge-core-inproc.so"
_ROOT = Path(__file__).resolve().parent.parent

HOW_TO_GET = "build it with ./build.sh, install the wheel doge-core-exe, or name one with DOGE_CORE_EXE"
HOW_TO_GET_LIBRARY = "build it with ./build.sh, or name one with DOGE_CORE_LIBRARY"


def is_path(named: str) -> bool:
    """Return True for a name that says where the file is, as `./doge-core-exe` does; any other is looked up on PATH."""
    return named.startswith("~") or any(separator in named for separator in (os.sep, os.altsep) if separator)


def absolute(named: str) -> str:
    """Return a path as an absolute one, so that it means the same file in any working directory; a bare name as it is."""
    return os.path.abspath(os.path.expanduser(named)) if is_path(named) else named


def find_executable(named: str | None = None) -> Path | None:
    """Return the executable named here or in DOGE_CORE_EXE, or None.

    Without a name it is that of this checkout, else that of the package `doge_core_exe`, else the one on PATH. A name with a
    separator is a path, one without is looked up on PATH, as in a shell. The result is absolute, so that it is the file that
    runs.
    """
    named = named or os.environ.get("DOGE_CORE_EXE")
    if named and is_path(named):
        return _executable_file(Path(absolute(named)))
    if not named:
        for path in (_ROOT / "doge-core" / "bin" / _NAME, _ROOT / _NAME, *_packaged()):
            if found := _executable_file(path):
                return found
    on_path = shutil.which(named or _NAME)
    return Path(os.path.abspath(on_path)) if on_path else None


def _packaged() -> list[Path]:
    """The file of the package `doge_core_exe`, which is a wheel with the executable alone, if it is installed."""
    spec = find_spec("doge_core_exe")
    return [] if spec is None or spec.origin is None else [Path(spec.origin).with_name(_NAME)]


def _executable_file(path: Path) -> Path | None:
    return path if path.is_file() and os.access(path, os.X_OK) else None


def require_executable(named: str | None = None) -> Path:
    """Return the executable. Raises `ServerMissingError` that says how to get one."""
    path = find_executable(named)
    if path is None:
        raise ServerMissingError(f"{not_found(named)}; {HOW_TO_GET}")
    return path


def find_library() -> Path | None:
    """Return the library named in DOGE_CORE_LIBRARY, else that of this checkout, or None."""
    named = os.environ.get("DOGE_CORE_LIBRARY")
    path = Path(os.path.abspath(os.path.expanduser(named))) if named else _ROOT / "doge-core" / "bin" / _LIBRARY
    return path if path.is_file() else None


def require_library() -> Path:
    """Return the library. Raises `ServerMissingError` that says how to get it."""
    path = find_library()
    if path is None:
        raise ServerMissingError(f"{library_not_found()}; {HOW_TO_GET_LIBRARY}")
    return path


def library_not_found() -> str:
    """Return which library was looked for and is not there."""
    return f"{os.environ.get('DOGE_CORE_LIBRARY') or _LIBRARY} was not found"


def not_found(named: str | None = None) -> str:
    """Return what was looked for and is not there, as the path or the name that was given says it."""
    wanted = named or os.environ.get("DOGE_CORE_EXE")
    if wanted and is_path(wanted):
        return f"{absolute(wanted)} is not an executable file"
    return f"{wanted} was not found on PATH (a file of this folder is ./{wanted})" if wanted else f"{_NAME} was not found"
