"""Digests of the files that a shadow compares."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path

# The names of the two digests.
REFERENCE, CANDIDATE = "reference", "candidate"


def identity_of(reference: Iterable[Path], candidate: Iterable[Path]) -> dict[str, str]:
    """Return the SHA-256 of the reference's files and of the candidate's, by name; a candidate without files has none."""
    digests = {REFERENCE: digest_of(sorted(reference))}
    files = sorted(candidate)
    return {**digests, CANDIDATE: digest_of(files)} if files else digests


def digest_of(files: Iterable[Path]) -> str:
    """Return the SHA-256 of files, names and contents, in the order given. A file that cannot be read is left out."""
    whole = hashlib.sha256()
    for path in files:
        with contextlib.suppress(OSError):
            whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()


def package_files(name: str) -> list[Path]:
    """Return the modules of a top-level package, Python's and compiled ones, without importing it; none if there is none."""
    spec = _spec_of(name)
    folders = [] if spec is None else list(spec.submodule_search_locations or ())
    suffixes = (".py", *EXTENSION_SUFFIXES)
    return [path for folder in folders for path in sorted(Path(folder).iterdir()) if path.name.endswith(suffixes)]


def _spec_of(name: str) -> ModuleSpec | None:
    """Find a package as a fresh interpreter would: what is imported here under its name does not count."""
    try:
        # The second finder is for installed packages whose place only a hook knows.
        return PathFinder.find_spec(name) or find_spec(name)
    except (ImportError, ValueError):
        return None
