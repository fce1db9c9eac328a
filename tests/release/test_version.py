"""Every place that has a version has the same one, and a tag that is another one is refused."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from harness import ROOT

PLACES = ("pyproject.toml", "doge-core/wheel/pyproject.toml", "doge-hmm/Cargo.toml", "doge-core/doge-core.cabal")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in (*PLACES, ".ci/version"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def said(folder: Path, *tag: str) -> tuple[int, str, str]:
    done = subprocess.run([folder / ".ci" / "version", *tag], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip(), done.stderr


def test_all_are_the_same_and_a_tag_is_held_against_them(copy: Path) -> None:
    code, version, _ = said(ROOT)
    assert code == 0
    assert said(copy, f"v{version}") == (0, version, "")
    code, _, error = said(copy, "v9.9.9")
    assert code == 1
    assert "v9.9.9 is not the version of every place" in error


@pytest.mark.parametrize("place", PLACES)
def test_a_place_that_was_forgotten_is_named(place: str, copy: Path) -> None:
    version = said(copy)[1]
    path = copy / place
    path.write_text(path.read_text(encoding="utf-8").replace(version, "9.9.9", 1), encoding="utf-8")
    code, _, error = said(copy, f"v{version}")
    assert code == 1
    assert f"9.9.9 {place}" in error
