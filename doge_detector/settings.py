"""The environment variables that choose an implementation of the detector, and its shadow's."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from doge_shadow.settings import ShadowSettings, read_shadow_settings
from doge_telemetry.settings import read_telemetry_file

BACKENDS = ("auto", "rust", "python")
# The kinds of calls that a shadow compares.
KINDS = ("train", "update", "needs_retrain", "constructor", "extract", "grid_bias", "idle_target", "restore", "serialize")
# A training of thousands of rows has to fit.
DEFAULT_TIMEOUT_SEC = 30.0
# A call holds a history of closes and volumes, of a hundred kilobytes where it is a long one.
DEFAULT_QUEUE = 500


@dataclass(frozen=True)
class Settings:
    """The settings of the loader. `timeout_sec` is the limit of one answer of a shadow's candidate."""

    backend: str = "auto"
    timeout_sec: float = DEFAULT_TIMEOUT_SEC
    shadow: ShadowSettings | None = None
    telemetry: Path | None = None


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read DOGE_HMM_BACKEND, DOGE_HMM_SHADOW with its own, and DOGE_HMM_TELEMETRY.

    Raises `ValueError` for an invalid value, also of a shadow that is off, so that a bot does not start on what nobody chose.
    """
    backend = environment.get("DOGE_HMM_BACKEND", "auto").strip().lower()
    if backend not in BACKENDS:
        raise ValueError(f"DOGE_HMM_BACKEND: must be one of {', '.join(BACKENDS)}; got {backend!r}")
    shadow = read_shadow_settings("DOGE_HMM", environment, queue=DEFAULT_QUEUE)
    if shadow is not None and backend == "rust":
        raise ValueError("DOGE_HMM_SHADOW: Python answers while it is on, so that DOGE_HMM_BACKEND cannot be rust")
    return Settings(
        backend=backend,
        timeout_sec=_read_timeout(environment.get("DOGE_HMM_SHADOW_TIMEOUT_SEC", str(DEFAULT_TIMEOUT_SEC))),
        shadow=shadow,
        telemetry=read_telemetry_file("DOGE_HMM", environment),
    )


def _read_timeout(text: str) -> float:
    try:
        timeout_sec = float(text)
    except ValueError:
        timeout_sec = math.nan
    if not 0.0 < timeout_sec < math.inf:
        raise ValueError(f"DOGE_HMM_SHADOW_TIMEOUT_SEC: must be a number of seconds above 0, got {text!r}")
    return timeout_sec
