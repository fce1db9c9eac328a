"""The wheel of the Python half: a bot gets the adapters alone, and with the extra `harness` every command works."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from doge_core.locate import find_executable
from harness import ROOT
from tests.release.sites import ADAPTERS, INSTALLED, installed, python, wheel_of

# Every module, and then a call of both adapters. What is only for another interpreter or system is not there to import.
IMPORTED = f"""
import importlib, pkgutil
for package in {ADAPTERS}:
    for found in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
import doge_core as sm
sm.transition(sm.PairState(market_price=0.1, now=1.0), sm.PriceTick(0.11, 2.0), sm.EngineConfig(), 2.0)
import doge_detector
print(sm.status()["backend"], doge_detector.status()["backend"])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheel_of(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def harness(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(wheel, tmp_path_factory.mktemp("with") / "site", extra="harness")


def test_every_file_of_the_packages_is_in_it(wheel: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", *INSTALLED], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    with zipfile.ZipFile(wheel) as packed:
        held = {name for name in packed.namelist() if ".dist-info/" not in name}
    assert held == {name for name in tracked if (ROOT / name).is_file()}


def test_the_same_sources_give_the_same_bytes_in_another_folder(wheel: Path, tmp_path: Path) -> None:
    again = wheel_of(tmp_path / "another" / "place")
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()
    assert wheel_of(tmp_path / "later", epoch="1700000400").read_bytes() != wheel.read_bytes()


def test_a_bot_needs_nothing_of_the_harness(wheel: Path, tmp_path: Path) -> None:
    site = installed(wheel, tmp_path / "site")
    assert not (site / "click").exists()
    called = python(site, "-c", IMPORTED)
    assert (called.returncode, called.stdout) == (0, "python python\n"), called.stderr
    assert "install the wheel doge-core-exe" in called.stderr
    refused = python(site, "-m", "harness", "gate")
    assert (refused.returncode, refused.stderr.count("\n")) == (3, 1)
    assert refused.stderr.startswith("parity: needs alembic, ")
    assert refused.stderr.endswith("; run: pip install 'doge-parity[harness]'\n")


def test_a_fault_of_the_command_itself_is_no_missing_extra(harness: Path) -> None:
    broken = "import sys; sys.modules['harness.cli.main'] = None; import harness.__main__ as it; it.main()"
    done = python(harness, "-c", broken)
    assert done.returncode == 1
    assert "ModuleNotFoundError" in done.stderr


def test_with_the_extra_the_command_works_without_a_checkout(harness: Path, tmp_path: Path) -> None:
    gate = python(harness, "-m", "harness", "gate", "--json")
    assert gate.returncode == 1, gate.stderr
    assert len(json.loads(gate.stdout)["criteria"]) > 20
    drawn = python(harness, "-m", "harness", "dashboard", "--out", str(tmp_path / "site"))
    assert drawn.returncode == 0, drawn.stderr
    executable = find_executable()
    assert executable is not None
    ran = python(
        harness, "-m", "harness", "run", "--subject", "reducer", "--sequences", "30", "--market-windows", "0", "--json",
        DOGE_CORE_EXE=str(executable),
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["divergent_cases"] == 0
