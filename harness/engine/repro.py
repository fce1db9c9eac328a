"""A repro: one self-contained file that replays a divergence."""

from __future__ import annotations

import json
import platform
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import NoneType
from typing import Any

from generators.reducer.case import Case, from_json
from harness.comparators.divergence import Divergence
from harness.engine.majority import Look

FORMAT = 1
PATHS_MAX = 50


class ReproError(ValueError):
    """A file is no repro; the message says what is wrong with it."""


class ReportsError(ValueError):
    """Repros cannot be written to a folder; the message says why."""


def check_reports_dir(directory: Path) -> None:
    """Whether a repro could be written there, tried out and leaving no trace. Raises `ReportsError`."""
    made = [path for path in (directory, *directory.parents) if not path.exists()]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
        for path in made:
            path.rmdir()
    except OSError as error:
        sentence = f"--reports {directory}: cannot be written to ({error.strerror}); name a folder that can"
        raise ReportsError(sentence) from error


@dataclass(frozen=True, kw_only=True)
class Repro:
    """What a repro file holds that a replay needs."""

    case: Case
    port: str
    exe: str | None


def versions() -> dict[str, str]:
    """The versions that an outcome may depend on."""
    try:
        own = version("doge-parity")
    except PackageNotFoundError:
        own = "not installed"
    return {"doge-parity": own, "python": platform.python_version(), "machine": platform.machine()}


def repro_path(directory: Path, name: str) -> Path:
    """The file of a repro, in a folder that is made if it has to be."""
    directory.mkdir(parents=True, exist_ok=True)
    # The name comes from a fixture or an executable, so it may hold what a file's name may not.
    return directory / f"repro-{re.sub(r'[^A-Za-z0-9_.-]+', '_', name)}.json"


def findings_of(divergences: Sequence[Divergence], odd: Look | None) -> dict[str, Any]:
    """What a repro says of the divergences of its case, and of a look at all ports."""
    return {
        "divergence": divergences[0].to_json(),
        "also": [divergence.path for divergence in divergences[1:PATHS_MAX]],
        "divergences": len(divergences),
        "look": None if odd is None else odd.to_json(),
    }


def write_repro(
    directory: Path,
    *,
    case: Case,
    divergences: Sequence[Divergence],
    port: str,
    exe: str | None,
    described: Mapping[str, Any],
    odd: Look | None = None,
) -> Path:
    """Write the repro of a case's divergences, the first of which names the file, and return its path.

    `odd` is a look at all ports, if there was one.
    """
    path = repro_path(directory, f"{port}-{case.name}-{divergences[0].fingerprint}")
    document = {
        "format": FORMAT,
        "command": f"parity replay {path}",
        "port": port,
        "exe": exe,
        "versions": {**versions(), "candidate": {key: described.get(key) for key in ("port", "version", "contract_hash")}},
        "case": case.to_json(),
        **findings_of(divergences, odd),
    }
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return path


def read_document(path: Path) -> dict[str, Any]:
    """A repro file as plain data, with what every repro has in it. Raises `ReproError`."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except OSError as error:
        raise ReproError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise ReproError(f"{path}: is not JSON ({error})") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ReproError(f"{path}: is no repro of format {FORMAT}; repro files are written by `parity run`")
    wanted: tuple[tuple[str, type | tuple[type, ...]], ...] = (
        ("port", str), ("exe", (str, NoneType)), ("divergence", dict), ("case", dict),
    )  # fmt: skip
    for name, kind in wanted:
        if not isinstance(document.get(name), kind):
            raise ReproError(f"{path}: is no whole repro ($.{name} is not what it has to be); restore it")
    if not isinstance(document["case"].get("metadata", {}), dict):
        raise ReproError(f"{path}: is no whole repro ($.case.metadata is no object); restore it")
    return document


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is a text there, in quotes")


def read_repro(path: Path) -> Repro:
    """Read a repro back. Raises `ReproError`."""
    document = read_document(path)
    try:
        return Repro(case=from_json(document["case"]), port=document["port"], exe=document.get("exe"))
    except (KeyError, TypeError, ValueError) as error:
        raise ReproError(f"{path}: is no whole repro ({error})") from error
