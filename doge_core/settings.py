"""The environment variables that choose a backend."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from doge_core.locate import absolute
from doge_shadow.settings import ShadowSettings, read_seconds, read_shadow_settings, refuse_unknown
from doge_telemetry.settings import read_telemetry_file

Backend = Literal["python", "haskell", "haskell-inproc", "auto"]

DEFAULT_TIMEOUT_SEC = 5.0
# The kinds of calls that a shadow compares.
KINDS = ("transition", "invariant")
# Failures of a shadow's candidate whose answer was one, and made no sense.
SENSELESS = frozenset({"persistent:drift", "persistent:garbage"})
NAMES = ("_BACKEND", "_EXE", "_LIBRARY", "_PERSISTENT", "_TELEMETRY", "_TIMEOUT_SEC")
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


@dataclass(frozen=True)
class Settings:
    """The settings by which the adapter reaches the reducer.

    `exe` is an absolute path, or a name that is looked up on PATH. `timeout_sec` is the time limit of one answer.
    """

    backend: Backend = "auto"
    exe: str | None = None
    persistent: bool = True
    timeout_sec: float = DEFAULT_TIMEOUT_SEC
    shadow: ShadowSettings | None = None
    telemetry: Path | None = None


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read DOGE_CORE_BACKEND, DOGE_CORE_EXE, DOGE_CORE_PERSISTENT, DOGE_CORE_TIMEOUT_SEC, DOGE_CORE_SHADOW with its own, and
    DOGE_CORE_TELEMETRY.

    Raises `ValueError` for an invalid value and for a name that is no setting, so that a bot does not start on a backend that
    nobody chose.
    """
    refuse_unknown("DOGE_CORE", NAMES, environment)
    backend = environment.get("DOGE_CORE_BACKEND", "auto").strip().lower()
    if backend not in get_args(Backend):
        raise ValueError(f"DOGE_CORE_BACKEND: must be one of {', '.join(get_args(Backend))}; got {backend!r}")
    persistent = environment.get("DOGE_CORE_PERSISTENT", "1").strip().lower()
    if persistent not in _TRUE + _FALSE:
        raise ValueError(f"DOGE_CORE_PERSISTENT: must be 1 or 0, got {persistent!r}")
    shadow = read_shadow_settings("DOGE_CORE", environment)
    if shadow is not None and backend.startswith("haskell"):
        raise ValueError(f"DOGE_CORE_SHADOW: Python answers while it is on, so that DOGE_CORE_BACKEND cannot be {backend}")
    return Settings(
        backend=cast(Backend, backend),
        # A relative path is relative to the folder in which the bot started, wherever it goes later.
        exe=absolute(environment["DOGE_CORE_EXE"]) if environment.get("DOGE_CORE_EXE") else None,
        persistent=persistent in _TRUE,
        timeout_sec=read_seconds("DOGE_CORE_TIMEOUT_SEC", DEFAULT_TIMEOUT_SEC, environment),
        shadow=shadow,
        telemetry=read_telemetry_file("DOGE_CORE", environment),
    )
