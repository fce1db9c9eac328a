"""`import doge_core as sm` is a drop-in for `import state_machine as sm`, with the reducer in Haskell if that is available.

`transition` and `check_invariants` are answered by Haskell; types, constructors and helpers are the reference's own, so that
`isinstance` keeps working. DOGE_CORE_BACKEND chooses `python`, `haskell` or `auto` (Haskell if it is built); DOGE_CORE_EXE is
the executable (a path, or a bare name to look up on PATH), DOGE_CORE_PERSISTENT=0 starts one process per call,
DOGE_CORE_TIMEOUT_SEC is the time limit of an answer. `status()` reports which backend answered.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import state_machine as _reference
from doge_core import locate as _locate
from doge_core.backend import Haskell as _Haskell
from doge_core.settings import read_settings as _read_settings
from state_machine import *  # noqa: F403  the whole surface of the reference, whatever it grows
from state_machine import Action, EngineConfig, Event, PairState

__all__ = [*_reference.__all__, "reset", "status"]

# An invalid setting fails the import, so that a bot does not start on a backend that nobody chose.
_settings = _read_settings()
_chosen: list[_Haskell | None] = []


def _backend() -> _Haskell | None:
    """Return the backend, which is chosen at its first use: Haskell, or None for Python."""
    if not _chosen:
        _chosen.append(_choose())
    return _chosen[0]


def _choose() -> _Haskell | None:
    if _settings.backend == "python":
        return None
    if _settings.backend == "auto" and _locate.find_executable(_settings.exe) is None:
        logging.getLogger("doge_core").warning("doge_core: Python answers, no executable found; %s", _locate.HOW_TO_GET)
        return None
    return _Haskell(_settings)


def transition(  # type: ignore[no-redef]  # replaces the reference's, which is the point
    state: PairState,
    event: Event,
    cfg: EngineConfig,
    order_size_usd: float,
    order_sizes: Mapping[str, float] | None = None,
) -> tuple[PairState, list[Action]]:
    """Advance the state by one event; see `state_machine.transition`."""
    haskell = _backend()
    if haskell is None:
        return _reference.transition(state, event, cfg, order_size_usd, order_sizes)
    return haskell.transition(state, event, cfg, order_size_usd, order_sizes)


def check_invariants(state: PairState) -> list[str]:  # type: ignore[no-redef]  # as above
    """Return the invariants that the state violates; see `state_machine.check_invariants`."""
    haskell = _backend()
    return _reference.check_invariants(state) if haskell is None else haskell.check_invariants(state)


def status() -> dict[str, Any]:
    """Return the chosen backend and its counts as plain data: calls, fallbacks by rung and cause, server starts, sessions."""
    haskell = _backend()
    exe = None if haskell is None else haskell.executable()
    report: dict[str, Any] = {
        "configured": _settings.backend,
        "backend": "python" if haskell is None else "haskell",
        "executable": None if exe is None else str(exe),
    }
    return report if haskell is None else {**report, **haskell.status()}


def reset() -> None:
    """End the server and read the settings from the environment again."""
    global _settings
    for haskell in _chosen:
        if haskell is not None:
            haskell.close()
    _settings = _read_settings()
    _chosen.clear()
