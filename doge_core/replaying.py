"""Many events in one call, for back-tests: the last state, and the actions of each event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from doge_core.acted import Acted
from reducer.requests import EventError
from reducer.types import Action, EngineConfig, Event, PairState

REFUSED = (ValueError, TypeError, OverflowError)
# The events of one request. A bot's Ctrl-C and the time limit of an answer have to wait for no more.
EVENTS_MAX = 5000

Transition = Callable[..., tuple[PairState, list[Action]]]


@dataclass(frozen=True)
class Replay:
    """What many events lead to: the state after the last of them, and the actions of each."""

    state: PairState
    actions: Sequence[list[Action]] = field(default_factory=list)


def in_parts(
    part: Callable[[PairState, Sequence[Event]], Replay], state: PairState, events: Iterable[Event], most: int = EVENTS_MAX
) -> Replay:
    """Replay events as they come, so many at once. Raises what the first event that fails raises, with its index.

    What the iterator raises is raised after the events before it were replayed, as by a loop; Ctrl-C is raised at once.
    """
    coming = iter(events)
    actions: list[list[Action]] | Acted = []
    while True:
        some, failure = _taken(coming, most)
        if some:
            try:
                done = part(state, some)
            except EventError as error:
                raise _worded(error, len(actions)) from error.error
            state, actions = done.state, _joined(actions, done.actions)
        if failure is not None:
            raise failure
        if len(some) < most:
            return Replay(state, actions)


def _joined(actions: list[list[Action]] | Acted, more: Sequence[list[Action]]) -> list[list[Action]] | Acted:
    if isinstance(more, Acted):
        if isinstance(actions, Acted):
            return actions.followed_by(more)
        if not actions:
            return more
    made = actions if isinstance(actions, list) else list(actions)
    made.extend(more)
    return made


def _taken(coming: Iterator[Event], most: int) -> tuple[list[Event], BaseException | None]:
    some: list[Event] = []
    try:
        for event in islice(coming, most):
            some.append(event)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return some, error
    return some, None


def _worded(error: EventError, before: int) -> Exception:
    """Return an event's error with the index of the event among all."""
    cause = error.error
    kind = next(kind for kind in REFUSED if isinstance(cause, kind))
    return kind(f"events[{before + error.index}]: {cause}")


def one_by_one(
    transition: Transition, cfg: EngineConfig, order_size_usd: float, order_sizes: Mapping[str, float] | None
) -> Callable[[PairState, Sequence[Event]], Replay]:
    """Return what replays a part by one call for each event. Raises `EventError`."""

    def part(state: PairState, events: Sequence[Event]) -> Replay:
        actions = []
        for index, event in enumerate(events):
            try:
                state, acted = transition(state, event, cfg, order_size_usd, order_sizes)
            except REFUSED as error:
                raise EventError(index, error) from error
            actions.append(acted)
        return Replay(state, actions)

    return part


def replay_by(transition: Transition, state: PairState, events: Iterable[Event], *settings: Any) -> Replay:
    """Replay by one call for each event, as it comes. Raises what the first event that fails raises, with its index."""
    return in_parts(one_by_one(transition, *settings), state, events, most=1)
