"""A copy of a compiled port, in which one bug after the other is built by the port's own script."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from harness.mutants.compiled import CompiledBug

ROOT = Path(__file__).resolve().parents[2]
BUILD_SEC = 900.0


class MissingError(Exception):
    """The port cannot be built here; the message says why, and what to do."""


class BuildError(Exception):
    """A bug does not compile, where the port itself does; the message is the last line that was said of it."""


@dataclass(frozen=True, kw_only=True)
class Trade:
    """How a port is built: its folder, the tools that have to be there, what need not be copied, and what comes out.

    `settings` are environment variables whose values are folders of the copy.
    """

    folder: str
    tools: Sequence[str]
    left_out: Sequence[str]
    arguments: Sequence[str]
    product: str
    settings: Mapping[str, str] = field(default_factory=dict)


TRADES: Mapping[str, Trade] = {
    # Only behaviour counts, so there is no optimisation. A finished build would be of no use: GHC compiles everything again
    # once the folder has another name, which is among the flags that it remembers.
    "haskell": Trade(
        folder="doge-core",
        tools=("ghc", "cabal"),
        left_out=("dist-newstyle", "bin", ".cabal-home"),
        arguments=("--ghc-options=-O0",),
        product="bin/doge-core-exe",
        settings={"CABAL_DIR": ".cabal-home"},
    ),
    # The finished build comes along, so that cargo compiles the crate alone and not what it depends on.
    "rust": Trade(
        folder="doge-hmm",
        tools=("cargo", "rustc"),
        left_out=("debug", "doc", "wheels", "incremental", "__pycache__"),
        arguments=("--offline",),
        product="python/doge_hmm/_native.abi3.so",
        settings={"CARGO_TARGET_DIR": "target"},
    ),
}


class Workshop:
    """A port's copy. `sound` is the port itself, built alike: what it does is no bug's doing."""

    def __init__(self, trade: Trade, folder: Path) -> None:
        self.trade = trade
        self.folder = folder
        self.sound = folder.with_name(f"{folder.name}-sound") / trade.product

    def build_sound(self) -> None:
        """Build the port as it is. Raises `MissingError`."""
        said = self._run()
        if said is not None:
            raise MissingError(f"{self.trade.folder} cannot be built here ({said}); run ./build.sh")
        top = Path(self.trade.product).parts[0]
        shutil.copytree(self.folder / top, self.folder.with_name(f"{self.folder.name}-sound") / top)

    def build(self, bug: CompiledBug) -> Path:
        """The port with a bug: its executable or its extension, until the next one is built. Raises `BuildError`."""
        path = self.folder / bug.file
        original = path.read_text(encoding="utf-8")
        path.write_text(bug.source(self.folder), encoding="utf-8")
        try:
            said = self._run()
        finally:
            path.write_text(original, encoding="utf-8")
        if said is not None:
            raise BuildError(said)
        return self.folder / self.trade.product

    def _run(self) -> str | None:
        """Run the port's script; the last line of what it said if it failed."""
        settings = {name: str(self.folder / value) for name, value in self.trade.settings.items()}
        try:
            done = subprocess.run(
                ["sh", "build", *self.trade.arguments],
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
        telling = [line for line in lines if "No space left" in line or "cannot create" in line.lower()]
        return [f"exit code {done.returncode}", *lines, *telling[:1]][-1]


@contextmanager
def workshop(trade: Trade, *, root: Path = ROOT) -> Iterator[Workshop]:
    """A workshop in which the port itself has been built; it is gone with the block. Raises `MissingError`."""
    origin = root / trade.folder
    if not (origin / "build").is_file():
        raise MissingError(f"{origin} is not there; check out the whole repository")
    for tool in trade.tools:
        if shutil.which(tool) is None:
            raise MissingError(f"{tool} is not on the PATH; run ./build.sh, which installs it")
    with ExitStack() as stack:
        try:
            made = stack.enter_context(TemporaryDirectory(prefix="doge-mutants-"))
            shop = Workshop(trade, Path(made) / trade.folder)
            shutil.copytree(origin, shop.folder, ignore=shutil.ignore_patterns(*trade.left_out), symlinks=True)
            shop.build_sound()
        except OSError as error:
            # A copy's error lists every file.
            said = error.strerror or str(error).rpartition("Errno")[2].strip(" ]')")
            raise MissingError(f"{trade.folder} cannot be copied to {gettempdir()} ({said}); set TMPDIR to a folder") from error
        yield shop
