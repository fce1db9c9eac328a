"""The manifest: which fixtures there are, by hash, and under which contract and reference they were recorded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from reducer.contract import contract, contract_hash

ROOT = Path(__file__).resolve().parent.parent
MANIFEST_FILE = ROOT / "golden" / "reducer" / "manifest.json"
CONTRACT_FILE = ROOT / "golden" / "reducer" / "contract.json"
REFERENCE_FILES = ("state_machine.py", "reducer/*.py")


class ManifestError(ValueError):
    """The manifest cannot be read; the message says why."""


def sha256_of(data: bytes) -> str:
    """The SHA-256 of some bytes, as hex."""
    return hashlib.sha256(data).hexdigest()


def reference_hash(root: Path = ROOT) -> str:
    """One hash over the reference's files, by their names and contents."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in REFERENCE_FILES for path in root.glob(pattern)):
        digest.update(f"{path.relative_to(root).as_posix()} {sha256_of(path.read_bytes())}\n".encode())
    return digest.hexdigest()


def build_manifest(files: Iterable[tuple[str, bytes]], contract_file: Path = CONTRACT_FILE) -> dict[str, Any]:
    """The manifest of fixture files, given as names and contents, and of the contract's file."""
    written = contract_file.read_bytes()
    return {
        "contract_sha256": sha256_of(written),
        # The reference vouches for its own section; the others stand here, so that a change in them has a path.
        "contract_sections": {name: section for name, section in json.loads(written).items() if name != "reducer"},
        "contract_hash": contract_hash(contract()),
        "reference_hash": reference_hash(),
        "fixtures": {name: sha256_of(data) for name, data in sorted(files)},
    }


def write_manifest(manifest: dict[str, Any], path: Path = MANIFEST_FILE) -> None:
    """Write the manifest."""
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def read_manifest(path: Path = MANIFEST_FILE) -> dict[str, Any]:
    """Read the manifest. Raises `ManifestError`."""
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read ({error.strerror}); run `parity golden record`") from error
    except ValueError as error:
        raise ManifestError(f"{path}: is not JSON ({error}); restore it from git, or run `parity golden record`") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("fixtures"), dict):
        raise ManifestError(f"{path}: is no manifest; restore it from git, or run `parity golden record`")
    return manifest
