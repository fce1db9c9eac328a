"""The wheel with the Haskell executable: it runs wherever it is installed, and is the same whenever it is built."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from harness import ROOT

BUILD = ROOT / "doge-core" / "wheel" / "build"
ADAPTER = ("doge_core", "doge_shadow", "doge_telemetry", "reducer", "state_machine.py")
EPOCH = "1700000000"
CALL = """
import doge_core as sm
state = sm.PairState(market_price=0.1, now=1.0)
sm.transition(state, sm.PriceTick(0.11, 2.0), sm.EngineConfig(), 2.0)
print(sm.status()["backend"], sm.status()["executable"])
"""


def built(folder: Path) -> Path:
    environment = os.environ | {"SOURCE_DATE_EPOCH": EPOCH}
    done = subprocess.run(
        [BUILD, folder, sys.executable], env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("wheel"))


def installed(wheel: Path, folder: Path) -> Path:
    """The adapter alone, with the wheel beside it, as `pip` lays them out; nothing of the checkout."""
    for name in ADAPTER:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(exist_ok=True)
            shutil.copy(source, folder / name)
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", folder, wheel], check=True
    )
    return folder


def asked(folder: Path, **settings: str) -> str:
    """Which backend answered in a process that finds its modules in the folder."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DOGE_")}
    done = subprocess.run(
        [sys.executable, "-c", CALL],
        env=clean | {"PYTHONPATH": str(folder), "PATH": "/nowhere"} | settings,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_haskell_answers_where_the_wheel_is_installed_and_python_where_it_is_not(wheel: Path, tmp_path: Path) -> None:
    folder = installed(wheel, tmp_path / "site")
    executable = folder / "doge_core_exe" / "doge-core-exe"
    assert asked(folder) == f"haskell {executable}"
    assert asked(folder, DOGE_CORE_BACKEND="python") == "python None"
    # An installation that lost its executable boots on Python.
    executable.unlink()
    assert asked(folder) == "python None"
    shutil.rmtree(folder / "doge_core_exe")
    assert asked(folder) == "python None"


def test_a_checkouts_executable_goes_before_an_installed_one(wheel: Path, tmp_path: Path) -> None:
    folder = installed(wheel, tmp_path / "site")
    own = folder / "doge-core" / "bin" / "doge-core-exe"
    own.parent.mkdir(parents=True)
    shutil.copy(folder / "doge_core_exe" / "doge-core-exe", own)
    assert asked(folder) == f"haskell {own}"


def test_the_executable_needs_no_library(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extract("doge_core_exe/doge-core-exe", tmp_path)
    told = subprocess.run(["ldd", tmp_path / "doge_core_exe" / "doge-core-exe"], capture_output=True, text=True, check=False)
    assert "not a dynamic executable" in told.stdout + told.stderr
    machine = os.uname().machine
    assert wheel.name.endswith(f"-py3-none-manylinux2014_{machine}.musllinux_1_1_{machine}.whl")


def test_the_same_sources_give_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    again = built(tmp_path / "again")
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(wheel.read_bytes()).digest()


def test_its_version_is_the_ports() -> None:
    project = tomllib.loads((ROOT / "doge-core" / "wheel" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    cabal = (ROOT / "doge-core" / "doge-core.cabal").read_text(encoding="utf-8")
    assert re.findall(r"^version: +(.*)$", cabal, re.MULTILINE) == [project["version"]]


def test_a_call_without_a_folder_or_with_no_python_is_refused(tmp_path: Path) -> None:
    for arguments, said in (
        (["dist"], "needs a folder for the wheel"),
        ([str(tmp_path), "/no/python"], "/no/python is no Python"),
    ):
        done = subprocess.run([BUILD, *arguments], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 2
        assert said in done.stderr


def test_the_licences_of_what_is_linked_in_are_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        held = {Path(name).stem for name in packed.namelist() if "/licenses/" in name}
        [gmp] = [packed.read(name).decode() for name in packed.namelist() if name.endswith("/libgmp-dev.txt")]
    assert held == {
        "doge-core", "gcc-12-base", "ghc", "libc6-dev", "libdouble-conversion-dev", "libffi-dev",
        "libghc-double-conversion-dev", "libgmp-dev",
    }  # fmt: skip
    assert "LGPL" in gmp
