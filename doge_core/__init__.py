"""`import doge_core as sm` is a drop-in for `import state_machine as sm`, with the reducer in Haskell if that is available.

`transition` and `check_invariants` are answered by Haskell; types, constructors and helpers are the reference's own, so that
`isinstance` keeps working. They are frozen, and a state or configuration that somebody changes nevertheless is taken for what
it was. DOGE_CORE_BACKEND chooses `python`, `haskell`, `haskell-inproc` (a library in this process, named in
DOGE_CORE_LIBRARY) or `auto` (Haskell if it is built); DOGE_CORE_EXE is the executable (a path, or a bare name to look up on
PATH), DOGE_CORE_PERSISTENT=0 starts one process per call, DOGE_CORE_TIMEOUT_SEC is the time limit of an answer. `status()`
reports which backend answered.

With DOGE_CORE_SHADOW=1, Python answers and Haskell is asked the same beside it: see `docs/shadow.md`. `get_shadow_metrics()`
counts, `reset_shadow_metrics()` begins to count anew. DOGE_CORE_TELEMETRY=FILE measures every call, `with telemetry_loop():` a
round of the bot's loop: see `docs/telemetry.md`.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

import state_machine as _reference
from doge_core import locate as _locate
from doge_core.backend import Haskell as _Haskell
from doge_core.replaying import Replay
from doge_core.replaying import replay_by as _replay_by
from doge_core.settings import KINDS as _KINDS
from doge_core.settings import Settings as _Settings
from doge_core.settings import read_settings as _read_settings
from doge_shadow.block import block_of_none as _block_of_none
from state_machine import *  # noqa: F403  the whole surface of the reference, whatever it grows
from state_machine import Action, EngineConfig, Event, PairState

__all__ = [
    *_reference.__all__, "Replay", "get_shadow_metrics", "replay", "reset", "reset_shadow_metrics", "shadow_collector",
    "status", "telemetry_loop",
]  # fmt: skip

if TYPE_CHECKING:
    from doge_core.measuring import Measuring as _Measuring
    from doge_core.watching import Python as _WatchedPython


def _settings_now() -> _Settings:
    settings = _read_settings()
    if settings.backend == "haskell-inproc":
        # Not by the first call: a child that is forked meanwhile would wait for ever for an import that nobody finishes.
        _import_module("doge_core.library")
    return settings


# An invalid setting fails the import, so that a bot does not start on a backend that nobody chose.
_settings = _settings_now()
_choosing = threading.Lock()
_chosen: list[_Haskell | _WatchedPython | None] = []


def _measure() -> _Measuring | None:
    """What measures the calls, None where telemetry is off."""
    if _settings.telemetry is None:
        return None
    # Imported here, because a bot without telemetry needs nothing of it.
    from doge_core.measuring import Measuring

    return Measuring(_settings.telemetry, status)


_measuring: _Measuring | None = None


def _after_fork_in_child() -> None:
    """Another thread of the parent may have held the lock, and is not here to let it go."""
    global _choosing
    _choosing = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def _backend() -> _Haskell | _WatchedPython | None:
    """Return the backend, which is chosen at its first use: Haskell, Python with a shadow, or None for Python alone."""
    # In one step, because `reset` may be called by another thread.
    for chosen in _chosen:
        return chosen
    with _choosing:
        if not _chosen:
            _chosen.append(_choose())
        return _chosen[0]


def _choose() -> _Haskell | _WatchedPython | None:
    if _settings.shadow is not None:
        # Imported here, because a bot without a shadow needs nothing of it.
        from doge_core.watching import Python as _WatchedPython

        if _settings.backend == "auto":
            logging.getLogger("doge_core").warning(
                "doge_core: without the shadow, `auto` takes the candidate; set DOGE_CORE_BACKEND=python until the cut-over"
            )
        return _WatchedPython(_settings, _settings.shadow)
    if _settings.backend == "python":
        return None
    if _settings.backend == "auto" and _locate.find_executable(_settings.exe) is None:
        logging.getLogger("doge_core").warning("doge_core: Python answers, no executable found; %s", _locate.HOW_TO_GET)
        return None
    return _Haskell(_settings)


def _watched() -> _WatchedPython | None:
    """Return the backend if it is Python with a shadow."""
    backend = _backend()
    return None if backend is None or isinstance(backend, _Haskell) else backend


def transition(  # type: ignore[no-redef]  # replaces the reference's, which is the point
    state: PairState,
    event: Event,
    cfg: EngineConfig,
    order_size_usd: float,
    order_sizes: Mapping[str, float] | None = None,
) -> tuple[PairState, list[Action]]:
    """Advance the state by one event; see `state_machine.transition`."""
    backend, measuring = _backend(), _measuring
    if measuring is not None:
        call = _reference.transition if backend is None else backend.transition
        return measuring.transition(call, state, event, cfg, order_size_usd, order_sizes)
    if backend is None:
        return _reference.transition(state, event, cfg, order_size_usd, order_sizes)
    return backend.transition(state, event, cfg, order_size_usd, order_sizes)


def check_invariants(state: PairState) -> list[str]:  # type: ignore[no-redef]  # as above
    """Return the invariants that the state violates; see `state_machine.check_invariants`."""
    backend, measuring = _backend(), _measuring
    call = _reference.check_invariants if backend is None else backend.check_invariants
    return call(state) if measuring is None else measuring.check_invariants(call, state)


def replay(
    state: PairState,
    events: Iterable[Event],
    cfg: EngineConfig,
    order_size_usd: float,
    order_sizes: Mapping[str, float] | None = None,
) -> Replay:
    """Advance the state by many events, as one `transition` after the other does, with few crossings: for back-tests.

    Returns the last state, and the actions of each event. Raises what the first event that fails raises, with its index before
    the sentence (`events[3]: event.price: …`). Haskell is asked for 5,000 events at a time. Telemetry measures no replay of
    Haskell's.
    """
    backend = _backend()
    if isinstance(backend, _Haskell):
        return backend.replay(state, events, cfg, order_size_usd, order_sizes)
    return _replay_by(transition, state, events, cfg, order_size_usd, order_sizes)


def telemetry_loop() -> AbstractContextManager[None]:
    """Measure a round of the bot's loop: `with sm.telemetry_loop():`. Nothing is measured where telemetry is off."""
    measuring = _measuring
    return nullcontext() if measuring is None else measuring.loop()


def status() -> dict[str, Any]:
    """Return the chosen backend and its counts as plain data: calls, fallbacks by rung and cause, server starts, sessions."""
    backend = _backend()
    haskell = backend if isinstance(backend, _Haskell) else None
    exe = None if haskell is None else haskell.executable()
    report: dict[str, Any] = {
        "configured": _settings.backend,
        "backend": "python" if haskell is None else "haskell",
        "shadow": _watched() is not None,
        "executable": None if exe is None else str(exe),
    }
    return report if haskell is None else {**report, **haskell.status()}


def get_shadow_metrics() -> dict[str, Any]:
    """Return what the shadow counted, as plain data: the block `state_machine_shadow` of the bot's `/api/status`."""
    watched = _watched()
    return _block_of_none(_KINDS) if watched is None else watched.metrics()


def reset_shadow_metrics() -> None:
    """Begin to count anew. What was written to the journal stays there."""
    watched = _watched()
    if watched is not None:
        watched.shadow.reset()


def shadow_collector() -> Any:
    """Return a collector of the shadow's counts for `prometheus_client.REGISTRY.register`."""
    from doge_shadow.prometheus import collector_of

    def shadow() -> Any:
        watched = _watched()
        return None if watched is None else watched.shadow

    return collector_of("state_machine_shadow", shadow)


def reset() -> None:
    """Read the settings from the environment again, and end server and shadow. Calls of other threads are answered all along.

    Raises `ValueError` for an invalid setting, and leaves everything as it is.
    """
    global _settings, _measuring
    settings = _settings_now()
    with _choosing:
        _settings, before = settings, list(_chosen)
        _chosen.clear()
    measured, measuring = _measuring, _measure()
    if measured is not None:
        # Before anything is measured of what follows.
        measured.end()
    _measuring = measuring
    for backend in before:
        if isinstance(backend, _Haskell):
            backend.retire()
        elif backend is not None:
            backend.shadow.stop()


_measuring = _measure()
