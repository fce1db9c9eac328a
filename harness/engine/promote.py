"""A repro becomes a golden fixture: what was found once is asked of every port ever after."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from generators.detector.case import SeriesCase
from generators.reducer.case import Case
from golden import manifest, promoted
from golden.detector import corpus as detector_corpus
from golden.detector.corpus import SeriesDefinition
from golden.reducer import corpus
from golden.reducer.corpus import Definition
from harness.engine.repro import ReproError, read_document, read_repro
from harness.subjects.detector.golden import python_port
from harness.subjects.detector.golden import record as record_series
from harness.subjects.detector.ports.threads import one_thread
from harness.subjects.detector.repro import read_detector_repro, subject_of

_NAME = re.compile(r"[a-z][a-z0-9_]{2,59}")


def promote(file: Path, name: str) -> tuple[Path, Path]:
    """Define and record a fixture of a repro's case, with the reference's outcome; the definition's file and the fixture's.

    Raises `ReproError` for a file that is no repro, and for a name that is none or is taken.
    """
    detector = subject_of(file) == "detector"
    case: Case | SeriesCase = read_detector_repro(file).case if detector else read_repro(file).case
    directory = detector_corpus.FIXTURES_DIR if detector else corpus.FIXTURES_DIR
    fixture = directory / f"{name}.json"
    check_name(file, name)
    case = replace(case, name=name, metadata={**case.metadata, "source": "golden"})
    about = _about(file)
    data = _recorded(case, about)
    subject = "detector" if detector else "reducer"
    defined = promoted.write_promoted(subject, name, about, case.to_json(), promoted.PROMOTED_DIR)
    fixture.write_bytes(data)
    _enter(detector_corpus.MANIFEST_FILE if detector else manifest.MANIFEST_FILE, fixture)
    return defined, fixture


def check_name(file: Path, name: str) -> None:
    """Whether a fixture of a repro may be called so. Raises `ReproError`."""
    directory = detector_corpus.FIXTURES_DIR if subject_of(file) == "detector" else corpus.FIXTURES_DIR
    if not _NAME.fullmatch(name):
        raise ReproError(f"--promote {name!r}: a fixture's name has 3 to 60 small letters, digits and underscores")
    if (directory / f"{name}.json").exists():
        raise ReproError(f"--promote {name}: there is such a fixture already; choose another name")


def _about(file: Path) -> str:
    document = read_document(file)
    return f"found by a run: port {document['port']} differed at {document['divergence'].get('path')}"


def _recorded(case: Case | SeriesCase, about: str) -> bytes:
    if isinstance(case, Case):
        return corpus.to_bytes(corpus.record(Definition(name=case.name, about=about, case=case)))
    with one_thread():
        return detector_corpus.to_bytes(record_series(SeriesDefinition(about=about, case=case), python_port()))


def _enter(path: Path, fixture: Path) -> None:
    """Add one fixture to a manifest; what the others were recorded under stays as it is."""
    recorded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    fixtures = {**recorded["fixtures"], fixture.name: manifest.sha256_of(fixture.read_bytes())}
    path.write_text(json.dumps({**recorded, "fixtures": dict(sorted(fixtures.items()))}, indent=1) + "\n", encoding="utf-8")
