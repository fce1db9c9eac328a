"""A sandbox: a copy of a compiled port, in which the port's own script builds one bug after another."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from generators.errors import ParityError
from harness import ROOT
from harness.mutants.compiled import CompiledBug

BUILD_SEC = 900.0


class MissingToolError(ParityError):
    """The port cannot be built here; the message says why, and how to fix it."""


class BuildError(ParityError):
    """A port does not compile with a bug; the message is the last line of the output."""


@dataclass(frozen=True, kw_only=True)
class Toolchain:
    """The build of a port: required `tools`, patterns of files that are not copied (`left_out`), and the product's path.

    `bugs` are those that can be built into it. `settings` are environment variables whose values are folders of the copy.
    """

    language: str
    folder: str
    bugs: Sequence[CompiledBug]
    tools: Sequence[str]
    left_out: Sequence[str]
    arguments: Sequence[str]
    product: str
    settings: Mapping[str, str] = field(default_factory=dict)


class BuildSandbox:
    """A copy of a port. `baseline` is the port without a bug, built alike; divergences that it shows are ignored."""

    def __init__(self, toolchain: Toolchain, folder: Path) -> None:
        self.toolchain = toolchain
        self.folder = folder
        self.baseline = folder.with_name(f"{folder.name}-baseline") / toolchain.product

    def build_baseline(self) -> None:
        """Build the port without a bug. Raises `MissingToolError`."""
        said = self._run()
        if said is not None:
            raise MissingToolError(f"{self.toolchain.folder} cannot be built here ({said}); run ./build.sh")
        top = Path(self.toolchain.product).parts[0]
        shutil.copytree(self.folder / top, self.folder.with_name(f"{self.folder.name}-baseline") / top)

    def build(self, bug: CompiledBug) -> Path:
        """Build the port with a bug; return the product, which the next build replaces. Raises `BuildError`."""
        path = self.folder / bug.file
        original = path.read_text(encoding="utf-8")
        path.write_text(bug.source(self.folder), encoding="utf-8")
        try:
            said = self._run()
        finally:
            path.write_text(original, encoding="utf-8")
        if said is not None:
            raise BuildError(said)
        return self.folder / self.toolchain.product

    def _run(self) -> str | None:
        """Run the port's script; return the last line of its output if it failed, otherwise None."""
        settings = {name: str(self.folder / value) for name, value in self.toolchain.settings.items()}
        try:
            done = subprocess.run(
                ["sh", "build", *self.toolchain.arguments],
                cwd=self.folder,
                env={**os.environ, **settings},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=BUILD_SEC,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"not done within {BUILD_SEC:g} s"
        if done.returncode == 0:
            return None
        lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        return why_of(done.returncode, lines)


def why_of(exit_code: int, lines: Sequence[str]) -> str:
    """Return why a build failed, by the lines that it printed: the last one, unless one tells of a full disk."""
    full = next((line for line in lines if "No space left" in line), None)
    if full is not None:
        return (
            f"the disk that {gettempdir()} is on is full ({full}); free some space, or set TMPDIR to a folder on another disk"
        )
    telling = [line for line in lines if "cannot create" in line.lower()]
    return [f"exit code {exit_code}", *lines, *telling[:1]][-1]


@contextmanager
def sandbox(toolchain: Toolchain, *, root: Path = ROOT) -> Iterator[BuildSandbox]:
    """Open a sandbox with the baseline built; it is deleted after the block. Raises `MissingToolError`."""
    origin = root / toolchain.folder
    if not (origin / "build").is_file():
        raise MissingToolError(f"{origin} is not there; check out the whole repository")
    for tool in toolchain.tools:
        if shutil.which(tool) is None:
            raise MissingToolError(f"{tool} is not on the PATH; run ./build.sh, which installs it")
    with ExitStack() as stack:
        try:
            made = stack.enter_context(TemporaryDirectory(prefix="parity-mutants-"))
            box = BuildSandbox(toolchain, Path(made) / toolchain.folder)
            shutil.copytree(origin, box.folder, ignore=shutil.ignore_patterns(*toolchain.left_out), symlinks=True)
            box.build_baseline()
        except OSError as error:
            # The error of a copy lists every file.
            said = error.strerror or str(error).rpartition("Errno")[2].strip(" ]')")
            raise MissingToolError(
                f"{toolchain.folder} cannot be copied to {gettempdir()} ({said}); set TMPDIR to a folder"
            ) from error
        yield box
