"""The environment variables that choose an implementation of the detector, and its shadow's."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from doge_shadow.settings import ShadowSettings, read_seconds, read_shadow_settings, refuse_unknown
from doge_telemetry.settings import read_telemetry_file

BACKENDS = ("auto", "rust", "python")
# A training of thousands of rows has to fit.
DEFAULT_TIMEOUT_SEC = 30.0
# A call holds a history of closes and volumes, of a hundred kilobytes where it is a long one.
DEFAULT_QUEUE = 500


class Kind(IntEnum):
    """The kinds of calls that a shadow compares; the names of `KINDS` stand at these places."""

    TRAIN = 0
    UPDATE = 1
    NEEDS_RETRAIN = 2
    CONSTRUCTOR = 3
    EXTRACT = 4
    GRID_BIAS = 5
    IDLE_TARGET = 6
    RESTORE = 7
    SERIALIZE = 8


# Failures of a shadow's candidate whose answer was one, and made no sense.
SENSELESS = frozenset({"garbage", "unplaced"})
NAMES = ("_BACKEND", "_SHADOW_TIMEOUT_SEC", "_TELEMETRY")
KINDS = tuple(kind.name.lower() for kind in Kind)


@dataclass(frozen=True)
class Settings:
    """The settings of the loader. `timeout_sec` is the limit of one answer of a shadow's candidate."""

    backend: str = "auto"
    timeout_sec: float = DEFAULT_TIMEOUT_SEC
    shadow: ShadowSettings | None = None
    telemetry: Path | None = None


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read DOGE_HMM_BACKEND, DOGE_HMM_SHADOW with its own, and DOGE_HMM_TELEMETRY.

    Raises `ValueError` for an invalid value, also of a shadow that is off, and for a name that is no setting, so that a bot
    does not start on what nobody chose.
    """
    refuse_unknown("DOGE_HMM", NAMES, environment)
    backend = environment.get("DOGE_HMM_BACKEND", "auto").strip().lower()
    if backend not in BACKENDS:
        raise ValueError(f"DOGE_HMM_BACKEND: must be one of {', '.join(BACKENDS)}; got {backend!r}")
    shadow = read_shadow_settings("DOGE_HMM", environment, queue=DEFAULT_QUEUE)
    if shadow is not None and backend == "rust":
        raise ValueError("DOGE_HMM_SHADOW: Python answers while it is on, so that DOGE_HMM_BACKEND cannot be rust")
    return Settings(
        backend=backend,
        timeout_sec=read_seconds("DOGE_HMM_SHADOW_TIMEOUT_SEC", DEFAULT_TIMEOUT_SEC, environment),
        shadow=shadow,
        telemetry=read_telemetry_file("DOGE_HMM", environment),
    )
