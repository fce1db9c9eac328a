"""A subject that the harness has never heard of goes through every command: see `tests/third_subject/README.md`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness import ROOT

ORIGIN = ROOT / "tests" / "third_subject"
# Each wrong port, and the fewest requests that show what is wrong: the forgetful one needs an empty bucket, a refused request
# and one more.
WRONG = {"bucket_strict": 1, "bucket_uncapped": 1, "bucket_forgetful": 3}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the subject, since promoting writes into it."""
    return shutil.copytree(ORIGIN, tmp_path_factory.mktemp("third") / "subject", ignore=shutil.ignore_patterns("__pycache__"))


def parity(folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and output of `parity …` where the subject is installed."""
    path = os.pathsep.join(each for each in (str(folder), os.environ.get("PYTHONPATH")) if each)
    done = subprocess.run(
        [sys.executable, "-m", "harness", *arguments],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def data_of(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    code, said = parity(folder, *arguments, "--json")
    data: dict[str, Any] = json.loads(said)
    return code, data


def reports_in(folder: Path) -> tuple[str, ...]:
    return ("--reports", str(folder / "reports"))


def fuzzed(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    ledger = f"sqlite:///{folder / 'ledger.sqlite'}"
    where = ("--workers", "1", "--ledger", ledger, *reports_in(folder))
    return data_of(folder, "fuzz", "--subject", "bucket", "--sequences", "200", "--seed", "3", *where, *arguments)


def test_no_file_of_the_harness_knows_it() -> None:
    known = [path for path in (ROOT / "harness").rglob("*.py") if "bucket" in path.read_text(encoding="utf-8")]
    assert known == []


def test_doctor_shows_its_ports(folder: Path) -> None:
    code, data = data_of(folder, "doctor", "--subject", "bucket")
    assert (code, [row["port"] for row in data["ports"]]) == (0, ["python", "swift"])
    code, said = parity(folder, "doctor", "--subject", "bucket", "--candidate-module", "no_such")
    assert code == 3
    assert "MISSING: module:no_such: No module named 'no_such'" in said


def test_a_run_is_at_parity_and_counts_what_it_met(folder: Path) -> None:
    code, data = data_of(folder, "run", "--subject", "bucket", "--sequences", "60", *reports_in(folder))
    assert code == 0
    assert [port["verdict"] for port in data["ports"]] == ["reference", "parity"]
    assert set(data["met"]["generated"]["request"]) == {"granted", "refused"}


@pytest.mark.parametrize("option", ["--events-max", "--candidate-exe", "--market-windows", "--candles"])
def test_an_option_that_it_does_not_have_is_refused(folder: Path, option: str) -> None:
    code, said = parity(folder, "run", "--subject", "bucket", option, "3")
    assert (code, said) == (2, f"parity: {option}: means nothing to the subject bucket; leave it out\n")


def test_a_night_is_at_parity(folder: Path) -> None:
    code, data = fuzzed(folder)
    assert (code, data["verdict"], data["cases"]) == (0, "PARITY", 200)


@pytest.mark.parametrize("module", WRONG)
def test_a_wrong_port_is_found_and_its_case_shrunk_to_the_minimum(folder: Path, module: str) -> None:
    code, data = fuzzed(folder, "--candidate-module", module)
    assert code == 1
    find = next(find for find in data["finds"] if find["repro"])
    assert (find["size_after"], find["unit"], find["odd"]) == (WRONG[module], "requests", [f"module:{module}"])
    assert parity(folder, "replay", find["repro"])[0] == 1
    code, said = parity(folder, "replay", find["repro"], "--candidate-module", "bucket_swift")
    assert code == 0
    assert "no longer diverges" in said


def test_a_repro_becomes_a_fixture_that_every_port_is_held_to(folder: Path) -> None:
    _, data = fuzzed(folder, "--candidate-module", "bucket_forgetful")
    repro = next(find["repro"] for find in data["finds"] if find["repro"])
    code, said = parity(folder, "replay", repro, "--promote", "forgotten_clock")
    assert code == 1
    assert said.count("wrote ") == 2
    assert parity(folder, "golden", "verify", "--subject", "bucket")[0] == 0
    code, said = parity(folder, "golden", "verify", "--subject", "bucket", "--candidate-module", "bucket_forgetful")
    assert code == 1
    assert "forgotten_clock: $.steps[" in said
    assert parity(folder, "golden", "record", "--subject", "bucket") == (0, "recorded 2 fixtures of the subject bucket\n")


def test_its_mutants_are_killed(folder: Path) -> None:
    code, data = data_of(folder, "mutants", "--subject", "bucket", "--workers", "2")
    assert code == 0, data
    assert data["killed"] > 20
    assert data["survived"] == 0


def test_its_benchmark_has_a_target(folder: Path) -> None:
    code, data = data_of(folder, "bench", "--subject", "bucket", "--rounds", "1")
    assert code == 0
    assert [target["name"] for target in data["loads"]["requests"]["targets"]] == ["reference / swift"]


def explored(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    return data_of(folder, "exhaust", "--subject", "bucket", "--no-evidence", *reports_in(folder), *arguments)


def test_its_worlds_are_explored_to_their_end(folder: Path) -> None:
    code, data = explored(folder, "--workers", "1")
    assert (code, data["verdict"]) == (0, "PARITY")
    # From three tokens down to none; where nothing comes back, no state is left again.
    assert {row["world"]: (row["states"], row["closed"]) for row in data["worlds"]} == {
        "small": (4, True), "never filled": (4, True),
    }  # fmt: skip


@pytest.mark.parametrize(("module", "requests"), [("bucket_strict", 2), ("bucket_uncapped", 1)])
def test_a_wrong_port_is_found_by_the_fewest_requests(folder: Path, module: str, requests: int) -> None:
    code, data = explored(folder, "--ports", "python", "--candidate-module", module, "--workers", "2")
    assert (code, data["verdict"]) == (1, "DIVERGENCE")
    lengths = [len(json.loads(Path(path).read_text(encoding="utf-8"))["case"]["requests"]) for path in data["repros"]]
    assert min(lengths) == requests


def test_a_bug_that_hangs_on_what_the_view_leaves_out_hides_there(folder: Path) -> None:
    """A refused request leaves the bucket as it was, so nobody asks the forgetful port for another one after it."""
    code, data = explored(folder, "--ports", "python", "--candidate-module", "bucket_forgetful")
    assert (code, data["verdict"]) == (0, "PARITY")
    assert fuzzed(folder, "--candidate-module", "bucket_forgetful")[0] == 1


def test_times_go_on_for_ever_where_they_are_told_apart(folder: Path) -> None:
    code, data = explored(folder, "--merge", "exact", "--depth", "4")
    assert (code, data["verdict"]) == (0, "PARITY")
    assert "that 4 events can reach, nothing merged" in data["sentence"]
    small = data["worlds"][0]
    assert (small["depth"], small["closed"]) == (4, False)
    assert small["states"] > 10
