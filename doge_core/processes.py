"""Processes in groups of their own, whose ends are noticed at once."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess

# As long as `poll` can wait: 24 days.
_POLL_MAX_MSEC = 2.0**31 - 1


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that was started in a group of its own, and its descendants."""
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


class Process(subprocess.Popen[bytes]):
    """A process whose end the system announces, where the standard library would look for it now and then and sleep between."""

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status. Raises `subprocess.TimeoutExpired`."""
        if timeout is not None and self.returncode is None and hasattr(os, "pidfd_open"):
            # Linux before 5.3 has none; what follows looks for the end by itself.
            with contextlib.suppress(OSError):
                timeout = None if self._has_ended(timeout) else 0.0
        return super().wait(timeout)

    def _has_ended(self, timeout_sec: float) -> bool:
        ended = os.pidfd_open(self.pid)
        try:
            watch = select.poll()
            watch.register(ended, select.POLLIN)
            return bool(watch.poll(min(max(0.0, timeout_sec) * 1000.0, _POLL_MAX_MSEC)))
        finally:
            os.close(ended)
