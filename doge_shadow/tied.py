"""A process that ends with its parent, however that ends: `python tied.py PARENT PROGRAM WORDS...` becomes the program.

A file of its own that needs nothing but the standard library, so that it starts in some milliseconds.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
# As a shell says that a program cannot be run.
NOT_RUN = 126


def end_with(parent: int) -> None:
    """Let the kernel end this process when the thread that started it ends; elsewhere than on Linux nothing happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def main(words: list[str]) -> None:
    """Become a program, tied to the parent."""
    end_with(int(words[0]))
    try:
        os.execv(words[1], words[1:])
    except OSError as error:
        print(f"{words[1]}: could not be started ({error.strerror})", file=sys.stderr)
        sys.exit(NOT_RUN)


if __name__ == "__main__":
    main(sys.argv[1:])
