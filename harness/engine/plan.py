"""What a fuzz run is going to do, all of it decided before it begins."""

from __future__ import annotations

import hashlib
import math
import shlex
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from doge_core.locate import find_executable

ROOT = Path(__file__).resolve().parent.parent.parent
# What decides about cases and verdicts, by what it is.
SOURCES: dict[str, dict[str, tuple[str, ...]]] = {
    "reducer": {
        "reference": ("state_machine.py", "reducer/*.py"),
        "contract": ("golden/reducer/contract.json",),
        "generators": ("generators/*.py", "generators/reducer/*.py"),
        "comparators": (
            "harness/comparators/*.py",
            "harness/subjects/reducer/judge.py",
            "harness/subjects/reducer/thorough.py",
            "harness/subjects/reducer/requests.py",
            "harness/fuzz/*.py",
            "harness/ports/*.py",
            "harness/engine/waivers.py",
            "doge_core/*.py",
        ),
    },
    "detector": {
        "reference": ("hmm_regime_detector.py", "detector/*.py"),
        "contract": ("golden/detector/contract.json",),
        "generators": ("generators/*.py", "generators/detector/*.py"),
        "comparators": (
            "harness/comparators/*.py",
            "harness/detector/*.py",
            "harness/fuzz/*.py",
            "harness/ports/*.py",
            "harness/engine/waivers.py",
        ),
    },
}


# JSON has lists only.
_TUPLES = ("candidate_exes", "candidate_modules", "waivers")


@dataclass(frozen=True, kw_only=True)
class FuzzPlan:
    """How many cases of which seed, cut into batches. The same plan gives the same cases, whoever runs them."""

    subject: str = "reducer"
    seed: int = 0
    sequences: int = 100_000
    events_max: int = 56
    batch_size: int = 250
    candidate_exes: tuple[str, ...] = ()
    candidate_modules: tuple[str, ...] = ()
    timeout_sec: float = 5.0
    waivers: tuple[Mapping[str, Any], ...] = ()
    coverage: int = 0

    @property
    def batch_count(self) -> int:
        """How many batches there are."""
        return math.ceil(self.sequences / self.batch_size)

    def indexes(self, number: int) -> range:
        """The cases of a batch."""
        first = number * self.batch_size
        return range(first, min(first + self.batch_size, self.sequences))

    def to_json(self) -> dict[str, Any]:
        """The plan as plain data."""
        return {**asdict(self), **{name: list(getattr(self, name)) for name in _TUPLES}}


def plan_from(data: Mapping[str, Any]) -> FuzzPlan:
    """A plan as the ledger kept it. Raises `TypeError` for what another version wrote."""
    return FuzzPlan(**{**data, **{name: tuple(data.get(name, ())) for name in _TUPLES}})


def builds_of(plan: FuzzPlan) -> dict[str, str]:
    """Hashes of everything that decides about cases and verdicts: sources by their role, and every port."""
    files = _port_files(plan)
    return _sources(plan.subject) | {f"port {name}": _hash_of(paths) for name, paths in files.items()}


def differing_builds(plan: FuzzPlan, builds: Mapping[str, str]) -> list[str]:
    """What is not here, or not the same as in `builds`, by its name."""
    now = builds_of(plan)
    return sorted(name for name in {*now, *builds} if now.get(name) != builds.get(name))


@lru_cache
def _sources(subject: str) -> dict[str, str]:
    """By their role. A process keeps what it has imported, so it looks once."""
    return {role: _hash_of(_files(patterns)) for role, patterns in SOURCES[subject].items()}


def _port_files(plan: FuzzPlan) -> dict[str, list[Path]]:
    """What each candidate is made of, as far as it is files."""
    if plan.candidate_modules:
        return {name: _module_files(name) for name in plan.candidate_modules}
    if plan.subject == "detector":
        return {"rust": _files(("doge-hmm/python/doge_hmm/*.py", "doge-hmm/python/doge_hmm/*.so"))}
    if plan.candidate_exes:
        return {exe: _command_files(shlex.split(exe)) for exe in plan.candidate_exes}
    executable = find_executable()
    return {"haskell": [] if executable is None else [executable]}


def _command_files(command: Sequence[str]) -> list[Path]:
    """The files that a command line names, its program by the PATH too."""
    parts = [shutil.which(command[0]) or command[0], *command[1:]] if command else []
    return [Path(part) for part in parts if Path(part).is_file()]


def _module_files(name: str) -> list[Path]:
    """The files of a module, or of the whole package that it is."""
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        return []
    origin = Path(spec.origin)
    return sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]


def _files(patterns: Sequence[str]) -> list[Path]:
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def _hash_of(files: Iterable[Path]) -> str:
    whole = hashlib.sha256()
    for path in files:
        whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()[:16]
