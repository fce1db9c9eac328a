"""Steps of the reference, which generators choose events by; those of a case are the reference's answer to its replay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import state_machine as sm
from reducer.requests import read_event
from reducer.types import Action, EngineConfig, Event, PairState

REFUSED = (ValueError, TypeError, OverflowError)

# The state after an event with its actions, or what the reference raised, which leaves the state as it was.
Step = tuple[PairState, list[Action]] | Exception


@dataclass(frozen=True)
class Seen:
    """The state that a case begins with, and a step for each of its events.

    State, settings and distorted events are read from what is sent, so the steps are those of the case's replay.
    """

    start: PairState
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Settings:
    """The settings that all steps of a case share. `order_size_usd` and the sizes per trade are in USD."""

    cfg: EngineConfig
    order_size_usd: float
    order_sizes: Mapping[str, float] | None = None

    def outcome(self, state: PairState, event: Event) -> Step:
        """Return the state after an event with its actions, or why the event is refused."""
        try:
            return sm.transition(state, event, self.cfg, self.order_size_usd, self.order_sizes)
        except REFUSED as error:
            # Its frames would keep all that they refer to.
            return error.with_traceback(None)

    def outcome_of_sent(self, state: PairState, data: Any) -> Step:
        """Return the same of an event as it is sent, which may be none."""
        try:
            event = read_event(data)
        except REFUSED as error:
            return error.with_traceback(None)
        return self.outcome(state, event)

    def step(self, state: PairState, event: Event) -> PairState:
        """Return the state after an event; an event that is refused changes nothing."""
        step = self.outcome(state, event)
        return state if isinstance(step, Exception) else step[0]
