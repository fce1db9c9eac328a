"""The fuzz finds what it should, makes it small, and says nothing where there is nothing."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.runs import PLANTED, ROOT, start_fuzz

# What was wrong in ports before, or easily could be; `tests/quality/planted.py` says how.
HISTORICAL = (
    "naive_rounding", "fill_moves_market", "lost_cooldown_maximum", "drops_minus_zero", "forgets_quote_fee",
)  # fmt: skip


def fuzzed(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and data of a run."""
    process = start_fuzz(f"sqlite:///{folder / 'ledger.sqlite'}", folder / "reports", *arguments, "--json")
    said, _ = process.communicate(timeout=300)
    return process.returncode, json.loads(said)


def the_small_one(finds: list[dict[str, Any]]) -> dict[str, Any]:
    """The only find of a run that was made small."""
    [find] = [find for find in finds if find["repro"]]
    return find


def test_a_fixed_part_of_the_night_finds_nothing(tmp_path: Path) -> None:
    code, run = fuzzed(tmp_path, "--sequences", "1500", "--seed", "7", "--workers", "2")
    assert code == 0
    assert run["finds"] == []
    assert (run["cases"], run["divergent"], run["complete"]) == (1500, 0, True)
    assert run["bound"] == pytest.approx(3 / 1500)
    assert run["steps"] >= 25 * 1500


def test_a_fixed_part_of_the_detectors_night_finds_nothing(tmp_path: Path) -> None:
    code, run = fuzzed(tmp_path, "--subject", "detector", "--sequences", "60", "--seed", "7", "--workers", "2")
    assert code == 0
    assert (run["cases"], run["divergent"]) == (60, 0)


def test_naive_rounding_is_found_at_once_and_shrunk_to_two_events(tmp_path: Path) -> None:
    arguments = ("--sequences", "250", "--seed", "1", "--batch-size", "50", "--finds-max", "2")
    url, started = f"sqlite:///{tmp_path / 'ledger.sqlite'}", time.monotonic()
    process = start_fuzz(url, tmp_path, *arguments, "--candidate-exe", f"{PLANTED} naive_rounding")
    assert process.stdout is not None
    assert any(line.startswith("FOUND") for line in process.stdout)
    assert time.monotonic() - started < 30.0
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 1
    shrunk = re.findall(r"^SHRUNK \w+: \d+ events to (\d+) ", said, re.MULTILINE)
    assert len(shrunk) == 2
    assert all(int(events) <= 2 for events in shrunk)


@pytest.fixture(scope="module")
def shrunk(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """The finds of every historical bug."""
    found = {}
    for bug in HISTORICAL:
        folder = tmp_path_factory.mktemp(bug)
        arguments = ("--sequences", "500", "--seed", "1", "--batch-size", "125", "--candidate-exe", f"{PLANTED} {bug}")
        code, run = fuzzed(folder, *arguments, "--finds-max", "1")
        assert code == 1, f"{bug} was not found"
        found[bug] = run["finds"]
    return found


def test_every_historical_bug_is_found_and_shrunk(shrunk: dict[str, list[dict[str, Any]]]) -> None:
    lengths = [the_small_one(finds)["size_after"] for finds in shrunk.values()]
    assert statistics.median(lengths) <= 3


def test_a_repro_of_the_fuzz_replays(shrunk: dict[str, list[dict[str, Any]]]) -> None:
    path = the_small_one(shrunk["naive_rounding"])["repro"]
    command = [sys.executable, "-m", "harness", "replay", path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "still diverges" in done.stdout


def test_a_find_in_the_detector_is_shrunk_and_names_the_odd_port_out(tmp_path: Path) -> None:
    arguments = ("--subject", "detector", "--sequences", "4", "--seed", "7", "--workers", "1", "--finds-max", "1")
    code, run = fuzzed(tmp_path, *arguments, "--candidate-module", "tests.fuzz.late_rsi")
    assert code == 1
    find = the_small_one(run["finds"])
    assert find["odd"] == ["module:tests.fuzz.late_rsi"]
    assert find["size_after"] <= 20 < find["size_before"]
    done = subprocess.run(
        [sys.executable, "-m", "harness", "replay", find["repro"]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "odd one out: module:tests.fuzz.late_rsi; python and rust agree" in done.stdout


def test_a_find_names_the_odd_port_out_and_the_first_step(shrunk: dict[str, list[dict[str, Any]]]) -> None:
    for bug in ("naive_rounding", "fill_moves_market"):
        find = the_small_one(shrunk[bug])
        assert find["odd"] == [f"exe:{bug}"]
        assert find["first_step"] == 0


def test_a_find_of_a_fill_at_the_edge_says_which_fill(shrunk: dict[str, list[dict[str, Any]]]) -> None:
    edges = [find["divergence"] for finds in shrunk.values() for find in finds if find["divergence"]["step"] is None]
    fills = [each["event"]["_type"] for each in edges if each["path"].startswith("$.transition.")]
    assert fills
    assert set(fills) == {"FillEvent"}
