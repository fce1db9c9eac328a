"""Starting what measures: build scripts, the tools of the compilers, the process that runs the cases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from harness import ROOT
from harness.coverage.figures import Coverage, Figure, NotMeasuredError
from harness.engine.processes import end_tree
from harness.words import exit_word

if TYPE_CHECKING:
    from harness.engine.plan import FuzzPlan

# A first build compiles everything; cases take a fraction of a second each.
BUILD_SEC, CASES_SEC = 1800.0, 6 * 3600.0
SAID_MAX = 300


def run(command: Sequence[str | Path], *, timeout_sec: float = BUILD_SEC, environment: Mapping[str, str] | None = None) -> str:
    """The standard output of a command. Raises `NotMeasuredError` where it cannot be started, fails or hangs."""
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
        raise NotMeasuredError(f"{name} failed with {exit_word(done.returncode)}: {_last_line(done.stderr or done.stdout)}")
    return done.stdout


def parts_of(plan: FuzzPlan) -> int:
    """The parts that a plan's first cases are run in: one for each CPU."""
    return max(1, min(os.cpu_count() or 1, plan.cases_measured))


def part_of(cases: int, part: int, parts: int) -> range:
    """A part of so many cases, all in a row: of those that are compared closely, every so many, each part has its share."""
    return range(cases * part // parts, cases * (part + 1) // parts)


def run_cases(
    what: str, plan: Any, folder: Path, environment: Mapping[str, str], coverage: Coverage | None = None
) -> list[dict[str, Any]]:
    """Run a plan's first cases, a part on each CPU in a process of its own; with `coverage`, count the reference's branches.

    `{part}` in the environment stands for the number of a part. Returns what each part told. Raises `NotMeasuredError`.
    """
    files = {} if coverage is None else {str(file): sorted(coverage.unreachable(file)) for file in coverage.files()}
    parts = parts_of(plan)

    def run_part(part: int) -> dict[str, Any]:
        asked, told = folder / f"{what}-asked-{part}.json", folder / f"{what}-told-{part}.json"
        indexes = part_of(plan.cases_measured, part, parts)
        data = {"plan": plan.to_json(), "files": files, "first": indexes.start, "beyond": indexes.stop}
        asked.write_text(json.dumps(data), encoding="utf-8")
        own = {name: value.replace("{part}", str(part)) for name, value in environment.items()}
        # Not through standard output, where anything that runs may print.
        run([sys.executable, "-m", "harness.coverage.child", what, asked, told], timeout_sec=CASES_SEC, environment=own)
        found: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))
        return found

    pool = ThreadPoolExecutor(parts)
    try:
        return list(pool.map(run_part, range(parts)))
    except BaseException:
        # A thread that waits for its process hears no interrupt, and no other part's failure.
        _end_children(folder)
        raise
    finally:
        pool.shutdown()


def _end_children(folder: Path) -> None:
    """End the processes that work with the files of a folder."""
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if any(word.startswith(str(folder)) for word in child.cmdline()):
                end_tree(child)


def branches_of(coverage: Coverage, what: str, plan: Any, folder: Path, environment: Mapping[str, str]) -> list[Figure]:
    """The branches of the reference that a plan's first cases reach. Raises `NotMeasuredError`."""
    first, *others = run_cases(what, plan, folder, environment, coverage)
    missing = tuple(each for each in first["missing"] if all(each in other["missing"] for other in others))
    total = int(first["branches"])
    port, (unit,) = next(iter(coverage.units.items()))
    return [Figure(port=port, unit=unit, covered=total - len(missing), total=total, missing=missing)]


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1].strip()[:SAID_MAX]
