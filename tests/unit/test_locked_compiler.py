"""What `doge-core/locked` says where it cannot do its work; `tox -e haskell-locked` does the work itself."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

from harness import ROOT

LOCKED = ROOT / "doge-core" / "locked"


def locked(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LOCKED, *arguments], env=os.environ | environment, capture_output=True, text=True, check=False, timeout=60
    )


def stand_ins(folder: Path, **scripts: str) -> Path:
    """A folder with programs that do what their scripts say."""
    folder.mkdir()
    for name, does in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{does}\n")
        (folder / name).chmod(0o755)
    return folder


def test_a_job_that_it_does_not_have_is_refused() -> None:
    for arguments in ((), ("bild",)):
        done = locked(*arguments)
        assert done.returncode == 2
        assert done.stderr == f"locked: unknown job {''.join(arguments)}; known: build, check, exe\n"


def test_an_executable_that_nobody_built_is_missing(tmp_path: Path) -> None:
    done = locked("exe", "--server", DOGE_LOCKED_ROOT=str(tmp_path))
    assert (done.returncode, done.stderr) == (3, "locked: nothing is built; run doge-core/locked build\n")


def test_a_machine_without_debootstrap_is_told_what_to_install(tmp_path: Path) -> None:
    tools = stand_ins(tmp_path / "bin", id="echo ${DOGE_TEST_UID}")
    for name in ("sh", "dirname", "printf", "rm", "mkdir"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    for uid, said in (("1000", "needs root; run it with sudo"), ("0", "needs debootstrap; run: apt-get install debootstrap")):
        done = locked("build", PATH=str(tools), DOGE_LOCKED_ROOT=str(tmp_path / "root"), DOGE_TEST_UID=uid)
        assert (done.returncode, done.stderr) == (3, f"root: {said}\n")
        assert not (tmp_path / "root").exists()


def test_a_mirror_with_another_compiler_is_named(tmp_path: Path) -> None:
    """Every tool that it calls is a stand-in here; GHC's says another version."""
    calls = tmp_path / "calls"
    tools = stand_ins(
        tmp_path / "bin",
        debootstrap=f'echo "$@" >>{shlex.quote(str(calls))}; mkdir -p "$3/etc"',
        unshare='case "$*" in *"ghc --numeric-version") echo 9.12.1;; esac',
        id="echo 0",
    )
    root = tmp_path / "root"
    done = locked(
        "build",
        PATH=f"{tools}:{os.environ['PATH']}",
        DOGE_LOCKED_ROOT=str(root),
        DOGE_DEBIAN_MIRROR="http://mirror.invalid/debian",
    )
    said = f"locked: {root} has GHC 9.12.1, not 9.10.3; remove it, and name a mirror of another day with DOGE_DEBIAN_MIRROR\n"
    assert (done.returncode, done.stderr) == (3, said)
    assert "http://mirror.invalid/debian" in calls.read_text()


def test_a_root_that_is_half_made_is_none(tmp_path: Path) -> None:
    tools = stand_ins(tmp_path / "bin", debootstrap='mkdir -p "$3/etc"', unshare="exit 100", id="echo 0")
    done = locked("build", PATH=f"{tools}:{os.environ['PATH']}", DOGE_LOCKED_ROOT=str(tmp_path / "root"))
    assert done.returncode == 100
    assert not (tmp_path / "root").exists()


def test_the_bounds_name_the_compilers_that_are_tested() -> None:
    cabal = (ROOT / "doge-core" / "doge-core.cabal").read_text(encoding="utf-8")
    [tested] = re.findall(r"^tested-with: +(.*)$", cabal, re.MULTILINE)
    assert tested == "GHC ==9.0.2 || ==9.10.3"
    assert "VERSION=9.10.3\n" in LOCKED.read_text(encoding="utf-8")
