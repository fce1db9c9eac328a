"""The actions of a replay are made when they are looked at; what they are made of is checked when it comes."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from doge_core.acted import Acted, check_rows
from doge_core.backend import Haskell
from doge_core.codec import read_actions
from doge_core.errors import ServerGarbageError
from doge_core.replaying import EVENTS_MAX, Replay, in_parts, replay_by
from doge_core.settings import Settings
from reducer.types import Action, CancelOrderAction, Event, OrphanOrderAction, PairState, TimerTick
from state_machine import transition
from tests.adapter.traffic import CONFIG, SIZE_USD, spoil_replays, start, walk

ROWS: list[list[list[Any]]] = [
    [],
    [["CancelOrderAction", 1, "t", "stale"], ["OrphanOrderAction", 1, 2, "timeout"]],
    [],
    [["CancelOrderAction", 2, "", ""]],
]
ACTIONS: list[list[Action]] = [
    [],
    [CancelOrderAction(1, "t", "stale"), OrphanOrderAction(1, 2, "timeout")],
    [],
    [CancelOrderAction(2, "", "")],
]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many actions were made at a time."""
    counts: list[int] = []

    def counted(rows: list[list[Any]]) -> list[Action]:
        counts.append(len(rows))
        return read_actions(rows)

    monkeypatch.setattr("doge_core.acted.read_actions", counted)
    return counts


def test_they_are_what_a_list_of_them_is(made: list[int]) -> None:
    acted = Acted(deepcopy(ROWS))
    assert len(acted) == 4
    assert made == []
    assert list(acted) == ACTIONS
    assert (acted[1], acted[-1], acted[2:]) == (ACTIONS[1], ACTIONS[-1], ACTIONS[2:])
    assert acted == ACTIONS == acted
    assert acted == Acted(deepcopy(ROWS))
    assert acted != ACTIONS[1:]
    assert acted != 5
    assert repr(acted) == repr(ACTIONS)
    assert pickle.loads(pickle.dumps(acted)) == deepcopy(acted) == ACTIONS
    with pytest.raises(IndexError):
        acted[4]
    with pytest.raises(TypeError, match="unhashable"):
        hash(acted)
    assert acted[1] is acted[1]


SPOILT: dict[str, Callable[[list[Any]], Any]] = {
    "another type": lambda row: [*row[:-1], 5.5],
    "a value too few": lambda row: row[:-1],
    "a value too many": lambda row: [*row, "x"],
    "no such action": lambda row: ["NoAction", *row[1:]],
    "null": lambda row: None,
    "a number": lambda row: 5,
    "a text": lambda row: "CancelOrderAction",
    "an object": lambda row: {"_type": row[0]},
    "nothing": lambda row: [],
    "a list for the name": lambda row: [[], *row[1:]],
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_rows_of_which_no_actions_can_be_made_are_refused(spoilt: str) -> None:
    rows = deepcopy(ROWS)
    assert check_rows(rows) is rows
    rows[1][1] = SPOILT[spoilt](rows[1][1])
    with pytest.raises((ServerGarbageError, KeyError, TypeError, IndexError)):
        check_rows(rows)


def spoil_an_action(told: dict[str, Any], spoil: Callable[[list[Any]], Any]) -> dict[str, Any]:
    acted = next(acted for acted in told["actions"] if acted)
    acted[-1] = spoil(acted[-1])
    return told


@pytest.mark.parametrize("spoilt", SPOILT)
def test_the_adapter_notices_them_before_it_answers(spoilt: str, executable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    haskell = Haskell(Settings(backend="haskell", exe=str(executable)))
    spoil_replays(monkeypatch, lambda told: spoil_an_action(told, SPOILT[spoilt]))
    events = [event for _, event, _, _ in walk(2, 60)]
    got = haskell.replay(start(), events, CONFIG, SIZE_USD)
    assert haskell.status()["fallbacks"] == {"persistent:garbage": 2}
    assert repr(got) == repr(replay_by(transition, start(), events, CONFIG, SIZE_USD, None))
    haskell.close()


def test_a_long_replay_makes_none_until_one_is_looked_at(executable: Path, made: list[int]) -> None:
    haskell = Haskell(Settings(backend="haskell", exe=str(executable)))
    events = [event for _, event, _, _ in walk(7, 2 * EVENTS_MAX + 3)]
    got = haskell.replay(start(), events, CONFIG, SIZE_USD)
    assert len(got.actions) == len(events)
    assert made == []
    want = replay_by(transition, start(), events, CONFIG, SIZE_USD, None)
    assert got.actions == want.actions
    assert sum(made) == sum(map(len, want.actions)) > 1000
    assert haskell.status()["fallbacks"] == {}
    haskell.close()


@pytest.mark.parametrize(
    "lazy", [(True, True, True), (False, True, True), (True, False, True), (True, True, False), (False, False, False)]
)
def test_parts_of_either_kind_are_joined_in_order(lazy: tuple[bool, ...]) -> None:
    kinds = iter(lazy)

    def part(state: PairState, events: Sequence[Event]) -> Replay:
        rows = [[["CancelOrderAction", int(event.timestamp), "t", ""]] for event in events]
        return Replay(state, Acted(rows) if next(kinds) else list(Acted(rows)))

    # Two full parts and one that is not.
    whole = in_parts(part, start(), [TimerTick(float(number)) for number in range(11)], most=4)
    assert whole.actions == [[CancelOrderAction(number, "t")] for number in range(11)]
    assert isinstance(whole.actions, Acted) == all(lazy)
