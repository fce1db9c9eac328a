"""Starting what measures: build scripts, the tools of the compilers, the process that runs the cases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.coverage.figures import ROOT, NotMeasuredError
from harness.engine.plan import FuzzPlan

# A first build compiles everything; cases take a fraction of a second each.
BUILD_SEC, CASES_SEC = 1800.0, 6 * 3600.0


def run(command: Sequence[str | Path], *, timeout_sec: float = BUILD_SEC, environment: Mapping[str, str] | None = None) -> str:
    """What a command says on standard output. Raises `NotMeasuredError` where it cannot be started, fails or hangs."""
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_sec,
            check=False,
        )
    except OSError as error:
        raise NotMeasuredError(f"{name} cannot be started ({error.strerror})") from error
    except subprocess.TimeoutExpired as error:
        raise NotMeasuredError(f"{name} did not end within {timeout_sec:g} s") from error
    if done.returncode:
        raise NotMeasuredError(f"{name} failed with {done.returncode}: {_last_line(done.stderr or done.stdout)}")
    return done.stdout


def run_cases(what: str, plan: FuzzPlan, folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """What `harness.coverage.child` tells of the plan's cases. Raises `NotMeasuredError`."""
    asked, told = folder / f"{what}-asked.json", folder / f"{what}-told.json"
    asked.write_text(json.dumps(plan.to_json()), encoding="utf-8")
    # Not through standard output, where anything that runs may print.
    command: list[str | Path] = [sys.executable, "-m", "harness.coverage.child", what, asked, told]
    run(command, timeout_sec=CASES_SEC, environment=environment)
    found: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))
    return found


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1].strip()[:300]
