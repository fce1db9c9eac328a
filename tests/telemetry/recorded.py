"""Recordings for tests, as bots write them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hdrh.histogram import HdrHistogram

from doge_telemetry.recorder import DIGITS, FORMAT, HIGHEST, UNITS_PER_SEC

MACHINE = {"processor": "one"}
HERE = {"core": {"reference": "r", "candidate": "c"}}


def histogram(seconds: Sequence[float]) -> str:
    found = HdrHistogram(1, HIGHEST, DIGITS)
    for each in seconds:
        found.record_value(round(each * UNITS_PER_SEC))
    return str(found.encode().decode())


def block(start: float, durations: Mapping[str, Sequence[float]], **changed: Any) -> dict[str, Any]:
    spelled = {name: histogram(each) for name, each in durations.items()}
    known = {"process": "p", "from": start, "to": start + 8.0, "durations": spelled, "counts": {}}
    return {**known, "cpu_sec": 0.1, "memory_bytes": 2**20, "dropped": 0, **changed}


def written(path: Path, blocks: Sequence[Mapping[str, Any]], *, machine: Any = None, **about: Any) -> Path:
    """A recording of one process, of the reference that is here unless `about` says something else."""
    told = {"side": "reference", "backend": "python", "digests": {"reference": "r"}, **about}
    lines = [
        {"format": FORMAT, "process": "p", "machine": MACHINE if machine is None else machine},
        {"process": "p", "part": "core", "about": told},
        *blocks,
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path
