"""A repro becomes a golden fixture: what was found once is asked of every port ever after."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from golden import promoted
from golden.manifest import read_manifest, sha256_of, write_manifest
from harness.engine.repro import Repro, ReproError
from harness.subject import Golden

_NAME = re.compile(r"[a-z][a-z0-9_]{2,59}")


def promote(repro: Repro, name: str) -> tuple[Path, Path]:
    """Define and record a fixture of a repro's case, with the reference's outcome; the definition's file and the fixture's.

    Raises `ReproError` for a name that is malformed or taken.
    """
    golden = check_name(repro, name)
    about = f"found by a run: port {repro.port} differed at {repro.divergence.get('path')}"
    definition = golden.define(repro.case, name, about)
    data = golden.record(definition)
    case = {**repro.case.to_json(), "metadata": {**repro.case.metadata, "source": "golden"}}
    defined = promoted.write_promoted(repro.subject.name, name, about, case, golden.promoted_dir or promoted.PROMOTED_DIR)
    fixture = golden.folder / "fixtures" / f"{name}.json"
    fixture.write_bytes(data)
    _enter(golden.folder / "manifest.json", fixture)
    return defined, fixture


def check_name(repro: Repro, name: str) -> Golden[Any]:
    """The fixtures that a name is free in. Raises `ReproError`."""
    golden = repro.subject.golden
    if golden is None:
        raise ReproError(f"--promote: the subject {repro.subject.name} has no fixtures; leave it out")
    if not _NAME.fullmatch(name):
        raise ReproError(f"--promote {name!r}: a fixture's name has 3 to 60 small letters, digits and underscores")
    if (golden.folder / "fixtures" / f"{name}.json").exists():
        raise ReproError(f"--promote {name}: there is such a fixture already; choose another name")
    return golden


def _enter(path: Path, fixture: Path) -> None:
    """Add one fixture to a manifest; what the others were recorded under stays as it is."""
    manifest = read_manifest(path)
    fixtures = {**manifest["fixtures"], fixture.name: sha256_of(fixture.read_bytes())}
    write_manifest({**manifest, "fixtures": dict(sorted(fixtures.items()))}, path)
