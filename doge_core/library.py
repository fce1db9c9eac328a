"""The Haskell reducer within this process: a shared library that speaks the wire's protocol, from a line to a line.

The library is `doge-core/inproc`. Its runtime is started once in a process and lasts until the process ends. It has no threads
of its own, so that only one thread may be inside: the interpreter's lock is held during a call, which also means that no time
limit applies and that Ctrl-C is heard after the call. `python -m doge_core.library` serves it over pipes, as `doge-core-exe
--server` does, which is how the harness asks it.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

from doge_core.errors import ServerDiedError, ServerMissingError
from doge_core.locate import require_library

# The one library of this process, and whether a fork left it half loaded.
_loaded: tuple[Path, ctypes.PyDLL] | None = None
_half_loaded = False
_loading = threading.Lock()


class Library:
    """A client of the library, with sessions of its own. Raises `ServerMissingError` if it cannot be loaded.

    It is not thread-safe; `doge_core.backend` serialises the calls.
    """

    def __init__(self, path: Path) -> None:
        library = _started(path)
        self.path = path
        self._request: Callable[[int | None, bytes], bytes] = library.doge_core_request
        self._free = library.doge_core_free
        self._client: int | None = library.doge_core_new()
        self._finalizer = weakref.finalize(self, self._free, self._client)
        self._finalizer.atexit = False

    def request(self, line: bytes) -> bytes:
        """Answer one line, both without their newline. Raises `ServerDiedError` after `close`, and where memory is short."""
        try:
            return self._request(self._client, line)
        except MemoryError as error:
            raise ServerDiedError(f"{self.path}: has no memory for the answer") from error

    def close(self) -> None:
        """Forget the sessions."""
        self._client, self._request = None, self._refuse
        self._finalizer()

    kill = close

    def _refuse(self, _client: int | None, _line: bytes) -> bytes:
        raise ServerDiedError(f"{self.path}: was closed")


def _started(path: Path) -> ctypes.PyDLL:
    """Return the library, loaded, with its runtime started. A runtime cannot be started twice, nor beside another one."""
    global _loaded
    with _loading:
        if _loaded is None:
            if _half_loaded:
                raise ServerMissingError(f"{path}: this process was forked while the library was being loaded")
            try:
                library = ctypes.PyDLL(str(path))
                _declare(library)
            except (OSError, AttributeError) as error:
                raise ServerMissingError(f"{path}: cannot be loaded ({error})") from error
            library.doge_core_start()
            _loaded = (path, library)
        if _loaded[0] != path:
            raise ServerMissingError(f"{path}: another library is loaded ({_loaded[0]}), and there can be only one")
        return _loaded[1]


def _after_fork_in_child() -> None:
    """Another thread of the parent may have been loading the library, which is then in no state to be used here."""
    global _loading, _half_loaded
    _half_loaded = _half_loaded or _loading.locked()
    _loading = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def _declare(library: ctypes.PyDLL) -> None:
    library.doge_core_start.argtypes, library.doge_core_start.restype = (), ctypes.c_int
    library.doge_core_new.argtypes, library.doge_core_new.restype = (), ctypes.c_void_p
    library.doge_core_free.argtypes, library.doge_core_free.restype = (ctypes.c_void_p,), None
    library.doge_core_request.argtypes, library.doge_core_request.restype = (
        (ctypes.c_void_p, ctypes.py_object),
        ctypes.py_object,
    )


def main() -> int:
    """Answer standard input, line by line, until it ends."""
    library = Library(require_library())
    for line in sys.stdin.buffer:
        answer = memoryview(library.request(line.removesuffix(b"\n")) + b"\n")
        while answer:
            answer = answer[os.write(1, answer) :]
    return 0


if __name__ == "__main__":
    sys.exit(main())
