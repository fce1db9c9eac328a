"""Telemetry of the adapter: how long calls take, whatever answers them, and how many states violate an invariant."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import state_machine as sm
from doge_shadow.face import REFUSED
from doge_telemetry.recorder import recorder_for

log = logging.getLogger("doge_telemetry")

PART = "reducer"
LOOP, TRANSITION, FILL_TO_ACTION, CHECK = "loop", "transition", "fill_to_action", "invariant_check"
VIOLATIONS, REFUSALS = "invariant_violations", "refused_transitions"
FILLS = (sm.FillEvent, sm.RecoveryFillEvent)

Result = tuple[sm.PairState, list[sm.Action]]


class Measuring:
    """Measures calls. `status` is the adapter's, which says what answers."""

    def __init__(self, path: Path, status: Callable[[], dict[str, Any]]) -> None:
        self._recorder = recorder_for(path)
        self._status = status
        self._is_described = False

    def transition(self, call: Callable[..., Result], *arguments: Any) -> Result:
        """Make a call. From a fill to its actions is the time until the bot has them, where there are any."""
        if not self._is_described:
            self._describe()
        began = perf_counter()
        try:
            result = call(*arguments)
        except REFUSED:
            self._recorder.count(REFUSALS)
            raise
        seconds = perf_counter() - began
        self._recorder.note(TRANSITION, seconds)
        if result[1] and isinstance(arguments[1], FILLS):
            self._recorder.note(FILL_TO_ACTION, seconds)
        return result

    def check_invariants(self, call: Callable[[sm.PairState], list[str]], state: sm.PairState) -> list[str]:
        """Make a call; a state that violates several invariants counts once."""
        if not self._is_described:
            self._describe()
        began = perf_counter()
        found = call(state)
        self._recorder.note(CHECK, perf_counter() - began)
        if found:
            self._recorder.count(VIOLATIONS)
        return found

    @contextmanager
    def loop(self) -> Iterator[None]:
        """Measure a round of the bot's loop; one that an exception ends counts as well."""
        if not self._is_described:
            self._describe()
        began = perf_counter()
        try:
            yield
        finally:
            self._recorder.note(LOOP, perf_counter() - began)

    def _describe(self) -> None:
        self._is_described = True
        try:
            self._describe_now()
        except Exception as error:  # the bot is not to hear of it; what nobody described counts as of another build
            log.warning("telemetry: what is measured cannot be described (%r)", error)

    def _describe_now(self) -> None:
        from doge_core.shadowing import identity_here

        status = self._status()
        executable = status["executable"]
        digests = identity_here(None if executable is None else Path(executable))
        side = "reference" if status["backend"] == "python" else "candidate"
        about = {"side": side, "backend": status["backend"], "shadow": status["shadow"], "digests": digests}
        self._recorder.describe(PART, about)

    def end(self) -> None:
        """Write down what was measured; what follows may be of something else, in this file or in another."""
        self._recorder.leave()
