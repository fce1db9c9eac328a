"""The environment variables of a shadow. Each core has its own prefix, as in DOGE_CORE_SHADOW and DOGE_HMM_SHADOW."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# What follows PREFIX in the names of a shadow's variables.
NAMES = ("_SHADOW", "_SHADOW_SAMPLE", "_SHADOW_DIR", "_SHADOW_QUEUE", "_SHADOW_MEMORY_MIB", "_SHADOW_DISK_MIB")
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

    length = number("_QUEUE", queue, 1, 1e7)
    if not length.is_integer():
        raise ValueError(f"{prefix}_SHADOW_QUEUE: must be a whole number of calls, got {text('_QUEUE', '')!r}")
    folder = text("_DIR", "reports/shadow")
    if not folder:
        raise ValueError(f"{prefix}_SHADOW_DIR: must name a folder, and is empty; leave it out for reports/shadow")
    settings = ShadowSettings(
        prefix=prefix,
        mode=CONTROL if word == CONTROL else CANDIDATE,
        sample=number("_SAMPLE", 1.0, 0.0, 1.0),
        # A relative path is relative to the folder in which the bot started, wherever it goes later.
        folder=Path(os.path.abspath(os.path.expanduser(folder))),
        queue=int(length),
        memory_mib=number("_MEMORY_MIB", 1024.0, 1.0, 1e6),
        disk_mib=number("_DISK_MIB", 64.0, 0.1, 1e6),
    )
    return None if word in _FALSE else settings


def refuse_unknown(prefix: str, names: Sequence[str], environment: Mapping[str, str] = os.environ) -> None:
    """Raise `ValueError` for a variable that begins with PREFIX_ and is no setting: a typing error must not choose a default.

    `names` are what follows PREFIX in the names of the core's own settings; those of a shadow are known.
    """
    known = (*names, *NAMES)
    for given in sorted(environment):
        name = given.removeprefix(prefix)
        if given.startswith(f"{prefix}_") and name not in known:
            # Imported here, because nobody waits for it who made no mistake.
            from difflib import get_close_matches

            alike = get_close_matches(name, known, n=1)
            hint = f"is it {prefix}{alike[0]}?" if alike else f"there are {', '.join(prefix + each for each in sorted(known))}"
            raise ValueError(f"{given}: is no setting; {hint}")


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
