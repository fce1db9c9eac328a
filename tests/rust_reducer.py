"""The Rust reducer, an optional port, built as it is or with a bug planted in its source."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

CRATE = Path(__file__).parents[1] / "doge-core-rs"
NAME = "doge-core-rs"


class RustMissingError(Exception):
    """There is no cargo here."""


def built() -> Path:
    """Build the port without optimisation, which takes seconds, and return the executable. Raises `RustMissingError`."""
    return _built_in(CRATE, CRATE / "target")


def planted(folder: Path, module: str, right: str, wrong: str) -> Path:
    """Build a copy of the port in which one place of a module has been changed, and return its executable."""
    copy = folder / NAME
    shutil.copytree(CRATE, copy, ignore=shutil.ignore_patterns("target", "python"))
    path = copy / "src" / f"{module}.rs"
    text = path.read_text(encoding="utf-8")
    assert text.count(right) == 1, f"{path.name} has {text.count(right)} times: {right}"
    path.write_text(text.replace(right, wrong), encoding="utf-8")
    # What the copies depend on is compiled once.
    made = _built_in(copy, CRATE / "target" / "planted")
    return Path(shutil.copy(made, folder / f"planted-{NAME}"))


def _built_in(crate: Path, target: Path) -> Path:
    if shutil.which("cargo") is None:
        raise RustMissingError("cargo is not here; doge-core-rs needs Rust 1.83 or newer")
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target)}
    command = ["cargo", "build", "--locked", "--quiet", "--bin", NAME]
    done = subprocess.run(command, cwd=crate, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target / "debug" / NAME
