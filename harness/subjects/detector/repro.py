"""A repro of the detector: one self-contained file that replays a divergence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generators.detector.case import SUBJECT, SeriesCase, from_json
from golden.detector.corpus import library_versions
from harness.comparators.divergence import Divergence
from harness.engine.majority import Look
from harness.engine.repro import FORMAT, ReproError, findings_of, read_document, repro_path, versions


@dataclass(frozen=True, kw_only=True)
class DetectorRepro:
    """What a repro file holds that a replay needs."""

    case: SeriesCase
    port: str
    real: bool


def write_detector_repro(
    directory: Path,
    *,
    case: SeriesCase,
    divergences: Sequence[Divergence],
    port: str,
    real: bool,
    odd: Look | None = None,
) -> Path:
    """Write the repro of a case's divergences, the first of which names the file, and return its path.

    `odd` is a look at all ports, if there was one.
    """
    path = repro_path(directory, f"{port}-{case.name}-{divergences[0].fingerprint}")
    document = {
        "format": FORMAT,
        "subject": SUBJECT,
        "command": f"parity replay {path}",
        "port": port,
        "real": real,
        "versions": {**versions(), **library_versions()},
        **findings_of(divergences, odd),
        "case": case.to_json(),
    }
    path.write_text(json.dumps(document, indent=1, default=_array) + "\n", encoding="utf-8")
    return path


def _array(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else repr(value)


def subject_of(path: Path) -> str | None:
    """The subject that a repro file names; None where it names none, or cannot be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return str(document.get("subject")) if isinstance(document, dict) and "subject" in document else None


def read_detector_repro(path: Path) -> DetectorRepro:
    """Read a repro back. Raises `ReproError`."""
    document = read_document(path)
    try:
        case = from_json(document["case"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReproError(f"{path}: is no whole repro ({error})") from error
    return DetectorRepro(case=case, port=document["port"], real=bool(document.get("real", False)))
