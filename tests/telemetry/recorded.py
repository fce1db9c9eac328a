"""Recordings for tests, as bots write them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hdrh.histogram import HdrHistogram

from doge_telemetry.recorder import DIGITS, FORMAT, HIGHEST, UNITS_PER_SEC
from harness.subjects.registry import names, subject_called

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


def whole(path: Path, side: str, scale: float = 1.0, *, shadow: bool = False, **changed: Any) -> Path:
    """Turns of every metric, of a side that is here: the first or the second of two that alternate, beside a shadow or not."""
    parts = {}
    for name in names():
        here = dict(subject_called(name).shadowed() or {})
        digests = here if side == "candidate" else {"reference": here["reference"]}
        parts[name] = {"side": side, "shadow": shadow, "digests": digests}
    many = dict.fromkeys(("loop", "transition", "fill_to_action", "inference", "invariant_check"), 500) | {"training": 40}
    blocks = []
    for turn in range(8):
        durations = {name: [scale * (0.02 + 0.0001 * (turn + place) % 5) for place in range(of)] for name, of in many.items()}
        blocks.append(block(20.0 * turn + (10.0 if side == "candidate" else 0.0), durations, **changed))
    lines = [
        {"format": FORMAT, "process": "p", "machine": MACHINE},
        *({"process": "p", "part": name, "about": about} for name, about in parts.items()),
        *blocks,
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def written(path: Path, blocks: Sequence[Mapping[str, Any]], *, machine: Any = None, **about: Any) -> Path:
    """A recording of one process, of the reference that is here unless `about` says something else."""
    told = {"side": "reference", "backend": "python", "shadow": False, "digests": {"reference": "r"}, **about}
    lines = [
        {"format": FORMAT, "process": "p", "machine": MACHINE if machine is None else machine},
        {"process": "p", "part": "core", "about": told},
        *blocks,
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path
