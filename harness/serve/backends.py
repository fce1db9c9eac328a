"""Which backend each subject's adapter answers with on this machine, as the live page shows it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from harness.subjects.registry import names, subject_called

# What is installed seldom changes, and an adapter that hangs must not stay for ever.
ASK_SEC, TIMEOUT_SEC = 60.0, 30.0
SAID_MAX, LINE_MAX, ANSWER_MAX = 5, 300, 65_536
# What an adapter calls a backend is also a label of a metric.
NAME = re.compile(r"[\w.-]{1,40}", re.ASCII)


def run_apart(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, and all that it started. Raises `OSError` and `TimeoutExpired`."""
    process = subprocess.Popen(
        argv, env=environment(os.environ), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, errors="replace", start_new_session=True,
    )  # fmt: skip
    with process:
        try:
            out, err = process.communicate(timeout=TIMEOUT_SEC)
        finally:
            if process.poll() is None:
                with suppress(OSError):
                    os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(argv, process.returncode, out, err)


def environment(here: Mapping[str, str]) -> dict[str, str]:
    """The environment of an adapter that is asked.

    A call that no bot made is no measurement of one; and what it says is shown to readers, who may know nothing of the server's
    token and database.
    """
    return {name: value for name, value in here.items() if not name.endswith("_TELEMETRY") and not name.startswith("PARITY_")}


class Backends:
    """Asks the adapters now and then, each in a process of its own: an adapter chooses once, when it is imported."""

    def __init__(self, run: Callable[[Sequence[str]], subprocess.CompletedProcess[str]] = run_apart) -> None:
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
        self._known = [{**self._told(name, module), "asked_at": time.time()} for name, module in modules.items()]

    def status(self) -> list[dict[str, Any]]:
        """One entry for each adapter: `answered`, `configured`, `shadow`, what it said; `error` says why it cannot be told."""
        return self._known

    def _told(self, name: str, part: str) -> dict[str, Any]:
        module = part.partition(":")[0]
        try:
            done = self._run([sys.executable, "-m", module])
        except (OSError, subprocess.TimeoutExpired) as error:
            return {"subject": name, "error": f"python -m {module}: {error}"}
        said = [line[:LINE_MAX] for line in done.stderr.splitlines() if line.strip()][-SAID_MAX:]
        if done.returncode != 0:
            return {"subject": name, "error": f"python -m {module} ended with {done.returncode}", "said": said}
        try:
            return {"subject": name, **_read(done.stdout), "said": said}
        except Exception:  # whatever an answer makes of its reader, the next one is asked for
            return {"subject": name, "error": f"python -m {module}: its answer makes no sense", "said": said}


def _read(text: str) -> dict[str, Any]:
    """What is shown of an answer, and nothing else of it. Raises almost anything for another answer."""
    if len(text) > ANSWER_MAX:
        raise ValueError("it is too long")
    found = json.loads(text)
    told = {key: found[key] for key in ("answered", "configured")}
    if not all(isinstance(each, str) and NAME.fullmatch(each) for each in told.values()):
        raise ValueError("these are no names")
    return {**told, "shadow": bool(found["shadow"])}
