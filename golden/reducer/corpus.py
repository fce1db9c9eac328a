"""Readers, writers and recording of the reducer's fixtures.

A definition (`golden.reducer.cases`) is a case to replay, or calls of single functions, or both. A fixture is a definition with
the reference's answers: `outcome` for the case, with the whole state after every step, and one of `answers` for every call.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generators.plain import Json
from generators.reducer.case import Case, from_json, to_line
from golden.manifest import FixtureError
from golden.reducer.surface import call_surface
from reducer.wire import handle_line, with_sessions

FOLDER = Path(__file__).resolve().parent
FIXTURES_DIR, CONTRACT_FILE, MANIFEST_FILE = FOLDER / "fixtures", FOLDER / "contract.json", FOLDER / "manifest.json"

# A call goes over the wire, as a request or as a line that may be none, which every port answers; or to a function that only
# Python has.
WIRE, LINE, PYTHON = "wire", "line", "python"

Methods = Mapping[str, Callable[[Mapping[str, Any]], Json]]


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of a function: `via` is `WIRE`, `LINE` or `PYTHON`, `request` holds the arguments, or the line alone."""

    via: str
    name: str
    request: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A fixture to record: a name, a sentence about it, and a case, calls or both."""

    name: str
    about: str
    case: Case | None = None
    calls: Sequence[Call] = ()


@dataclass(frozen=True, kw_only=True)
class Fixture:
    """A definition with its recorded outcome and answers; `outcome` is None without a case."""

    definition: Definition
    outcome: Json | None
    answers: Sequence[Json]

    @property
    def name(self) -> str:
        """The name of the fixture and of its file."""
        return self.definition.name

    def replay_answer(self) -> Json:
        """Return the expected answer to the case's `replay`: the outcome without the states of its steps."""
        assert self.outcome is not None, "a fixture of calls has no outcome"
        if "steps" not in self.outcome:
            return self.outcome
        steps = [{key: value for key, value in step.items() if key != "state"} for step in self.outcome["steps"]]
        return {**self.outcome, "steps": steps}


def ask(request: Mapping[str, Any], methods: Methods | None = None) -> Json:
    """Return the reference's answer, as on the wire. `methods` are those of a running server; a new one is the default."""
    answer: Json = json.loads(handle_line(to_line(request), with_sessions() if methods is None else methods))
    return answer


def golden_cases(directory: Path = FIXTURES_DIR) -> list[Case]:
    """Read the cases of all fixtures that have one. Raises `FixtureError`."""
    cases = (fixture.definition.case for fixture in read_fixtures(directory))
    return [case for case in cases if case is not None]


def record(definition: Definition) -> Fixture:
    """Record the reference's answers to a definition."""
    outcome = None if definition.case is None else record_case(definition.case)
    methods = with_sessions()
    return Fixture(definition=definition, outcome=outcome, answers=[record_call(call, methods) for call in definition.calls])


def record_case(case: Case) -> Json:
    """Record the outcome of a case, with the whole state after every step."""
    outcome = ask(case.request())
    state = case.state
    for event, step in zip(case.events, outcome.get("steps", []), strict=False):
        if "error" not in step:
            state = ask({"method": "transition", **case.inputs(), "state": state, "event": event})["state"]
        step["state"] = state
    return outcome


def record_call(call: Call, methods: Methods) -> Json:
    """Record the answer to one call; `methods` belong to the server that answered the earlier calls."""
    if call.via == PYTHON:
        return call_surface(call.name, call.request)
    if call.via == LINE:
        answer: Json = json.loads(handle_line(call.request["line"].encode(), methods))
        return answer
    return ask({"method": call.name, **call.request}, methods)


def to_bytes(fixture: Fixture) -> bytes:
    """Return the contents of the fixture's file, with one line per step and call, for readable diffs."""
    definition = fixture.definition
    parts = [f'"name": {_plain(fixture.name)}', f'"about": {_plain(definition.about)}']
    if definition.case is not None:
        parts.append(f'"case": {_lines(definition.case.to_json(), "events")}')
        parts.append(f'"outcome": {_lines(fixture.outcome or {}, "steps")}')
    calls = [
        {"via": call.via, "name": call.name, "request": call.request, "answer": answer}
        for call, answer in zip(definition.calls, fixture.answers, strict=True)
    ]
    if calls:
        parts.append('"calls": ' + _list(calls))
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()


def _plain(value: Any) -> str:
    return json.dumps(value, allow_nan=False)


def _list(items: Sequence[Any]) -> str:
    return "[\n" + ",\n".join("  " + _plain(item) for item in items) + "\n]" if items else "[]"


def _lines(data: Mapping[str, Any], listed: str) -> str:
    rows = [f" {_plain(key)}: {_list(value) if key == listed else _plain(value)}" for key, value in data.items()]
    return "{\n" + ",\n".join(rows) + "\n}"


def read_fixture(path: Path) -> Fixture:
    """Read one fixture. Raises `FixtureError`."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        calls = data.get("calls", [])
        definition = Definition(
            name=data["name"],
            about=data["about"],
            case=from_json(data["case"]) if "case" in data else None,
            calls=tuple(Call(via=call["via"], name=call["name"], request=call["request"]) for call in calls),
        )
        answers = [call["answer"] for call in calls]
        return Fixture(definition=definition, outcome=data.get("outcome"), answers=answers)
    except OSError as error:
        raise FixtureError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FixtureError(f"{path}: is not a fixture ({error}); restore it from git, or run `parity golden record`") from error


def read_fixtures(directory: Path = FIXTURES_DIR) -> list[Fixture]:
    """Read every fixture of a folder, in order of names. Raises `FixtureError`."""
    return list(_read_all(sorted(directory.glob("*.json"))))


def _read_all(paths: Sequence[Path]) -> Iterator[Fixture]:
    for path in paths:
        fixture = read_fixture(path)
        if fixture.name != path.stem:
            raise FixtureError(f"{path}: calls itself {fixture.name!r}; a fixture must have its file's name")
        yield fixture
