"""The manifest of a subject: hashes of its fixtures, and of the sources and libraries they were recorded with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from generators.errors import ParityError
from generators.plain import Json

ROOT = Path(__file__).resolve().parent.parent


class FixtureError(ParityError):
    """A fixture cannot be read; the message names the file and what is wrong with it."""


class ManifestError(ParityError):
    """The manifest cannot be read; the message says why."""


def sha256_of(data: bytes) -> str:
    """Return the SHA-256 of some bytes, as hex."""
    return hashlib.sha256(data).hexdigest()


def files_hash(patterns: Sequence[str], root: Path = ROOT) -> str:
    """Return one hash over the names and contents of all files below `root` that match the glob patterns."""
    paths = sorted(path for pattern in patterns for path in root.glob(pattern))
    return sha256_of(
        "".join(f"{path.relative_to(root).as_posix()} {sha256_of(path.read_bytes())}\n" for path in paths).encode()
    )


def write_manifest(manifest: Json, path: Path) -> None:
    """Write the manifest to `path` as indented JSON."""
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def read_manifest(path: Path) -> Json:
    """Read a manifest. Raises `ManifestError`."""
    remedy = f"restore it from git, or run `parity golden record --subject {path.parent.name}`"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read ({error.strerror}); {remedy}") from error
    except ValueError as error:
        raise ManifestError(f"{path}: is not JSON ({error}); {remedy}") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("fixtures"), dict):
        raise ManifestError(f"{path}: is not a manifest; {remedy}")
    return manifest
