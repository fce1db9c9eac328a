"""The environment variables of telemetry. Each core has its own prefix, as in DOGE_CORE_TELEMETRY and DOGE_HMM_TELEMETRY."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def read_telemetry_file(prefix: str, environment: Mapping[str, str] = os.environ) -> Path | None:
    """Read PREFIX_TELEMETRY: the file to write, None where telemetry is off. Raises `ValueError` for what is no file."""
    given = environment.get(f"{prefix}_TELEMETRY", "").strip()
    if not given:
        return None
    # A relative path is relative to the folder in which the bot started, wherever it goes later.
    path = Path(os.path.abspath(os.path.expanduser(given)))
    if path.exists() and not path.is_file():
        what = "a folder" if path.is_dir() else "a pipe or a device"
        raise ValueError(f"{prefix}_TELEMETRY: must be a file, and {given!r} is {what}")
    return path
