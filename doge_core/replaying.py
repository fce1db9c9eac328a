"""Many events in one call, for back-tests: the last state, and the actions of each event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from reducer.types import Action, EngineConfig, Event, PairState

REFUSED = (ValueError, TypeError, OverflowError)
# The events of one request. A bot's Ctrl-C and the time limit of an answer have to wait for no more.
EVENTS_MAX = 5000

Transition = Callable[..., tuple[PairState, list[Action]]]


@dataclass(frozen=True)
class Replay:
    """What many events lead to: the state after the last of them, and the actions of each."""

    state: PairState
    actions: list[list[Action]]


def event_error(error: Exception, index: int) -> Exception:
    """Return an event's error as that of one of several events."""
    return type(error)(f"events[{index}]: {error}")


def replay_by(
    transition: Transition,
    state: PairState,
    events: Iterable[Event],
    cfg: EngineConfig,
    order_size_usd: float,
    order_sizes: Mapping[str, float] | None,
) -> Replay:
    """Replay by one call for each event. Raises what the first event that fails raises, with its index."""
    actions = []
    for index, event in enumerate(events):
        try:
            state, acted = transition(state, event, cfg, order_size_usd, order_sizes)
        except REFUSED as error:
            raise event_error(error, index) from error
        actions.append(acted)
    return Replay(state, actions)
