"""Every process collects the same tests under the same names: xdist refuses to start where two of its workers differ."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ADDRESS = """
import pytest

@pytest.mark.parametrize("value", [object()], ids=repr)
def test_one(value): ...
"""
SET = """
import pytest

@pytest.mark.parametrize("value", {"a", "b", "c", "d", "e", "f", "g", "h"})
def test_one(value): ...
"""


def collected(tests: Path, *options: str) -> tuple[list[str], list[str]]:
    """The ids of the tests in a folder, as each of two processes with another hash seed collects them."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--collect-only", "-q", *options, str(tests)]
    processes = [
        subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}, stdout=subprocess.PIPE, encoding="utf-8")
        for seed in ("1", "2")
    ]
    first, second = ([line for line in process.communicate()[0].splitlines() if "::" in line] for process in processes)
    assert [process.returncode for process in processes] == [0, 0]
    return first, second


def test_two_processes_collect_the_same_tests() -> None:
    first, second = collected(ROOT / "tests")
    assert first
    assert first == second


@pytest.mark.parametrize("text", [ADDRESS, SET], ids=["address", "set"])
def test_names_that_differ_are_seen(text: str, tmp_path: Path) -> None:
    (tmp_path / "test_planted.py").write_text(text)
    first, second = collected(tmp_path, "--rootdir", str(tmp_path), "-c", "/dev/null")
    assert first
    assert first != second
