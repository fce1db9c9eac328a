"""The detector's fixtures: recorded on one thread, and everything held to what was recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from golden.detector.cases import definitions
from golden.detector.corpus import (
    CONTRACT_FILE,
    FIXTURES_DIR,
    MANIFEST_FILE,
    SeriesDefinition,
    SeriesFixture,
    build_manifest,
    library_versions,
    read_fixtures,
    read_manifest,
    reference_hash,
    to_bytes,
)
from golden.manifest import ManifestError, sha256_of
from harness.comparators.divergence import Divergence
from harness.engine.golden import Problem
from harness.subjects.detector.asking.calls import answer
from harness.subjects.detector.contract import DetectorContract, load_detector_contract
from harness.subjects.detector.judging.hold import hold
from harness.subjects.detector.ports.isolation import Cage, GivenUp
from harness.subjects.detector.ports.modules import DetectorPort, Unnamed, python
from harness.subjects.detector.ports.threads import one_thread

RECORD = "`parity golden record --subject detector`"


def record(definition: SeriesDefinition, reference: DetectorPort) -> SeriesFixture:
    """What the reference answers to a definition."""
    return SeriesFixture(definition=definition, outcome=answer(reference, definition.case))


def record_detector(directory: Path = FIXTURES_DIR, manifest: Path = MANIFEST_FILE) -> int:
    """Write every fixture and the manifest, remove fixtures that have no definition, and return how many there are."""
    reference = python()
    reference.availability()
    with one_thread():
        files = {f"{definition.name}.json": to_bytes(record(definition, reference)) for definition in definitions()}
    directory.mkdir(parents=True, exist_ok=True)
    for path in directory.glob("*.json"):
        if path.name not in files:
            path.unlink()
    for name, data in files.items():
        (directory / name).write_bytes(data)
    manifest.write_text(json.dumps(build_manifest(files.items()), indent=1) + "\n", encoding="utf-8")
    return len(files)


def check_files(directory: Path = FIXTURES_DIR, manifest: Path = MANIFEST_FILE) -> Iterator[Problem]:
    """Files that are missing, extra or tampered with; another contract, reference or library."""
    try:
        recorded = read_manifest(manifest)
    except ManifestError as error:
        yield Problem(fixture="manifest", where=manifest.name, sentence=str(error).removeprefix(f"{manifest}: "))
        return
    now: dict[str, Any] = {
        "threads": 1,
        "contract_sha256": sha256_of(CONTRACT_FILE.read_bytes()),
        "reference_hash": reference_hash(),
    }
    for key, current in now.items():
        if recorded.get(key) != current:
            sentence = f"recorded under {recorded.get(key)}, but now it is {current}; run {RECORD} if that is meant"
            yield Problem(fixture="manifest", where=f"{manifest.name} $.{key}", sentence=sentence)
    for name, here in library_versions().items():
        there = recorded.get("libraries", {}).get(name)
        if there != here:
            sentence = f"recorded with {name} {there}, but here it is {here}; install what requirements.lock names"
            yield Problem(fixture="manifest", where=f"{manifest.name} $.libraries.{name}", sentence=sentence)
    yield from _check_hashes(recorded["fixtures"], directory)


def _check_hashes(expected: dict[str, str], directory: Path) -> Iterator[Problem]:
    there = {path.name: path for path in sorted(directory.iterdir())} if directory.is_dir() else {}
    for name, digest in expected.items():
        path = there.pop(name, None)
        where = f"{directory.name}/{name}"
        if path is None:
            yield Problem(fixture=name, where=where, sentence="is missing; restore it from git")
        elif not path.is_file() or sha256_of(path.read_bytes()) != digest:
            sentence = f"is not what the manifest says; restore it from git, or run {RECORD} if it is meant"
            yield Problem(fixture=name, where=where, sentence=sentence)
    for name in there:
        sentence = f"is not in the manifest; remove it, or define it in golden/detector/cases.py and run {RECORD}"
        yield Problem(fixture=name, where=f"{directory.name}/{name}", sentence=sentence)


def check_definitions(directory: Path = FIXTURES_DIR) -> Iterator[Problem]:
    """Fixtures whose case is not the defined one."""
    recorded = {fixture.name: fixture.definition for fixture in read_fixtures(directory)}
    for definition in definitions():
        there = recorded.get(definition.name)
        if there is None or there.case.to_json() != json.loads(json.dumps(definition.case.to_json())):
            sentence = f"is not the case that golden/detector/cases.py defines; run {RECORD} if that is meant"
            yield Problem(fixture=definition.name, where=f"{directory.name}/{definition.name}.json", sentence=sentence)


def check_port(port: DetectorPort | Cage, fixtures: Sequence[SeriesFixture], contract: DetectorContract) -> Iterator[Problem]:
    """Where a port's answers are not the recorded ones, each within its tolerance."""
    for fixture in fixtures:
        found = first_divergence(port, fixture, contract)
        if found is not None:
            sentence = f"port {port.name} answers otherwise at {found.path}"
            yield Problem(fixture=fixture.name, where=found.path, sentence=sentence, divergence=found)


def first_divergence(port: DetectorPort | Cage, fixture: SeriesFixture, contract: DetectorContract) -> Divergence | None:
    """The first divergence of a port from a fixture, None at parity or where the port lacks a name."""
    try:
        verdict = hold(
            port,
            case=fixture.definition.case,
            reference=fixture.outcome,
            contract=contract,
            reference_port=python_port(),
            real=False,
        )
    except (Unnamed, GivenUp):
        return None
    return verdict.divergences[0] if verdict.divergences else None


def python_port() -> DetectorPort:
    """The reference, loaded."""
    port = python()
    port.availability()
    return port


def check_detector(ports: Sequence[DetectorPort | Cage]) -> list[Problem]:
    """Every problem of the committed fixtures, with the files first. Raises `FixtureError` and `ContractFileError`."""
    contract = load_detector_contract()
    problems = list(check_files())
    if problems:
        return problems
    problems += check_definitions()
    fixtures = read_fixtures()
    with one_thread():
        for port in ports:
            problems += check_port(port, fixtures, contract)
    return problems
