"""Cases that `parity replay --promote` turned into fixtures: one file per case, one folder per subject."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from golden.manifest import FixtureError

PROMOTED_DIR = Path(__file__).resolve().parent


def read_promoted(subject: str, directory: Path = PROMOTED_DIR) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read the promoted cases of a subject: a sentence about each, and the case as plain data. Raises `FixtureError`."""
    for path in sorted((directory / subject).glob("*.json")):
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            about, case = str(data["about"]), dict(data["case"])
        except OSError as error:
            raise FixtureError(f"{path}: cannot be read ({error.strerror})") from error
        except (ValueError, KeyError, TypeError) as error:
            raise FixtureError(f"{path}: is not a promoted case ({error}); restore it from git") from error
        yield about, case


def write_promoted(subject: str, name: str, about: str, case: dict[str, Any], directory: Path = PROMOTED_DIR) -> Path:
    """Write a promoted case under the name of its fixture; return the path."""
    path = directory / subject / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"about": about, "case": {**case, "name": name}}, indent=1) + "\n", encoding="utf-8")
    return path
