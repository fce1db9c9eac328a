"""The reducer's fixtures: recording, and checks of ports against them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from generators.plain import Json
from generators.reducer.case import Case, to_line
from golden.manifest import files_hash, sha256_of
from golden.reducer import corpus
from golden.reducer.cases import definitions
from golden.reducer.corpus import LINE, PYTHON, Call, Definition, Fixture, read_fixtures, record, to_bytes
from harness.comparators.divergence import Divergence
from harness.comparators.exact import compare
from harness.comparators.path import ROOT_PATH, Path
from harness.panel import ContractFileError, Panel
from harness.subject import Golden, Problem
from harness.subjects.reducer.contract import read_contract_file
from harness.subjects.reducer.judge import compare_outcomes
from harness.subjects.reducer.panel import ReducerPanel
from harness.subjects.reducer.ports.base import Outcome, Port, Question
from reducer.contract import contract, contract_hash

REFERENCE_FILES = ("state_machine.py", "reducer/*.py")


class ReducerGolden(Golden[Case]):
    """Fixtures of the reducer: cases with the whole state after every step, and calls of single functions."""

    holds_calls = True

    def __init__(self, folder: FilePath = corpus.FOLDER) -> None:
        self.folder = folder

    def recorded_under(self) -> Json:
        """Return hashes of contract and reference, and the sections of the contract that the reference does not define."""
        written, sections = b"", {}
        # `check_contract` reports a file that cannot be read.
        with suppress(OSError, ContractFileError):
            written = (self.folder / "contract.json").read_bytes()
            sections = _sections(read_contract_file(self.folder / "contract.json"))
        return {
            "contract_sha256": sha256_of(written),
            "contract_sections": sections,
            "contract_hash": contract_hash(contract()),
            "reference_hash": files_hash(REFERENCE_FILES),
        }

    def check_contract(self, manifest: Json) -> Iterator[Problem]:
        """Compare the contract's file with the reference's own contract and with the manifest."""
        path = self.folder / "contract.json"
        where = f"golden/{self.folder.name}/{path.name}"
        try:
            view = read_contract_file(path)
        except ContractFileError as error:
            yield Problem(fixture=path.name, where=where, sentence=str(error).removeprefix(f"{path}: "))
            return
        found = compare(reference={"reducer": contract(), **manifest.get("contract_sections", {})}, candidate=view)
        if found:
            sentence = "differs from the reference and the manifest; restore it from git"
            yield Problem(fixture=path.name, where=f"{where} {found[0].path}", sentence=sentence, divergence=found[0])
        elif sha256_of(path.read_bytes()) != manifest.get("contract_sha256"):
            sentence = "has the recorded values in other bytes; restore it from git, or run `parity golden record`"
            yield Problem(fixture=path.name, where=where, sentence=sentence)

    def definitions(self) -> Sequence[Definition]:
        """Return every definition of `golden.reducer.cases`."""
        return definitions()

    def record(self, definition: Definition) -> bytes:
        """Record the reference's answers."""
        return to_bytes(record(definition))

    def redefined(self, definition: Definition, recorded: bytes) -> tuple[str, Divergence | None] | None:
        """Record the definition again; return the first difference."""
        again = self.record(definition)
        if recorded == again:
            return None
        try:
            found = compare(reference=json.loads(recorded), candidate=json.loads(again))
        except ValueError:
            return "is missing or is not JSON, so it cannot be recorded to the same bytes", None
        if not found:
            return "records the same values in other bytes", None
        return f"records differently at {found[0].path}", found[0]

    def define(self, case: Case, name: str, about: str) -> Definition:
        """Return a definition of a case without calls."""
        promoted = replace(case, name=name, metadata={**case.metadata, "source": "golden"})
        return Definition(name=name, about=about, case=promoted)

    def read(self, directory: FilePath) -> Sequence[Fixture]:
        """Read the fixtures of a folder. Raises `FixtureError`."""
        return read_fixtures(directory)

    def first_divergence(self, panel: Panel[Case], port: str, fixture: Fixture) -> Divergence | None:
        """Compare the replay, each transition and each call over the wire."""
        assert isinstance(panel, ReducerPanel), "the reducer's fixtures are checked on the reducer's ports"
        return first_divergence(panel.ports[port], fixture)


def _sections(view: Json) -> Json:
    return {name: section for name, section in view.items() if name != "reducer"}


def first_divergence(port: Port, fixture: Fixture) -> Divergence | None:
    """Return the first divergence of a port from a fixture, or None at parity."""
    definition = fixture.definition
    if definition.case is not None:
        found = _compare(fixture.replay_answer(), port.replay(definition.case), definition.case)
        found += _check_steps(port, definition.case, fixture.outcome or {})
        if found:
            return found[0]
    for index, (call, answer) in enumerate(zip(definition.calls, fixture.answers, strict=True)):
        if not port.has_sessions:
            # A port that starts a process for every call has no sessions, and does not know the method that has them.
            if call.name == "step" or "session" in call.request:
                continue
            answer = _without_step(answer)
        if call.via != PYTHON and (found := _check_call(port, call, answer, Path("calls", index, "answer"))):
            return found[0]
    return None


def _without_step(answer: Any) -> Any:
    """A recorded answer as a port without sessions gives it, which lists one method less."""
    if isinstance(answer, dict) and str(answer.get("error", "")).startswith("request: unknown method "):
        return {**answer, "error": answer["error"].removesuffix(", step")}
    return answer


def _compare(reference: Any, candidate: Outcome, case: Case, path: Path = ROOT_PATH) -> list[Divergence]:
    return compare_outcomes(reference=_recorded(reference), candidate=candidate, case=case, path=path)


def _recorded(answer: Any) -> Outcome:
    return Outcome(json.dumps(answer, separators=(",", ":")).encode())


def _check_steps(port: Port, case: Case, outcome: Json) -> list[Divergence]:
    """Compare each step as a single transition from the recorded state before it."""
    state, questions, wanted = case.state, [], []
    for event, step in zip(case.events, outcome.get("steps", []), strict=False):
        names = ("error", "kind") if "error" in step else ("state", "actions")
        wanted.append(_recorded({name: step[name] for name in names}))
        line = to_line({"method": "transition", **case.inputs(), "state": state, "event": event})
        questions.append(Question(line, wanted[-1].line))
        state = step.get("state", state)
    for index, (recorded, answer) in enumerate(zip(wanted, port.ask_all(questions), strict=True)):
        found = compare_outcomes(reference=recorded, candidate=answer, case=case, path=Path("steps", index))
        if found:
            return found
    return []


def _check_call(port: Port, call: Call, answer: Any, path: Path) -> list[Divergence]:
    nameless = Case(name=call.name, state=None, config=None, order_size_usd=None)
    outcome = port.ask(call.request["line"].encode()) if call.via == LINE else port.call(call.name, call.request)
    return _compare(answer, outcome, nameless, path)
