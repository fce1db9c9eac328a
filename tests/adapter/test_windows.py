"""The adapters' branches for a system without process groups and forks. A Windows job runs this; elsewhere it is pretended.

What is not shown anywhere: an executable that was built on Windows, and its pipes.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import pytest

import doge_shadow.process as process
import state_machine as sm
from doge_core import backend, client, locate, processes
from doge_core.settings import Settings
from doge_shadow import taming

ABSENT = frozenset({"killpg", "fork", "register_at_fork", "setsid", "getpgid", "setpriority"})
POSIX = os.name == "posix"


class WindowsOs:
    """The module `os` as Windows has it, as far as the adapters look."""

    name = "nt"

    def __getattr__(self, name: str) -> Any:
        if name in ABSENT:
            raise AttributeError(f"module 'os' has no attribute {name!r}")
        return getattr(os, name)


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The adapters' modules see Windows, until the test ends."""
    for module in (client, processes, backend, process, taming):
        monkeypatch.setattr(module, "os", WindowsOs())
    monkeypatch.setattr(client, "_OWN_GROUP", None)


@pytest.fixture
def executable(tmp_path: Path) -> Path:
    found = locate.find_executable()
    if found is None and not POSIX:
        pytest.skip("MISSING: the Haskell port, which no job builds on Windows")
    assert found is not None
    return found


def script(folder: Path, text: str) -> Path:
    path = folder / "candidate"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_a_call_is_answered_without_process_groups(windows: None, executable: Path) -> None:
    haskell = backend.Haskell(Settings(exe=str(executable), timeout_sec=10.0))
    try:
        state = sm.PairState(market_price=0.1, now=1.0)
        event = sm.PriceTick(0.11, 2.0)
        cfg = sm.EngineConfig()
        assert haskell.transition(state, event, cfg, 2.0) == sm.transition(state, event, cfg, 2.0)
        assert haskell.status()["calls"]["persistent"] == 1
    finally:
        haskell.close()


@pytest.mark.skipif(not POSIX, reason="MISSING: a shell that hangs on demand; only pretended Windows has one")
def test_an_executable_that_hangs_is_killed_by_itself(windows: None, tmp_path: Path) -> None:
    haskell = backend.Haskell(Settings(exe=str(script(tmp_path, "exec sleep 60")), timeout_sec=0.2))
    state = sm.PairState(market_price=0.1, now=1.0)
    assert haskell.check_invariants(state) == sm.check_invariants(state)
    assert haskell.fallbacks == {"persistent:timeout": 2, "one-shot:timeout": 1}


def test_a_candidate_in_a_process_of_its_own_is_missing(windows: None) -> None:
    candidate = process.CandidateProcess("doge_detector.candidate", environment={}, memory_bytes=2**30, timeout_sec=1.0)
    with pytest.raises(process.CandidateError, match="needs a POSIX system"):
        candidate.ask({})


def test_nothing_is_tamed(windows: None) -> None:
    taming.tame(os.getpid(), 2**20)


@pytest.mark.parametrize(("platform", "name"), [("win32", "doge-core-exe.exe"), ("linux", "doge-core-exe")])
def test_the_executable_has_the_name_of_the_system(platform: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    try:
        assert {importlib.reload(locate)._NAME} == {name}
    finally:
        monkeypatch.undo()
        importlib.reload(locate)
