"""A candidate's process yields to everything else on the machine."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

MIB = 2**20


def tame(pid: int, memory_bytes: int) -> None:
    """Give a process the lowest priority and a limit of memory, and let the kernel choose it first where memory is short."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, 19)
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000")
    if sys.platform == "linux":
        import resource

        with contextlib.suppress(OSError, ValueError):
            # Not the address space, of which a runtime may reserve a terabyte that it never touches.
            resource.prlimit(pid, resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
