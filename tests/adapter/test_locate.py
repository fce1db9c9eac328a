"""The executable that DOGE_CORE_EXE names is the one that runs, and the one that `status()` shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from doge_core.backend import Haskell
from doge_core.errors import ServerMissingError
from doge_core.locate import find_executable, require_executable
from doge_core.settings import Settings, read_settings
from harness import ROOT

NAME = "doge-core-exe"
CALL = """
import json, os, sys
import doge_core as sm
if len(sys.argv) > 1: os.chdir(sys.argv[1])
sm.transition(sm.PairState(0.1, 0.0), sm.TimerTick(1.0), sm.EngineConfig(), 2.0)
print(json.dumps(sm.status()))
"""


@pytest.fixture
def folders(tmp_path: Path, executable: Path) -> tuple[Path, Path]:
    """A folder with the executable, and one with another program of its name."""
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.mkdir()
    wrong.mkdir()
    (right / NAME).symlink_to(executable)
    (wrong / NAME).write_text(f"#!/bin/sh\necho called >> {wrong}/called\nexit 1\n")
    (wrong / NAME).chmod(0o755)
    return right, wrong


def called(named: str, path: Path, folder: Path, *arguments: str) -> dict[str, object]:
    """The status after one call of a bot that was started in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{path}:{os.environ['PATH']}", "DOGE_CORE_EXE": named}
    environment["DOGE_CORE_BACKEND"] = "haskell"
    done = subprocess.run(
        [sys.executable, "-c", CALL, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    status: dict[str, object] = json.loads(done.stdout)
    return status


@pytest.mark.parametrize("named", [f"./{NAME}", f"../right/{NAME}", f"{{right}}/{NAME}"])
def test_a_path_is_the_file_whatever_is_on_the_path(named: str, folders: tuple[Path, Path]) -> None:
    right, wrong = folders
    status = called(named.format(right=right), wrong, right)
    assert (status["executable"], status["fallbacks"]) == (str(right / NAME), {})
    assert status["calls"] == {"persistent": 1, "one-shot": 0, "python": 0}
    assert not (wrong / "called").exists()


def test_a_relative_path_is_relative_to_the_folder_of_the_start(folders: tuple[Path, Path]) -> None:
    right, wrong = folders
    status = called(f"./{NAME}", wrong, right, str(wrong))
    assert (status["executable"], status["fallbacks"]) == (str(right / NAME), {})


def test_a_bare_name_is_looked_up_on_the_path_and_not_here(folders: tuple[Path, Path]) -> None:
    right, wrong = folders
    status = called(NAME, right, wrong)
    assert (status["executable"], status["fallbacks"]) == (str(right / NAME), {})
    assert not (wrong / "called").exists()


def test_a_relative_folder_on_the_path_is_made_absolute(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    right, _ = folders
    monkeypatch.chdir(right)
    monkeypatch.setenv("PATH", ".")
    assert find_executable(NAME) == right / NAME


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (
            "./no-such",
            "{here}/no-such is not an executable file; build it with ./build.sh, install the wheel doge-core-exe, or name",
        ),
        ("no-such-program", "no-such-program was not found on PATH (a file of this folder is ./no-such-program); build it"),
    ],
)
def test_what_is_not_there_is_one_sentence(named: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ServerMissingError) as raised:
        require_executable(named)
    assert str(raised.value).startswith(said.format(here=tmp_path))


def test_settings_hold_an_absolute_path_or_a_bare_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/bot")
    assert read_settings({"DOGE_CORE_EXE": "./x"}).exe == str(tmp_path / "x")
    assert read_settings({"DOGE_CORE_EXE": "~/x"}).exe == "/home/bot/x"
    assert read_settings({"DOGE_CORE_EXE": "x"}).exe == "x"
    assert read_settings({"DOGE_CORE_EXE": ""}).exe is None


def test_status_shows_the_file_that_runs(executable: Path, tmp_path: Path) -> None:
    link = tmp_path / NAME
    link.symlink_to(executable)
    haskell = Haskell(Settings(backend="haskell", exe=str(link)))
    assert haskell.executable() == link
    haskell._persistent.live()
    link.unlink()
    assert haskell.executable() == link
    haskell.close()
    assert haskell.executable() is None
