"""The scripts that jobs call, with stand-ins for what takes long: what they are given, leave behind and must not touch."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from harness import ROOT
from tests.processes import begin_process

CI = ROOT / ".ci"
# Where `.ci/release` builds.
PLACE = Path("/tmp/doge-parity-release")


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def ran(*words: str | Path, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*words], cwd=folder, env=os.environ | settings, capture_output=True, text=True, check=False, timeout=120
    )


def repository(folder: Path, *names: str) -> Path:
    """A checkout with these scripts of this one."""
    folder.mkdir()
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "all"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


@pytest.fixture
def place() -> Path:
    if PLACE.exists():
        pytest.fail(f"{PLACE} is there: another release is being built, or one was killed")
    return PLACE


@pytest.mark.parametrize("way", ["./mine", "{here}/mine"])
def test_a_release_takes_a_python_by_a_path_of_either_kind(way: str, tmp_path: Path, place: Path) -> None:
    script(tmp_path / "mine", f'echo "$@" >{tmp_path}/called; exit 7')
    done = ran(CI / "release", "out", way.format(here=tmp_path), folder=tmp_path)
    assert done.returncode == 7, done.stderr
    assert (tmp_path / "called").read_text(encoding="utf-8").startswith("-m venv ")
    assert not place.exists()


def test_a_release_is_refused_before_it_leaves_anything(tmp_path: Path, place: Path) -> None:
    done = ran(CI / "release", "out", "no-such-python", folder=tmp_path)
    assert (done.returncode, done.stderr) == (2, "release: no-such-python is no Python\n")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    done = ran(CI / "release", "full", folder=tmp_path)
    assert done.returncode == 2
    assert "name an empty folder" in done.stderr
    assert not place.exists()


def test_a_release_that_is_ended_leaves_room_for_the_next_and_two_at_once_are_refused(tmp_path: Path, place: Path) -> None:
    script(tmp_path / "mine", f"touch {tmp_path}/begun; exec sleep 30")
    first = begin_process(
        [CI / "release", "out", "./mine"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    until = time.monotonic() + 60.0
    while not (tmp_path / "begun").exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    second = ran(CI / "release", "other", "./mine", folder=tmp_path)
    assert (second.returncode, second.stderr.count("\n")) == (3, 1)
    assert place.exists()
    os.killpg(first.pid, signal.SIGTERM)
    assert first.wait(30.0) == 143
    assert not place.exists()


def test_nothing_of_the_caller_s_environment_stands_in_for_what_is_installed(tmp_path: Path) -> None:
    script(tmp_path / "mine", f"env >{tmp_path}/environment; exit 7")
    (tmp_path / "dist").mkdir()
    theirs = {"PYTHONPATH": str(ROOT), "PYTHONHOME": "/x", "DOGE_CORE_EXE": "/x", "PARITY_LEDGER": "sqlite:///x", "KEPT": "1"}
    done = ran(CI / "installed", "dist", "./mine", folder=tmp_path, **theirs)
    assert done.returncode == 7, done.stderr
    names = {line.partition("=")[0] for line in (tmp_path / "environment").read_text(encoding="utf-8").splitlines()}
    assert names & theirs.keys() == {"KEPT"}


# A machine in a folder: the command runs in its clone, and nothing else is done.
STAND_IN = """
[ "$1" = run ] || exit 9
machine=$2
shift 2
[ "$1" = sh ] || exit 0
shift 4
cd "$machine/src" && exec "$@"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    found = repository(tmp_path / "checkout", ".ci/bare")
    script(found / ".ci" / "root", STAND_IN)
    (found / ".cache" / "debian-12" / "usr/local/share/ca-certificates").mkdir(parents=True)
    return found


LEAVE = "mkdir -p reports; echo theirs >reports/ledger.sqlite; echo find >reports/repro.json"


def test_what_a_bare_machine_found_comes_back(checkout: Path) -> None:
    assert ran(".ci/bare", "sh", "-c", LEAVE, folder=checkout).returncode == 0
    assert sorted(path.name for path in (checkout / "reports").iterdir()) == ["ledger.sqlite", "repro.json"]
    assert [path.name for path in (checkout / ".cache").iterdir()] == ["debian-12"]


def test_a_ledger_that_is_here_already_stays(checkout: Path) -> None:
    (checkout / "reports").mkdir()
    (checkout / "reports" / "ledger.sqlite").write_text("ours", encoding="utf-8")
    done = ran(".ci/bare", "sh", "-c", f"{LEAVE}; exit 1", folder=checkout)
    assert done.returncode == 1
    assert (checkout / "reports" / "ledger.sqlite").read_text(encoding="utf-8") == "ours"
    [aside] = (checkout / "reports").glob("bare-*/ledger.sqlite")
    assert aside.read_text(encoding="utf-8") == "theirs\n"
    assert str(aside.parent.name) in done.stderr
    assert (checkout / "reports" / "repro.json").exists()
