"""Watched reducers for tests: with candidates that are good, bad or absent, and what they wrote."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import state_machine as sm
from doge_core.settings import Settings
from doge_core.watching import Python
from doge_shadow.settings import CANDIDATE, ShadowSettings
from tests.adapter.traffic import CONFIG, SIZE_USD, start, walk

ROOT = Path(__file__).parents[2]
DRAIN_SEC = 60.0


def script(folder: Path, *words: str) -> str:
    """An executable that runs a Python program of the tests, with what it is called with."""
    path = folder / f"candidate-{len(list(folder.iterdir()))}"
    path.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, *words])} "$@"\n')
    path.chmod(0o755)
    return str(path)


def flawed(folder: Path, flaw: str) -> str:
    """A candidate with a flaw, which shows after its third request."""
    return script(folder, str(ROOT / "tests" / "faults" / "flawed_server.py"), flaw)


def planted(folder: Path, bug: str) -> str:
    """The reference as a candidate, with a bug."""
    return script(folder, str(ROOT / "tests" / "quality" / "planted.py"), bug)


def wrong(folder: Path, bug: str) -> str:
    """The reference as a candidate, with a bug of `wrong.py`."""
    return script(folder, str(ROOT / "tests" / "shadow" / "wrong.py"), bug)


@contextmanager
def watching(folder: Path, exe: str | None = None, *, timeout_sec: float = 5.0, **shadow: Any) -> Iterator[Python]:
    """The reference with a shadow."""
    settings = ShadowSettings(**{"mode": CANDIDATE, "folder": folder / "shadow", **shadow})
    watched = Python(Settings(exe=exe, timeout_sec=timeout_sec), settings)
    try:
        yield watched
    finally:
        watched.shadow.stop()


def drive(watched: Python, steps: int, seed: int = 1) -> None:
    """Traffic, each result of which is held against the reference's own."""
    held = start()
    for _, event, after, actions in walk(seed, steps):
        held, got = watched.transition(held, event, CONFIG, SIZE_USD)
        assert (repr(held), repr(got)) == (repr(after), repr(actions))
        assert watched.check_invariants(held) == sm.check_invariants(after)


def drained(watched: Python, sec: float = DRAIN_SEC) -> dict[str, Any]:
    """The metrics, once nothing waits and what is being compared is."""
    assert watched.shadow.drain(sec)
    watched.shadow.stop()
    return watched.metrics()


def journal_lines(folder: Path) -> list[dict[str, Any]]:
    """All lines of all journals of a folder, without their headers."""
    found = []
    for path in sorted((folder / "shadow").glob("journal-*.jsonl")):
        header, *lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert header["format"] == "doge-shadow journal 1"
        found += lines
    return found


def finds(folder: Path) -> list[Path]:
    """The files of divergences."""
    return sorted((folder / "shadow").glob("find-*.json"))
