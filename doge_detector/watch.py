"""The detector's shadow of this process, if it is on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from doge_detector.settings import KINDS, SENSELESS, Settings
from doge_detector.shadowing import DetectorComparer
from doge_detector.turns import Turns
from doge_shadow.block import block_of, block_of_none
from doge_shadow.settings import ShadowSettings
from doge_shadow.shadow import Shadow

# Longer than an update takes: a thread that wakes takes the interpreter's lock from a call that is going on.
WAKE_SEC = 0.02


@dataclass(frozen=True, eq=False)
class Watch:
    """A shadow that is on, and the calls that are going on beside it."""

    shadow: Shadow
    comparer: DetectorComparer
    calls: Turns


_watch: Watch | None = None


def start(settings: Settings, shadow: ShadowSettings) -> Watch:
    """Turn the shadow on for every detector of this process, in place of one that was on."""
    global _watch
    stop()
    comparer, calls = DetectorComparer(settings, shadow), Turns()

    def begin_anew() -> None:
        comparer.begin_anew()
        # The calls of other threads are the parent's.
        calls.active = 0

    watched = Shadow(
        "detector",
        shadow,
        comparer,
        KINDS,
        SENSELESS,
        wake_sec=WAKE_SEC,
        occupied=lambda: calls.active > 0,
        begun_anew=begin_anew,
    )
    _watch = Watch(watched, comparer, calls)
    return _watch


def stop() -> None:
    """Turn the shadow off, and end its candidate."""
    global _watch
    watch, _watch = _watch, None
    if watch is not None:
        watch.shadow.stop()


def current() -> Watch | None:
    """Return the shadow that is on, if one is."""
    return _watch


def metrics() -> dict[str, Any]:
    """The counts under the names of the block `hmm_shadow`."""
    watch = _watch
    return (
        block_of_none(KINDS) if watch is None else block_of(watch.shadow.status(), KINDS, available=watch.comparer.available())
    )
