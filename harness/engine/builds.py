"""Hashes of everything that decides about cases and verdicts: batches of different builds do not add up to a run."""

from __future__ import annotations

import hashlib
import shlex
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

from generators.errors import ParityError
from harness import ROOT
from harness.engine.plan import FuzzPlan
from harness.subjects.registry import subject_called

# What a batch imports of the harness itself; a test holds this list against what a batch really imports.
ENGINE = (
    "harness/*.py", "harness/comparators/*.py", "harness/engine/*.py", "harness/fuzz/*.py", "harness/store/*.py",
    "harness/subjects/*.py", "generators/*.py", "generators/candles/*.py",
)  # fmt: skip


class OtherBuildError(ParityError):
    """A batch would be run by other sources or ports than its run. The message says which."""


def builds_of(plan: FuzzPlan) -> dict[str, str]:
    """A hash for each role of sources, and for each port."""
    files = plan.about().port_files(plan.candidates)
    if not plan.candidates:
        # A night asks some of the built-in ports only; the others may change meanwhile.
        files = {name: files[name] for name in plan.about().defaults.night_ports if name in files}
    return _sources(plan.subject) | {f"port {name}": hash_of(paths) for name, paths in files.items()}


def differing_builds(plan: FuzzPlan, builds: Mapping[str, str]) -> list[str]:
    """The names of all that is not here, or not the same as in `builds`."""
    now = builds_of(plan)
    return sorted(name for name in {*now, *builds} if now.get(name) != builds.get(name))


@lru_cache
def _sources(subject: str) -> dict[str, str]:
    """Hashes by role. A process keeps what it has imported, so it looks once."""
    files = {"engine": files_of(ENGINE), **subject_called(subject).sources()}
    return {role: hash_of(paths, read=_first_read) for role, paths in files.items()}


@cache
def _first_read(path: Path) -> bytes:
    """A source's bytes when this process first looked: a later subject must not be told of newer ones than were imported."""
    return path.read_bytes()


def files_of(patterns: Sequence[str]) -> list[Path]:
    """The files of this checkout that match."""
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def command_files(text: str) -> list[Path]:
    """The files that a command line names, its program by the PATH too."""
    command = shlex.split(text)
    parts = [shutil.which(command[0]) or command[0], *command[1:]] if command else []
    return [Path(part) for part in parts if Path(part).is_file()]


def module_files(name: str) -> list[Path]:
    """The files of a module, or of the whole package that it is."""
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        return []
    origin = Path(spec.origin)
    return sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]


def older_than_sources(built: Path, root: Path, patterns: Sequence[str], *, build: str = "build") -> str | None:
    """A sentence on a built file whose sources below `root` are others now than when it was built; None where they are not.

    The build leaves a record beside the file: SHA-256 and name of the file and of every source, a line each, as `sha256sum`
    writes them. Without a record, or with one of another file, nothing is known, and so nothing is said. Times of files do not
    count, because a checkout changes them.
    """
    try:
        lines = built.with_name(f"{built.name}.sources").read_text(encoding="utf-8", errors="replace").splitlines()
        recorded = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
        now = {path: _sha256(path) for path in (built, *(path for pattern in patterns for path in root.glob(pattern)))}
    except OSError:
        return None
    here = {path.relative_to(root).as_posix(): digest for path, digest in now.items()}
    name = built.relative_to(root).as_posix()
    if len(here) == 1 or recorded.get(name) != here[name]:
        return None
    changed = sorted(each for each in {*here, *recorded} if here.get(each) != recorded.get(each))
    if not changed:
        return None
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    return f"{built} is older than {changed[0]}{more}; run {root / build}"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hash_of(files: Iterable[Path], *, read: Callable[[Path], bytes] = Path.read_bytes) -> str:
    """One short hash over names and contents."""
    whole = hashlib.sha256()
    for path in files:
        whole.update(path.name.encode() + b"\0" + read(path) + b"\0")
    return whole.hexdigest()[:16]
