"""Fixtures against everything: their manifest, their definitions, and every port."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generators.reducer.case import Case
from golden.manifest import (
    CONTRACT_FILE,
    MANIFEST_FILE,
    ManifestError,
    build_manifest,
    read_manifest,
    reference_hash,
    sha256_of,
    write_manifest,
)
from golden.reducer.cases import definitions
from golden.reducer.corpus import FIXTURES_DIR, WIRE, Call, Definition, Fixture, read_fixtures, record, to_bytes
from harness.comparators.divergence import Divergence
from harness.comparators.exact import compare
from harness.subjects.reducer.contract import ContractFileError, read_contract_file
from harness.subjects.reducer.judge import compare_outcomes
from harness.subjects.reducer.ports.base import Outcome, Port
from reducer.contract import contract, contract_hash


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something about a fixture that is not as it was recorded: where, and one sentence."""

    fixture: str
    where: str
    sentence: str
    divergence: Divergence | None = None

    def to_json(self) -> dict[str, Any]:
        """The problem as plain data."""
        divergence = None if self.divergence is None else self.divergence.to_json()
        return {"fixture": self.fixture, "where": self.where, "sentence": self.sentence, "divergence": divergence}


def record_all(directory: Path = FIXTURES_DIR, manifest: Path = MANIFEST_FILE) -> int:
    """Write every fixture and the manifest, remove fixtures that have no definition, and return how many there are."""
    files = {f"{definition.name}.json": to_bytes(record(definition)) for definition in definitions()}
    directory.mkdir(parents=True, exist_ok=True)
    for path in directory.glob("*.json"):
        if path.name not in files:
            path.unlink()
    for name, data in files.items():
        (directory / name).write_bytes(data)
    write_manifest(build_manifest(files.items(), CONTRACT_FILE), manifest)
    return len(files)


def check_contract_file(recorded: dict[str, Any], path: Path = CONTRACT_FILE) -> Iterator[Problem]:
    """The contract's file against the reference's own contract, and against what the manifest recorded of it."""
    where = f"golden/reducer/{path.name}"
    try:
        view = read_contract_file(path)
    except ContractFileError as error:
        yield Problem(fixture=path.name, where=where, sentence=str(error).removeprefix(f"{path}: "))
        return
    wanted = {"reducer": contract(), **recorded.get("contract_sections", {})}
    found = compare(reference=wanted, candidate=view)
    if found:
        sentence = "says something else than the reference and the manifest; restore it from git"
        yield Problem(fixture=path.name, where=f"{where} {found[0].path}", sentence=sentence, divergence=found[0])
    elif sha256_of(path.read_bytes()) != recorded.get("contract_sha256"):
        sentence = "has the recorded values in other bytes; restore it from git, or run `parity golden record` if it is meant"
        yield Problem(fixture=path.name, where=where, sentence=sentence)


def check_files(
    directory: Path = FIXTURES_DIR, manifest: Path = MANIFEST_FILE, contract_file: Path = CONTRACT_FILE
) -> Iterator[Problem]:
    """Files that are missing, extra or tampered with, and hashes of another contract or reference."""
    try:
        recorded = read_manifest(manifest)
    except ManifestError as error:
        yield Problem(fixture="manifest", where=manifest.name, sentence=str(error).removeprefix(f"{manifest}: "))
        return
    yield from check_contract_file(recorded, contract_file)
    for key, current in (("contract_hash", contract_hash(contract())), ("reference_hash", reference_hash())):
        if recorded.get(key) != current:
            sentence = (
                f"recorded under {recorded.get(key)}, but now it is {current}; run `parity golden record` if that is meant"
            )
            yield Problem(fixture="manifest", where=f"{manifest.name} $.{key}", sentence=sentence)
    there = {path.name: path for path in sorted(directory.iterdir())} if directory.is_dir() else {}
    for name, expected in recorded["fixtures"].items():
        path = there.pop(name, None)
        where = f"{directory.name}/{name}"
        if path is None:
            yield Problem(fixture=name, where=where, sentence="is missing; restore it from git")
        elif not path.is_file() or sha256_of(path.read_bytes()) != expected:
            sentence = "is not what the manifest says; restore it from git, or run `parity golden record` if it is meant"
            yield Problem(fixture=name, where=where, sentence=sentence)
    for name in there:
        sentence = "is not in the manifest; remove it, or define it in golden/reducer/cases and run `parity golden record`"
        yield Problem(fixture=name, where=f"{directory.name}/{name}", sentence=sentence)


def check_definitions(directory: Path = FIXTURES_DIR, only: Sequence[Definition] | None = None) -> Iterator[Problem]:
    """Fixtures that recording again would change, each with the first path that differs."""
    for definition in definitions() if only is None else only:
        path = directory / f"{definition.name}.json"
        again = to_bytes(record(definition))
        before = path.read_bytes() if path.is_file() else b""
        if before != again:
            yield _re_recording_differs(definition.name, f"{directory.name}/{path.name}", before, again)


def _re_recording_differs(name: str, where: str, before: bytes, again: bytes) -> Problem:
    try:
        found = compare(reference=json.loads(before), candidate=json.loads(again))
    except ValueError:
        return Problem(fixture=name, where=where, sentence="is missing or no JSON, so it cannot be recorded to the same bytes")
    first = found[0] if found else None
    sentence = f"records differently at {first.path}" if first else "records the same values in other bytes"
    return Problem(fixture=name, where=where, sentence=sentence, divergence=first)


def check_port(port: Port, fixtures: Sequence[Fixture]) -> Iterator[Problem]:
    """Where a port's answers are not the recorded ones: replay, each transition, each call over the wire."""
    for fixture in fixtures:
        found = first_divergence(port, fixture)
        if found is not None:
            sentence = f"port {port.name} answers otherwise at {found.path}"
            yield Problem(fixture=fixture.name, where=found.path, sentence=sentence, divergence=found)


def first_divergence(port: Port, fixture: Fixture) -> Divergence | None:
    """The first divergence of a port from a fixture, None at parity."""
    definition = fixture.definition
    if definition.case is not None:
        found = _compare(fixture.replay_answer(), port.replay(definition.case), definition.case)
        found += _check_steps(port, definition.case, fixture.outcome or {})
        if found:
            return found[0]
    for index, (call, answer) in enumerate(zip(definition.calls, fixture.answers, strict=True)):
        # A process of its own for every call has no session to go on with.
        if call.name == "step" and not port.has_sessions:
            continue
        if call.via == WIRE and (found := _check_call(port, call, answer, f"$.calls[{index}].answer")):
            return found[0]
    return None


def _compare(reference: Any, candidate: Outcome, case: Case, path: str = "$") -> list[Divergence]:
    recorded = Outcome(json.dumps(reference).encode())
    return compare_outcomes(reference=recorded, candidate=candidate, case=case, path=path)


def _check_steps(port: Port, case: Case, outcome: dict[str, Any]) -> list[Divergence]:
    """Each step as a transition of its own, from the recorded state before it."""
    state = case.state
    for index, step in enumerate(outcome.get("steps", [])):
        answer = port.transition({**case.inputs(), "state": state, "event": case.events[index]})
        names = ("error", "kind") if "error" in step else ("state", "actions")
        found = _compare({name: step[name] for name in names}, answer, case, f"$.steps[{index}]")
        if found:
            return found
        state = step["state"]
    return []


def _check_call(port: Port, call: Call, answer: Any, path: str) -> list[Divergence]:
    nameless = Case(name=call.name, state=None, config=None, order_size_usd=None)
    return _compare(answer, port.call(call.name, call.request), nameless, path)


def check_all(ports: Sequence[Port]) -> list[Problem]:
    """Every problem of the committed fixtures, with the files first. Raises `FixtureError`."""
    problems = list(check_files())
    if problems:
        # Recorded answers that are not the recorded ones can convict nobody.
        return problems
    problems += check_definitions()
    fixtures = read_fixtures()
    for port in ports:
        problems += check_port(port, fixtures)
    return problems
