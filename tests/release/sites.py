"""Folders as `pip` would fill them, without the network: a wheel, and links to the distributions that it asks for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from harness import ROOT

DISTRIBUTION = "doge-parity"


# What an earlier build left in a checkout must not get in.
ABOUT = ("pyproject.toml", "README.md", "LICENSE")
ADAPTERS = ("doge_core", "doge_detector", "doge_shadow", "doge_telemetry", "reducer", "detector")
INSTALLED = (*ADAPTERS, "generators", "golden", "harness", "state_machine.py", "hmm_regime_detector.py")


def wheel_of(folder: Path, epoch: str = "1700000000") -> Path:
    """The wheel of this checkout's Python half, built in a copy."""
    sources = folder / "sources"
    sources.mkdir(parents=True)
    for name in (*ABOUT, *INSTALLED):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, sources / name)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, sources]
    environment = os.environ | {"SOURCE_DATE_EPOCH": epoch}
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=300)
    [wheel] = folder.glob("*.whl")
    return wheel


def installed(wheel: Path, folder: Path, *, extra: str = "") -> Path:
    """The wheel and everything that it asks for, alone in a folder."""
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
        [about] = [name for name in packed.namelist() if name.endswith(".dist-info/METADATA")]
        asked = metadata.PathDistribution(folder / Path(about).parent).requires or []
    for name in sorted(closure(asked, extra)):
        _link(metadata.distribution(name), folder)
    return folder


def closure(asked: list[str], extra: str) -> set[str]:
    """The names of all distributions that these requirements lead to."""
    found: set[str] = set()
    waiting = list(_wanted(asked, extra))
    while waiting:
        name, extras = waiting.pop()
        if name in found:
            continue
        found.add(name)
        requires = metadata.distribution(name).requires or []
        for each in ("", *extras):
            waiting += _wanted(requires, each)
    return found


def _wanted(requires: list[str], extra: str) -> Iterator[tuple[str, set[str]]]:
    for text in requires:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield re.sub(r"[-_.]+", "-", requirement.name).lower(), requirement.extras


def _link(distribution: metadata.Distribution, folder: Path) -> None:
    for top in {file.parts[0] for file in distribution.files or [] if ".." not in file.parts}:
        link = folder / top
        if not link.exists():
            link.symlink_to(Path(str(distribution.locate_file(top))))


def python(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run Python where that folder is all that there is, standing in an empty one."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("DOGE_", "PARITY_", "PYTHON"))}
    here = folder.parent / "empty"
    here.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-S", *words],
        env=clean | {"PYTHONPATH": str(folder), "PATH": "/nowhere"} | settings,
        cwd=here, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
