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

from generators.errors import ParityError
from harness.comparators.divergence import Divergence
from harness.engine.majority import Majority
from harness.panel import AnyCase, Depth
from harness.subject import Subject
from harness.subjects.registry import subject_called

FORMAT = 2
PATHS_MAX = 50


# A case that a port was asked, and how thoroughly.
Asked = tuple[Any, Depth]


class ReproError(ParityError):
    """A file is not a repro; the message says what is wrong with it."""


class ReportsError(ParityError):
    """Repros cannot be written to a folder; the message says why."""


def check_reports_dir(directory: Path) -> None:
    """Try out whether a repro could be written there, and leave no trace. Raises `ReportsError`."""
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
    """The parts of a repro file that a replay needs. `candidate` is how the command line named the port, if it did.

    `before` are the cases that the port is asked first, each with its depth: a flaky find does not diverge without them.
    """

    subject: Subject[Any]
    case: Any
    port: str
    candidate: str | None
    divergence: Mapping[str, Any]
    depth: Depth = Depth.THOROUGH
    before: Sequence[Asked] = ()


def versions() -> dict[str, str]:
    """The versions that an outcome of any subject may depend on."""
    try:
        own = version("doge-parity")
    except PackageNotFoundError:
        own = "not installed"
    return {"doge-parity": own, "python": platform.python_version(), "machine": platform.machine()}


def write_repro(
    directory: Path,
    *,
    subject: Subject[Any],
    case: AnyCase,
    divergences: Sequence[Divergence],
    port: str,
    candidate: str | None,
    described: Mapping[str, Any] | None = None,
    majority: Majority | None = None,
    depth: Depth = Depth.THOROUGH,
    before: Sequence[Asked] = (),
) -> Path:
    """Write the repro of a case's divergences, the first of which names the file, and return its path.

    `described` is what the port says of itself, `majority` a vote of all ports if there was one, `before` what the port has to
    be asked first. The folder is made if needed.
    """
    directory.mkdir(parents=True, exist_ok=True)
    # The name comes from a fixture or an executable, so it may hold what a file's name may not.
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", f"{port}-{case.name}-{divergences[0].fingerprint}")
    path = directory / f"repro-{name}.json"
    document = {
        "format": FORMAT,
        "subject": subject.name,
        "command": f"parity replay {path}",
        "port": port,
        "candidate": candidate,
        "versions": {**versions(), **subject.versions(), "candidate": dict(described or {})},
        "divergence": divergences[0].to_json(),
        "also": [divergence.path for divergence in divergences[1:PATHS_MAX]],
        "divergences": len(divergences),
        "majority": None if majority is None else majority.to_json(),
        "case": case.to_json(),
        "thorough": depth is Depth.THOROUGH,
        "before": [{"thorough": each is Depth.THOROUGH, "case": earlier.to_json()} for earlier, each in before],
    }
    path.write_text(json.dumps(document, indent=1, default=_plain) + "\n", encoding="utf-8")
    return path


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else repr(value)


def read_repro(path: Path) -> Repro:
    """Read a repro back. Raises `ReproError` and `UnknownSubjectError`."""
    document = _read_document(path)
    subject = subject_called(document["subject"])
    case = _case_of(path, subject, document["case"], "$.case")
    before = [
        (_case_of(path, subject, each["case"], f"$.before[{number}].case"), _depth_of(each))
        for number, each in enumerate(document["before"])
    ]
    return Repro(
        subject=subject,
        case=case,
        port=document["port"],
        candidate=document["candidate"],
        divergence=document["divergence"],
        depth=_depth_of(document),
        before=before,
    )


def _case_of(path: Path, subject: Subject[Any], data: Any, where: str) -> Any:
    try:
        return subject.cases.from_json(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReproError(f"{path}: malformed repro: {where}: {error}") from error


def _depth_of(entry: Mapping[str, Any]) -> Depth:
    return Depth.THOROUGH if entry["thorough"] else Depth.PLAIN


def _read_document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except OSError as error:
        raise ReproError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise ReproError(f"{path}: is not JSON ({error})") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ReproError(f"{path}: is not a repro of format {FORMAT}; `parity run` and `parity fuzz` write repro files")
    # A repro of an older version stands for itself.
    document = {"thorough": True, "before": [], **document}
    wanted: tuple[tuple[str, type | tuple[type, ...], str], ...] = (
        ("subject", str, "a string"),
        ("port", str, "a string"),
        ("candidate", (str, NoneType), "a string or null"),
        ("divergence", dict, "an object"),
        ("case", dict, "an object"),
        ("thorough", bool, "true or false"),
        ("before", list, "a list"),
    )
    for name, kind, words in wanted:
        if name not in document or not isinstance(document[name], kind):
            raise ReproError(f"{path}: malformed repro: $.{name} must be {words}")
    for number, each in enumerate(document["before"]):
        if not (isinstance(each, dict) and isinstance(each.get("case"), dict) and isinstance(each.get("thorough"), bool)):
            raise ReproError(f"{path}: malformed repro: $.before[{number}] must be an object with case and thorough")
    for where, case in [("$.case", document["case"])] + [
        (f"$.before[{number}].case", each["case"]) for number, each in enumerate(document["before"])
    ]:
        if not isinstance(case.get("metadata", {}), dict):
            raise ReproError(f"{path}: malformed repro: {where}.metadata must be an object")
    return document


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} must be a string, in quotes")
