"""The environment variables of a shadow. Each core has its own prefix, as in DOGE_CORE_SHADOW and DOGE_HMM_SHADOW."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")
CANDIDATE, CONTROL = "candidate", "control"


@dataclass(frozen=True, kw_only=True)
class ShadowSettings:
    """The settings of a shadow that is on.

    `prefix` begins the names of its variables. `mode` is `candidate`, or `control`, where the reference is held against itself.
    `sample` is the share of calls that are looked at, `queue` how many may wait, `memory_mib` how large the candidate may grow,
    `disk_mib` how much may be written.
    """

    prefix: str = "DOGE"
    mode: str = CANDIDATE
    sample: float = 1.0
    folder: Path = Path("reports/shadow")
    queue: int = 5_000
    memory_mib: float = 1024.0
    disk_mib: float = 64.0


def read_shadow_settings(
    prefix: str, environment: Mapping[str, str] = os.environ, *, queue: int = 5_000
) -> ShadowSettings | None:
    """Read PREFIX_SHADOW and the variables that begin with it; None where it is off. `queue` is the default of its length.

    Raises `ValueError` for an invalid value, even where the shadow is off: a typing error must not wait for the day it is on.
    """

    def text(name: str, default: str) -> str:
        return environment.get(f"{prefix}_SHADOW{name}", default).strip()

    word = text("", "0").lower()
    if word not in (*_TRUE, *_FALSE, CONTROL):
        raise ValueError(f"{prefix}_SHADOW: must be 1, 0 or {CONTROL}, got {word!r}")

    def number(name: str, default: float, least: float, most: float) -> float:
        given = text(name, str(default))
        try:
            found = float(given)
        except ValueError:
            found = math.nan
        if not least <= found <= most:
            raise ValueError(f"{prefix}_SHADOW{name}: must be a number from {least:g} to {most:g}, got {given!r}")
        return found

    settings = ShadowSettings(
        prefix=prefix,
        mode=CONTROL if word == CONTROL else CANDIDATE,
        sample=number("_SAMPLE", 1.0, 0.0, 1.0),
        # A relative path is relative to the folder in which the bot started, wherever it goes later.
        folder=Path(os.path.abspath(os.path.expanduser(text("_DIR", "reports/shadow")))),
        queue=int(number("_QUEUE", queue, 1, 1e7)),
        memory_mib=number("_MEMORY_MIB", 1024.0, 1.0, 1e6),
        disk_mib=number("_DISK_MIB", 64.0, 0.1, 1e6),
    )
    return None if word in _FALSE else settings


def read_seconds(variable: str, default: float, environment: Mapping[str, str] = os.environ) -> float:
    """Read a time limit. Raises `ValueError` that names the variable for anything but a number of seconds above 0."""
    text = environment.get(variable, str(default))
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0.0 < seconds < math.inf:
        raise ValueError(f"{variable}: must be a number of seconds above 0, got {text!r}")
    return seconds
