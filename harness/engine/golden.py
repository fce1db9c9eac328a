"""Fixtures against everything: their manifest, their definitions, and every port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from generators.plain import Json
from golden.manifest import ManifestError, read_manifest, sha256_of, write_manifest
from harness.panel import Panel
from harness.subject import Golden, Problem

# One level down in a manifest, values are compared one by one: libraries by their names.
ABSENT_KEY = "nothing"


def record_all(golden: Golden[Any]) -> int:
    """Write every fixture and the manifest, remove fixtures that have no definition, and return how many there are."""
    files = {f"{definition.name}.json": golden.record(definition) for definition in golden.definitions()}
    fixtures = golden.folder / "fixtures"
    fixtures.mkdir(parents=True, exist_ok=True)
    for path in fixtures.glob("*.json"):
        if path.name not in files:
            path.unlink()
    for name, data in files.items():
        (fixtures / name).write_bytes(data)
    hashes = {name: sha256_of(data) for name, data in sorted(files.items())}
    write_manifest({**golden.recorded_under(), "fixtures": hashes}, golden.folder / "manifest.json")
    return len(files)


def check_files(golden: Golden[Any]) -> Iterator[Problem]:
    """Files that are missing, extra or edited, and a manifest of another contract, reference or library."""
    path = golden.folder / "manifest.json"
    try:
        manifest = read_manifest(path)
    except ManifestError as error:
        yield Problem(fixture="manifest", where=path.name, sentence=str(error).removeprefix(f"{path}: "))
        return
    of_contract = list(golden.check_contract(manifest))
    yield from of_contract
    yield from _check_recorded_under(golden, manifest, path, but_contract=bool(of_contract))
    yield from _check_hashes(manifest["fixtures"], golden.folder)


def _check_recorded_under(golden: Golden[Any], manifest: Json, path: Path, *, but_contract: bool) -> Iterator[Problem]:
    for key, recorded, now in _flat(manifest, golden.recorded_under()):
        # The contract's own check has named the place already.
        if recorded != now and not (but_contract and key.startswith(("contract_sha256", "contract_sections"))):
            sentence = f"recorded under {recorded}, but now it is {now}; {golden.remedy(key)}"
            yield Problem(fixture="manifest", where=f"{path.name} $.{key}", sentence=sentence)


def _flat(manifest: Json, now: Json) -> Iterator[tuple[str, Any, Any]]:
    for key, value in now.items():
        recorded = manifest.get(key, ABSENT_KEY)
        if isinstance(value, dict) and isinstance(recorded, dict):
            yield from ((f"{key}.{name}", recorded.get(name, ABSENT_KEY), each) for name, each in value.items())
        else:
            yield key, recorded, value


def _check_hashes(expected: Mapping[str, str], folder: Path) -> Iterator[Problem]:
    directory, subject = folder / "fixtures", folder.name
    again = f"`parity golden record --subject {subject}`"
    there = {path.name: path for path in sorted(directory.iterdir())} if directory.is_dir() else {}
    for name, digest in expected.items():
        path = there.pop(name, None)
        where = f"{directory.name}/{name}"
        if path is None:
            yield Problem(fixture=name, where=where, sentence="is missing; restore it from git")
        elif not path.is_file() or sha256_of(path.read_bytes()) != digest:
            sentence = f"is not what the manifest says; restore it from git, or run {again} if that is meant"
            yield Problem(fixture=name, where=where, sentence=sentence)
    for name in there:
        sentence = f"is not in the manifest; remove it, or define it in golden/{subject} and run {again}"
        yield Problem(fixture=name, where=f"{directory.name}/{name}", sentence=sentence)


def check_definitions(golden: Golden[Any]) -> Iterator[Problem]:
    """Fixtures that are not what their definitions would give now."""
    directory = golden.folder / "fixtures"
    for definition in golden.definitions():
        path = directory / f"{definition.name}.json"
        found = golden.redefined(definition, path.read_bytes() if path.is_file() else b"")
        if found is not None:
            sentence, divergence = found
            yield Problem(
                fixture=definition.name, where=f"{directory.name}/{path.name}", sentence=sentence, divergence=divergence
            )


def check_port(golden: Golden[Any], panel: Panel[Any], port: str, fixtures: Sequence[Any]) -> Iterator[Problem]:
    """The first place in each fixture where a port's answers are not the recorded ones."""
    for fixture in fixtures:
        found = golden.first_divergence(panel, port, fixture)
        if found is not None:
            sentence = f"port {port} answers otherwise at {found.path}"
            yield Problem(fixture=fixture.name, where=found.path, sentence=sentence, divergence=found)


def check_all(golden: Golden[Any], panel: Panel[Any], ports: Sequence[str]) -> list[Problem]:
    """Every problem of the committed fixtures, with the files first. Raises `FixtureError`."""
    problems = list(check_files(golden))
    if problems:
        # Recorded answers that are not the recorded ones can convict nobody.
        return problems
    problems += check_definitions(golden)
    fixtures = golden.read(golden.folder / "fixtures")
    for port in ports:
        problems += check_port(golden, panel, port, fixtures)
    return problems
