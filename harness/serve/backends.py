"""Which backend each subject's adapter answers with on this machine, as the live page shows it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from harness.subjects.registry import names, subject_called

# What is installed seldom changes, and an adapter that hangs must not stay for ever.
ASK_SEC, TIMEOUT_SEC = 60.0, 30.0
SAID_MAX = 5
Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


def run_apart(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end. Raises `OSError` and `TimeoutExpired`."""
    # A call that no bot made is no measurement of one.
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_TELEMETRY")}
    return subprocess.run(
        argv, env=environment, capture_output=True, text=True, errors="replace", check=False, timeout=TIMEOUT_SEC
    )


class Backends:
    """Asks the adapters now and then, each in a process of its own: an adapter chooses once, when it is imported."""

    def __init__(self, run: Run = run_apart) -> None:
        self._run = run
        self._known: list[dict[str, Any]] = []

    def start(self) -> None:
        """Ask again and again, in a thread that nobody waits for."""
        threading.Thread(target=self._keep_asking, daemon=True, name="backends").start()

    def _keep_asking(self) -> None:
        never = threading.Event()
        while True:
            self.ask()
            never.wait(ASK_SEC)

    def ask(self) -> None:
        """Ask each adapter once."""
        modules = {name: subject_called(name).parts["adapter"] for name in names() if "adapter" in subject_called(name).parts}
        self._known = [self._told(name, module) for name, module in modules.items()]

    def status(self) -> list[dict[str, Any]]:
        """One entry for each adapter: `answered`, `configured`, what it said; `error` says why it cannot be told."""
        return self._known

    def _told(self, name: str, part: str) -> dict[str, Any]:
        module = part.partition(":")[0]
        try:
            done = self._run([sys.executable, "-m", module])
        except (OSError, subprocess.TimeoutExpired) as error:
            return {"subject": name, "error": f"python -m {module}: {error}"}
        said = [line for line in done.stderr.splitlines() if line.strip()][-SAID_MAX:]
        if done.returncode != 0:
            return {"subject": name, "error": f"python -m {module} ended with {done.returncode}", "said": said}
        try:
            found = json.loads(done.stdout)
            return {"subject": name, "answered": str(found["answered"]), "status": found, "said": said}
        except (ValueError, LookupError, TypeError):
            return {"subject": name, "error": f"python -m {module}: its answer makes no sense", "said": said}
