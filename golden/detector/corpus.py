"""Readers and writers of the detector's fixtures: one case each, with the reference's outcome."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from generators.detector.case import DetectorCase, from_json
from generators.plain import Json, spell_out
from golden.manifest import FixtureError

FOLDER = Path(__file__).resolve().parent
FIXTURES_DIR, CONTRACT_FILE, MANIFEST_FILE = FOLDER / "fixtures", FOLDER / "contract.json", FOLDER / "manifest.json"
# Outcomes depend on these; another version may draw random numbers, cluster or sum differently.
LIBRARIES = ("numpy", "scipy", "scikit-learn", "hmmlearn")


@dataclass(frozen=True, kw_only=True)
class DetectorDefinition:
    """A fixture to record: a sentence about it, and a case, which names the fixture."""

    about: str
    case: DetectorCase

    @property
    def name(self) -> str:
        """The name of the fixture and of its file."""
        return self.case.name


@dataclass(frozen=True, kw_only=True)
class DetectorFixture:
    """A definition with its recorded outcome."""

    definition: DetectorDefinition
    outcome: Json

    @property
    def name(self) -> str:
        """The name of the fixture and of its file."""
        return self.definition.name


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that an outcome of the reference depends on."""

    def installed(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "not installed"

    return {name: installed(name) for name in LIBRARIES}


def encoded(value: Any) -> Any:
    """Return an outcome as plain data; `decoded` reads it back."""
    if isinstance(value, np.ndarray):
        return {"array": str(value.dtype), "shape": list(value.shape), "values": spell_out(value.ravel().tolist())}
    if isinstance(value, dict):
        return {key: encoded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [encoded(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": spell_out(value)}
    return value


def decoded(value: Any) -> Any:
    """Return the outcome that `encoded` made plain data of."""
    if isinstance(value, list):
        return [decoded(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"array", "shape", "values"}:
        kind = np.dtype(value["array"])
        numbers = [float(item) for item in value["values"]] if kind.kind == "f" else value["values"]
        return np.array(numbers, dtype=kind).reshape(value["shape"])
    if set(value) == {"float"}:
        return float(value["float"])
    return {key: decoded(item) for key, item in value.items()}


def to_bytes(fixture: DetectorFixture) -> bytes:
    """Return the contents of the fixture's file, with one line for each part of the outcome, for readable diffs."""
    case = fixture.definition.case.to_json()
    parts = [f'"name": {_plain(fixture.name)}', f'"about": {_plain(fixture.definition.about)}', f'"case": {_plain(case)}']
    levels = []
    for level, outcome in encoded(fixture.outcome).items():
        rows = [f"  {_plain(key)}: {_plain(value)}" for key, value in outcome.items()]
        levels.append(f" {_plain(level)}: {{\n" + ",\n".join(rows) + "\n }")
    parts.append('"outcome": {\n' + ",\n".join(levels) + "\n}")
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()


def _plain(value: Any) -> str:
    return json.dumps(value, allow_nan=False)


def read_fixture(path: Path) -> DetectorFixture:
    """Read one fixture. Raises `FixtureError`."""
    try:
        data: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        definition = DetectorDefinition(about=data["about"], case=from_json(data["case"]))
        return DetectorFixture(definition=definition, outcome=decoded(data["outcome"]))
    except OSError as error:
        raise FixtureError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        remedy = "restore it from git, or run `parity golden record --subject detector`"
        raise FixtureError(f"{path}: is not a fixture ({error}); {remedy}") from error


def read_fixtures(directory: Path = FIXTURES_DIR) -> list[DetectorFixture]:
    """Read every fixture of a folder, in order of names. Raises `FixtureError`."""
    fixtures = []
    for path in sorted(directory.glob("*.json")):
        fixture = read_fixture(path)
        if fixture.name != path.stem:
            raise FixtureError(f"{path}: calls itself {fixture.name!r}; a fixture must have its file's name")
        fixtures.append(fixture)
    return fixtures
