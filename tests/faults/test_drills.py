"""The drills hold where the adapter holds, and say so where it does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import doge_core
import state_machine as sm
from doge_core.backend import Haskell
from doge_core.settings import Settings
from harness.subjects.reducer.drills.drills import BREAKAGES, ReducerDrills
from tests.adapter.traffic import CONFIG, SIZE_USD, start, walk
from tests.shadow.priority import hurried

ROOT = Path(__file__).parents[2]


def drill(tmp_path: Path, *words: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, data and complaints of a drill."""
    command = [sys.executable, "-m", "harness", "drill", *words, "--json", "--ledger", f"sqlite:///{tmp_path / 'l.sqlite'}"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    return ended.returncode, json.loads(ended.stdout) if ended.stdout else {}, ended.stderr


def test_the_rollback_holds_in_each_of_six_ways(tmp_path: Path, executable: Path) -> None:
    code, found, said = drill(tmp_path, "rollback", "--step-sec", "0.6")
    assert code == 0, said
    steps = {step["name"]: step for step in found["steps"]}
    assert list(steps) == list(BREAKAGES)
    assert len(steps) == 6
    for name, step in steps.items():
        assert step["calls"] > 0
        assert (step["lost"], step["doubled"], step["unequal"]) == (0, 0, 0), name
        assert step["answered_by"] == "python"
        # What hangs is given up at once, and not after the adapter's time limit.
        assert step["restored_sec"] < 3.0, (name, step)
    # Each breakage was noticed, so that it did break something; what hangs is noticed by the switch.
    assert all(step["fallbacks"] for name, step in steps.items() if name != "hung")
    assert steps["hung"]["slowest_sec"] >= 0.5
    explained = subprocess.run(
        [sys.executable, "-m", "harness", "gate", "explain", "3.rollback", "--ledger", f"sqlite:///{tmp_path / 'l.sqlite'}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    ).stdout
    assert explained.startswith("3.rollback: go"), explained


@hurried()
def test_the_rollout_goes_there_and_back(tmp_path: Path, executable: Path) -> None:
    code, found, said = drill(tmp_path, "rollout", "--step-sec", "0.6")
    assert code == 0, said
    steps = {step["name"]: step["answered_by"] for step in found["steps"]}
    assert steps == {"python": "python", "shadow": "python", "haskell": "haskell", "python again": "python"}
    [told] = next(step["notes"] for step in found["steps"] if step["name"] == "shadow")
    assert "0 divergent" in told


def _loses(_right: Callable[..., Any], *_call: Any) -> Any:
    raise RuntimeError("lost")


def _doubles(right: Callable[..., Any], state: Any, *call: Any) -> Any:
    return right(right(state, *call)[0], *call)


def _lies(right: Callable[..., Any], *call: Any) -> Any:
    after, actions = right(*call)
    return after, [*actions, "one more"]


@pytest.mark.parametrize(("flaw", "count"), [(_loses, "lost"), (_doubles, "doubled"), (_lies, "unequal")])
def test_what_is_lost_doubled_or_wrong_is_counted(
    flaw: Callable[..., Any], count: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOGE_CORE_BACKEND", "python")
    monkeypatch.setattr(doge_core, "transition", lambda *call: flaw(sm.transition, *call))
    first = next(iter(ReducerDrills().rollout(0.3)))
    assert getattr(first, count) > 0
    assert not first.sound


def test_a_drill_without_the_candidate_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOGE_CORE_EXE", str(tmp_path / "nothing"))
    code, _, said = drill(tmp_path, "rollback")
    assert code == 3
    assert said.startswith("MISSING: the candidate is not here")


def test_a_subject_without_drills_says_so(tmp_path: Path) -> None:
    code, _, said = drill(tmp_path, "rollback", "--subject", "detector")
    assert (code, said) == (2, "parity: drill rollback: the subject detector has no drills\n")


def test_the_switch_may_be_thrown_while_threads_call(executable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOGE_CORE_EXE", str(executable))
    wrong: list[str] = []
    ending = threading.Event()

    def work(seed: int) -> None:
        held = start()
        for _, event, after, actions in walk(seed, 100_000):
            if ending.is_set():
                return
            try:
                held, got = doge_core.transition(held, event, CONFIG, SIZE_USD)
            except Exception as error:
                wrong.append(repr(error))
                return
            if (repr(held), repr(got)) != (repr(after), repr(actions)):
                wrong.append(repr(event))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for each in threads:
        each.start()
    for turn in range(30):
        monkeypatch.setenv("DOGE_CORE_BACKEND", ("haskell", "python", "auto")[turn % 3])
        doge_core.reset()
        time.sleep(0.05)
    ending.set()
    for each in threads:
        each.join()
    monkeypatch.undo()
    doge_core.reset()
    assert wrong == []


def test_what_was_switched_off_starts_nothing_again(executable: Path) -> None:
    haskell = Haskell(Settings(backend="haskell", exe=str(executable)))
    walked = list(walk(1, 3))
    state, event, after, _ = walked[0]
    assert repr(haskell.transition(state, event, CONFIG, SIZE_USD)[0]) == repr(after)
    assert (haskell.starts, haskell.python_calls) == (1, 0)
    haskell.retire()
    # A thread may hold it still, and call once more.
    for state, event, after, _ in walked:
        assert repr(haskell.transition(state, event, CONFIG, SIZE_USD)[0]) == repr(after)
    assert haskell.check_invariants(after) == sm.check_invariants(after)
    assert (haskell.starts, haskell.python_calls, haskell.pid()) == (1, 4, None)
    assert haskell.fallbacks == {}


def test_an_invalid_setting_leaves_everything_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOGE_CORE_BACKEND", "python")
    doge_core.reset()
    monkeypatch.setenv("DOGE_CORE_BACKEND", "nonsense")
    with pytest.raises(ValueError, match="DOGE_CORE_BACKEND"):
        doge_core.reset()
    assert doge_core.status()["configured"] == "python"
    os.environ.pop("DOGE_CORE_BACKEND")
    monkeypatch.undo()
    doge_core.reset()
