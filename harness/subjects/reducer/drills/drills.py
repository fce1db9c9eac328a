"""The rollback and the rollout of the reducer."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import doge_core
from doge_core.backend import Haskell
from doge_core.locate import HOW_TO_GET, find_executable
from harness.drill import Drills, Step
from harness.subjects.reducer.drills.load import Counts, Load

# A leaking candidate is ended by a limit of this many bytes, and not by the machine's memory.
MEMORY_BYTES = 512 * 2**20
# A call may wait for a hung candidate as long as the adapter's time limit, and the switch with it.
RESTORED_SEC_MAX = 60.0
# The shadow works off what waits while no call comes; its candidate yields to everything else on a busy machine.
DRAIN_SEC = 60.0


class ReducerDrills(Drills):
    """Drills on the adapter `doge_core`, in this process."""

    def available(self) -> str | None:
        """Return None if the executable is here, else how to get it."""
        return HOW_TO_GET if find_executable() is None else None

    def rollback(self, step_sec: float) -> Iterator[Step]:
        """Break the server in each way under load, then throw the switch to Python while the load goes on."""
        original = find_executable()
        assert original is not None, "the command looked"
        for name, breaking in BREAKAGES.items():
            with tempfile.TemporaryDirectory() as folder, _restored():
                exe = Path(folder) / "doge-core-exe"
                shutil.copy2(original, exe)
                # Before the load: whatever answered until now is no part of the drill.
                _switch(DOGE_CORE_BACKEND="haskell", DOGE_CORE_EXE=str(exe))
                with _loaded() as load:
                    _wait_for_calls(load, step_sec)
                    with load.between_calls() as before:
                        answered = _answered_by_the_candidate()
                    breaking(exe)
                    time.sleep(step_sec)
                    fallbacks = doge_core.status().get("fallbacks", {})
                    restored_sec = _throw_back(load)
                    time.sleep(step_sec)
                counts = before + load.counts
                yield _step(name, counts, restored_sec=restored_sec, fallbacks=fallbacks, asked=before.calls, answered=answered)

    def rollout(self, step_sec: float) -> Iterator[Step]:
        """From Python by the shadow to Haskell and back."""
        # The candidate is the one that was chosen before the drill.
        candidate = {"DOGE_CORE_EXE": str(find_executable())}
        with tempfile.TemporaryDirectory() as folder, _restored():
            shadow = {"DOGE_CORE_BACKEND": "python", "DOGE_CORE_SHADOW": "1", "DOGE_CORE_SHADOW_DIR": folder}
            stages: Mapping[str, dict[str, str]] = {
                "python": {"DOGE_CORE_BACKEND": "python"},
                "shadow": {**shadow, **candidate},
                "haskell": {"DOGE_CORE_BACKEND": "haskell", **candidate},
                "python again": {"DOGE_CORE_BACKEND": "python"},
            }
            first, *others = stages
            _switch(**stages[first])
            with _loaded() as load:
                name = first
                for following in [*others, first]:
                    _wait_for_calls(load, step_sec)
                    with load.between_calls() as counts:
                        seen = _seen(counts.calls)
                        _switch(**stages[following])
                    # A call that the switch met belongs to the step in which it began.
                    load.next_answer(time.monotonic(), RESTORED_SEC_MAX)
                    yield _step(name, counts, **seen)
                    name = following


def _seen(asked: int) -> dict[str, Any]:
    """What the adapter's own counts say of a step of the rollout, before the next switch and while no call comes."""
    status = doge_core.status()
    seen: dict[str, Any] = {"fallbacks": status.get("fallbacks", {}), "answered_by": _who(status)}
    if status["configured"] == "haskell":
        seen |= {"asked": asked, "answered": _answered_by_the_candidate()}
    watched = doge_core._watched()
    if watched is not None:
        watched.shadow.drain(DRAIN_SEC)
        found = doge_core.get_shadow_metrics()
        told = f"{found['compared']} of {found['calls']} calls compared, {found['total_divergences']} divergent"
        seen |= {"asked": found["calls"], "compared": found["compared"], "divergent": found["total_divergences"]}
        seen["notes"] = [f"{told}, {found['shadow_failures']} failures"]
    return seen


def _answered_by_the_candidate() -> int:
    """How many calls came from the candidate, by the adapter's count; the switch sets it to 0."""
    calls = doge_core.status().get("calls", {})
    return sum(number for rung, number in calls.items() if rung != "python")


def _who(status: Mapping[str, Any]) -> str:
    """Who answered most of the calls, by the adapter's count."""
    calls = status.get("calls", {})
    others = sum(number for rung, number in calls.items() if rung != "python")
    return "haskell" if others > calls.get("python", 0) else "python"


def _kill(number: int) -> Callable[[Path], None]:
    def breaking(_exe: Path) -> None:
        backend = doge_core._backend()
        pid = backend.pid() if isinstance(backend, Haskell) else None
        if pid is not None:
            os.kill(pid, number)

    return breaking


def _replaced(*words: str, limit: bool = False) -> Callable[[Path], None]:
    """Another program takes the executable's place, and the running one is ended, so that the other one is started."""

    def breaking(exe: Path) -> None:
        beside = exe.with_suffix(".new")
        limited = f"ulimit -d {MEMORY_BYTES // 1024}; " if limit else ""
        beside.write_text(f'#!/bin/sh\n{limited}exec {shlex.join([sys.executable, BROKEN, *words])} "$@"\n')
        beside.chmod(0o755)
        beside.replace(exe)
        _kill(signal.SIGKILL)(exe)

    return breaking


def _garbled(exe: Path) -> None:
    beside = exe.with_suffix(".new")
    beside.write_bytes(b"\x7fELF this is no program\n" * 100)
    beside.chmod(0o755)
    beside.replace(exe)
    _kill(signal.SIGKILL)(exe)


BROKEN = str(Path(__file__).with_name("broken.py"))
BREAKAGES: Mapping[str, Callable[[Path], None]] = {
    "killed": _kill(signal.SIGKILL),
    "hung": _kill(signal.SIGSTOP),
    "wrong answers": _replaced("lies"),
    "slow": _replaced("slow"),
    "memory": _replaced("leaks", limit=True),
    "executable replaced": _garbled,
}


@contextmanager
def _loaded() -> Iterator[Load]:
    load = Load()
    load.start()
    try:
        yield load
    finally:
        load.stop()


@contextmanager
def _restored() -> Iterator[None]:
    """The environment and the adapter as they were, at the end."""
    before = {name: value for name, value in os.environ.items() if name.startswith("DOGE_CORE_")}
    try:
        yield
    finally:
        _switch(**before)


def _switch(**environment: str) -> None:
    """Set the adapter's variables to these alone, and let it read them."""
    for name in [name for name in os.environ if name.startswith("DOGE_CORE_")]:
        del os.environ[name]
    os.environ.update(environment)
    doge_core.reset()


def _throw_back(load: Load) -> float | None:
    """Switch to Python; return how long it took until it answered."""
    thrown = time.monotonic()
    _switch(DOGE_CORE_BACKEND="python")
    answered = load.next_answer(time.monotonic(), RESTORED_SEC_MAX)
    return None if answered is None else answered - thrown


def _wait_for_calls(load: Load, step_sec: float) -> None:
    """Let the load go on for a while, and until it was answered."""
    time.sleep(step_sec)
    load.next_answer(time.monotonic(), RESTORED_SEC_MAX)


def _step(name: str, counts: Counts, **known: Any) -> Step:
    return Step(name=name, **{"answered_by": _who(doge_core.status()), **asdict(counts), **known})
