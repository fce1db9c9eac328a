"""A divergence written down as a repro file, which `parity replay` runs."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping, Sequence
from typing import Any

from doge_shadow.judging import PLACES_MAX, Difference

REPRO_FORMAT = 2


def repro_of(
    found: Sequence[Difference],
    *,
    subject: str,
    port: str,
    candidate: str | None,
    case: Mapping[str, Any] | None,
    event: Any = None,
) -> dict[str, Any]:
    """Return a repro file as plain data.

    `port` is the port that diverged, `candidate` how a command line names it if it is none of the built-in ones. Without a
    `case` the file is kept, and cannot be replayed. `event` is what the divergent call was given, if that is worth a line.
    """
    return {
        "format": REPRO_FORMAT,
        "subject": subject,
        "command": "parity replay THIS_FILE",
        "port": port,
        "candidate": candidate,
        "versions": {"python": platform.python_version(), "machine": platform.machine()},
        "divergence": {
            "path": found[0].path,
            "kind": found[0].kind,
            "reference": spelled(found[0].reference),
            "candidate": spelled(found[0].candidate),
            **({} if event is None else {"event": event}),
        },
        "also": [each.path for each in found[1:PLACES_MAX]],
        "divergences": len(found),
        "majority": None,
        "case": None if case is None else dict(case),
        "thorough": True,
        "before": [],
    }


def spelled(value: Any) -> Any:
    """Plain data with floats that JSON does not have as texts."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {str(key): spelled(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [spelled(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else repr(value)
