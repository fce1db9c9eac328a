"""`parity bench` measures what it says; how fast that is, is for a quiet machine to tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def bench(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False)


def test_it_compares_every_way_to_the_reducer_in_one_run(executable: Path) -> None:
    done = bench("--json", "--rounds", "1")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["problems"] == []
    assert set(result["loads"]) == {"golden", "golden, short fixtures", "candles", "a fuzz run"}
    rate = result["loads"].pop("a fuzz run")
    assert rate["ratios"]["fuzz run"]["median"] > 1.0
    for load in result["loads"].values():
        costs = load["columns"]["us"]
        assert all(cost > 0 for cost in costs.values()), costs
        # Whatever the machine does, starting a process dwarfs a pipe, and the whole state dwarfs a session.
        assert costs["one-shot call"] > costs["full-state call"] > costs["session call"]
    limits = [target["limit"] for target in result["loads"]["candles"]["targets"]]
    assert limits == [4.0, 3.6, 5.0, 6.0, 1.0, 1.5, 0.5, 1.0, 0.35]


def test_a_missing_executable_is_missing_and_not_slow() -> None:
    done = bench("--rounds", "1", DOGE_CORE_EXE="/nowhere/doge-core-exe")
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "port haskell is missing: /nowhere/doge-core-exe is not an executable file" in done.stderr


def test_bad_candles_are_bad_input() -> None:
    done = bench("--rounds", "1", "--candles", "/nowhere.csv")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_a_wrong_environment_is_one_sentence() -> None:
    done = bench(DOGE_CORE_BACKEND="rust")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "parity: DOGE_CORE_BACKEND: must be one of python, haskell, haskell-inproc, auto; got 'rust'\n"
