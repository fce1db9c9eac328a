"""A built port that is older than its sources is named; times of files count for nothing."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from harness import ROOT
from harness.cli import recorded
from harness.cli.main import main
from harness.engine.builds import older_than_sources
from harness.subjects.registry import names, subject_called
from tests.gate.test_certificate import parity

# The script of each build below the port's folder, what it makes there, and a tool that stands in for its compiler.
BUILDS = {
    "doge-core/build": ("bin/doge-core-exe", "cabal"),
    "doge-core/inproc/build": ("bin/libdoge-core-inproc.so", "ghc"),
    "doge-hmm/build": ("python/doge_hmm/_native.abi3.so", "cargo"),
}
FAKE = """#!/bin/sh
case "$*" in *list-bin*) echo "$PWD/fake";; esac
echo built >"$PWD/fake"
mkdir -p target/release && echo built >target/release/libdoge_hmm.so
mkdir -p dist-newstyle/inproc && echo built >dist-newstyle/inproc/libdoge-core-inproc.so
"""


def built_in(folder: Path, build: str) -> Path:
    """A copy of a port, built by its own script with a stand-in for the compiler; the file that it made."""
    port = build.partition("/")[0]
    root, (built, tool) = folder / port, BUILDS[build]
    kept = subprocess.run(["git", "ls-files", port], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for name in kept:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((ROOT / name).read_bytes())
    (folder / build).chmod(0o755)
    tools = folder / "tools"
    tools.mkdir()
    (tools / tool).write_text(FAKE)
    (tools / tool).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    environment.pop("CARGO_TARGET_DIR", None)
    subprocess.run([folder / build], env=environment, check=True, capture_output=True)
    (root / built).chmod(0o755)
    return root / built


def patterns_of(build: str) -> Any:
    from harness.subjects.detector import subject as detector
    from harness.subjects.reducer import subject as reducer

    of = {
        "doge-core/build": reducer.BUILT_OF,
        "doge-core/inproc/build": reducer.LIBRARY_OF,
        "doge-hmm/build": detector.BUILT_OF,
    }
    return of[build]


@pytest.mark.parametrize("build", BUILDS)
def test_a_build_records_exactly_the_sources_that_are_looked_at(build: str, tmp_path: Path) -> None:
    built = built_in(tmp_path, build)
    port, _, script = build.partition("/")
    root, patterns = tmp_path / port, patterns_of(build)
    assert older_than_sources(built, root, patterns) is None
    # A checkout gives every file the time of the checkout.
    source = next(root.glob("src/**/*.*s"))
    os.utime(source, (time.time() + 1000.0,) * 2)
    assert older_than_sources(built, root, patterns) is None
    name, text = source.relative_to(root).as_posix(), source.read_bytes()
    source.write_bytes(text + b"\n")
    said = older_than_sources(built, root, patterns, build=script)
    assert said == f"{built} is older than {name}; run {tmp_path}/{build}"
    (root / "src" / f"New{source.suffix}").write_text("")
    said = older_than_sources(built, root, patterns)
    assert said is not None
    assert " and 1 more; run " in said
    source.write_bytes(text)
    (root / "src" / f"New{source.suffix}").unlink()
    assert older_than_sources(built, root, patterns) is None
    source.unlink()
    assert f"older than {name};" in str(older_than_sources(built, root, patterns))


def test_nothing_is_said_where_nothing_is_known(tmp_path: Path) -> None:
    built, source = tmp_path / "bin" / "exe", tmp_path / "src" / "a.rs"
    for path in (built, source):
        path.parent.mkdir()
        path.write_text("x")

    def look() -> str | None:
        return older_than_sources(built, tmp_path, ("src/*.rs",))

    assert look() is None
    digest = hashlib.sha256(b"x").hexdigest()
    record = built.with_name("exe.sources")
    record.write_text(f"{digest}  bin/exe\n{'0' * 64}  src/a.rs\n")
    assert look() == f"{built} is older than src/a.rs; run {tmp_path}/build"
    record.write_text(f"{'1' * 64}  bin/exe\n{'0' * 64}  src/a.rs\n")
    assert look() is None, "the record is of another executable"
    record.write_bytes(b"\xff\x00 nonsense")
    assert look() is None
    record.write_text(f"{digest}  bin/exe\n{digest}  src/a.rs\n")
    source.unlink()
    assert look() is None, "an executable that was installed has no sources beside it"


def test_doctor_says_it_and_a_command_warns_of_it_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    about = subject_called(names()[0])
    monkeypatch.setattr(type(about), "outdated", lambda _self: {"haskell": "exe is older than a.hs; run build"})
    _, out, _ = parity(capsys, "doctor", "--subject", about.name)
    assert "OLDER: haskell: exe is older than a.hs; run build\n" in out
    _, out, _ = parity(capsys, "doctor", "--subject", about.name, "--json")
    assert '"older": "exe is older than a.hs; run build"' in out
    recorded.warn.cache_clear()
    with pytest.raises(SystemExit):
        main(["golden", "verify", "--subject", about.name, "--ledger", f"sqlite:///{tmp_path / 'l.sqlite'}"])
    assert capsys.readouterr().err.count("parity: warning: haskell: exe is older than a.hs; run build\n") == 1


def test_looking_costs_next_to_nothing() -> None:
    for name in names():
        subject_called(name).outdated()
        began = time.perf_counter()
        subject_called(name).outdated()
        assert time.perf_counter() - began < 0.25
