"""A freeze is no older than the history allows, whatever date a commit bears."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.gate.freeze import HistoryError, frozen_since
from harness.store.chain import CLOCK_SEC
from tests.gate.test_gate import git, history

__all__ = ["history"]

BEGAN = 1_700_000_000.0


def change(file: Path, second: int, source: str) -> None:
    file.write_text(source, encoding="utf-8")
    git(file.parent, second, "commit", "-qam", f"at {second}")


def test_a_change_that_is_dated_before_its_parent_is_no_freeze(history: Path) -> None:
    change(history, -5_000_000, "x = 3\n")
    with pytest.raises(
        HistoryError, match=r"^freeze: commit \w{12} \(.*\) is dated before \w{12} \(.*\), which it follows; nobody can tell"
    ):
        frozen_since([history])


def test_a_later_commit_does_not_hide_it(history: Path) -> None:
    change(history, -5_000_000, "x = 3\n")
    change(history, 90, "x = 3  # why\n")
    with pytest.raises(HistoryError, match="which it follows"):
        frozen_since([history])


def test_a_commit_since_that_is_dated_before_the_change_is_none_either(history: Path) -> None:
    git(history.parent, -5_000_000, "commit", "-q", "--allow-empty", "-m", "other")
    with pytest.raises(HistoryError, match="which it follows"):
        frozen_since([history])


def test_a_clock_may_differ_by_its_slack_and_the_freeze_is_the_later_time(history: Path) -> None:
    change(history, 3 - int(CLOCK_SEC), "x = 3\n")
    assert frozen_since([history])[0] == BEGAN + 3.0
    change(history, 2 - int(CLOCK_SEC), "x = 4\n")
    assert frozen_since([history])[0] == BEGAN + 3.0


def test_a_wrong_clock_before_the_change_makes_the_freeze_younger(history: Path) -> None:
    git(history.parent, 500, "commit", "-q", "--allow-empty", "-m", "ahead")
    git(history.parent, 10, "commit", "-q", "--allow-empty", "-m", "right again")
    change(history, 20, "x = 3\n")
    assert frozen_since([history])[0] == BEGAN + 500.0


def test_a_backdated_merge_is_no_freeze(history: Path) -> None:
    folder = history.parent
    git(folder, 4, "checkout", "-qb", "side")
    change(history, 5, "x = 3\n")
    git(folder, 6, "checkout", "-q", "-")
    git(folder, 7, "commit", "-q", "--allow-empty", "-m", "main went on")
    git(folder, -5_000_000, "merge", "-q", "--no-ff", "-m", "merge", "side")
    with pytest.raises(HistoryError, match="which it follows"):
        frozen_since([history])


def test_replaced_commits_are_not_believed(history: Path) -> None:
    folder = history.parent
    change(history, 90, "x = 3\n")
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()
    git(folder, -5_000_000, "checkout", "-q", "--orphan", "old")
    git(folder, -5_000_000, "commit", "-qam", "as if it had been so for long")
    git(folder, 0, "replace", head, "old")
    git(folder, 0, "checkout", "-q", "--detach", head)
    assert frozen_since([history])[0] == BEGAN + 90.0
