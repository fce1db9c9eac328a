"""The closed worlds of the reducer: what they are, how states are merged, and that a wrong view is noticed."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any

import pytest

import state_machine as sm
from generators.reducer.atlas import BASE, WORLDS
from generators.reducer.worlds import KINDS, Limits, World, alphabet, bootstrapped
from harness.exhaust import explore
from harness.exhaust.explore import EXACT, Exploration, Options
from harness.exhaustion import Explored, Stepped
from harness.panel import REFERENCE
from harness.subjects.reducer.exhaust import view
from harness.subjects.reducer.exhaust.part import ReducerExhaustion
from harness.subjects.reducer.exhaust.promises import broken_promises
from harness.subjects.reducer.panel import ReducerPanel
from harness.subjects.reducer.ports.python import PythonPort
from reducer.types import BookCycleAction, FillEvent, PairState, RecoveryFillEvent, TimerTick
from reducer.types import replace as changed

NAMED = {world.name: world for world in WORLDS}


class Asked(PythonPort):
    """The reference as a port of its own."""

    name = "other"


def explored(world: World, options: Options | None = None, exhaustion: ReducerExhaustion | None = None) -> Explored:
    """What comes of a world, with the reference for a port."""
    panel = ReducerPanel([PythonPort(), Asked()], {})
    return Exploration(exhaustion or ReducerExhaustion(), world, panel, options or Options()).run()


def test_there_are_enough_and_each_says_what_for() -> None:
    assert len(WORLDS) >= 22
    assert len(NAMED) == len(WORLDS)
    assert len({world.why for world in WORLDS}) == len(WORLDS)


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_every_number_is_dyadic(world: World) -> None:
    """Then sums and differences are exact, and what should be equal is."""
    for root in world.roots:
        numbers = [root.market_price, *world.prices, *(order.price for order in root.orders)]
        assert all(Fraction(number).denominator <= 2**10 for number in numbers)
    assert all(Fraction(gap).denominator <= 2 for gap in world.gaps_sec)


def test_the_alphabet_has_a_fixed_order_and_every_kind() -> None:
    state = NAMED["eviction without a market"].roots[0]
    events = list(alphabet(replace(NAMED["plain"], kinds=KINDS), state))
    assert events == list(alphabet(replace(NAMED["plain"], kinds=KINDS[::-1]), state))
    names = [type(event).__name__ for event in events]
    assert names[:3] == ["PriceTick", "PriceTick", "TimerTick"]
    assert names.count("RecoveryFillEvent") == 3
    assert {type(event).__name__ for event in alphabet(NAMED["losses"], state)} == {"PriceTick", "TimerTick", "FillEvent"}


def test_a_clock_that_runs_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="world plain: a duration is negative"):
        replace(NAMED["plain"], gaps_sec=(1.0, -1.0))
    with pytest.raises(ValueError, match="a duration is negative"):
        replace(NAMED["plain"], cfg=replace(BASE, refresh_cooldown_sec=-1.0))


def test_a_field_that_the_view_does_not_name_is_an_error() -> None:
    @dataclass(frozen=True)
    class Grown(PairState):
        regime: str = ""

    with pytest.raises(ValueError, match="the view of Grown is not about regime"):
        view._check(Grown, view.STATE)
    with pytest.raises(ValueError, match="is not about now"):
        view._check(PairState, {name: field for name, field in view.STATE.items() if name != "now"})
    assert {field.name for field in fields(PairState)} == set(view.STATE)


def test_every_field_says_why() -> None:
    for table in (view.STATE, view.ORDER, view.RECOVERY):
        assert all(field.why for field in table.values())


@pytest.mark.parametrize(
    "change",
    [
        {"next_order_id": 77}, {"total_profit": 5.0}, {"total_round_trips": 3}, {"cycle_a": 9}, {"last_price_update_at": 0.5},
        {"mode_source": "regime"}, {"cooldown_until_a": 0.5},
    ],
    ids=str,
)  # fmt: skip
def test_states_are_one_that_differ_in_what_decides_nothing(change: dict[str, Any]) -> None:
    limits, state = NAMED["plain"].limits, bootstrapped(BASE)
    assert view.view_of(limits, state) == view.view_of(limits, changed(state, **change))


def test_states_are_one_at_any_time_and_with_any_ids() -> None:
    limits, state = NAMED["one-sided S1"].limits, NAMED["one-sided S1"].roots[0]
    (order,) = state.orders
    later = changed(order, local_id=8, placed_at=101.0, entry_filled_at=101.0)
    assert view.view_of(limits, state) == view.view_of(limits, changed(state, now=101.0, orders=(later,)))


@pytest.mark.parametrize(
    "change",
    [
        {"market_price": 1.25}, {"now": -1.0}, {"cycle_a": 0}, {"cooldown_until_a": 2.0}, {"consecutive_losses_a": 1},
        {"refresh_cooldown_until_b": 0.5}, {"s2_entered_at": 0.5}, {"long_only": True}, {"last_refresh_direction_a": "up"},
    ],
    ids=str,
)  # fmt: skip
def test_states_are_told_apart_by_what_decides(change: dict[str, Any]) -> None:
    limits, state = NAMED["plain"].limits, bootstrapped(BASE)
    assert view.view_of(limits, state) != view.view_of(limits, changed(state, **change))


@pytest.mark.parametrize(
    "name", ["sound", "refresh three times", "one-sided S1", "without times", "unsound", "end of a cooldown"]
)
def test_a_world_closes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explore, "CHECKED_ONE_IN", 4)
    monkeypatch.setattr(explore, "CHECKED_FIRST", 0)
    found = explored(NAMED[name])
    assert found.closed
    assert (found.broken, found.contradictions, found.divergent) == ({}, [], {"other": 0})
    # Each step alone, and the longest ways whole.
    assert found.transitions < found.asked["other"] <= found.transitions + explore.WAYS * found.depth
    assert found.merges_checked > found.merges / 8 > 0
    assert found.transitions == found.merges + found.states - len(NAMED[name].roots)


def test_a_view_that_drops_the_sign_of_an_age_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explore, "CHECKED_ONE_IN", 1)
    monkeypatch.setattr(view.Seen, "age", lambda seen, since: min(abs(seen.now - since), seen.limits.timeout_sec))
    found = explored(NAMED["filled in the future"], Options(depth=6))
    assert found.contradictions
    assert "merged states differ after event" in found.contradictions[0]


def test_a_view_that_caps_too_early_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explore, "CHECKED_ONE_IN", 1)
    monkeypatch.setattr(World, "limits", Limits(timeout_sec=1.0, losses=0, refreshes=1))
    assert explored(replace(NAMED["losing recoveries"])).contradictions


def test_exact_states_are_not_merged_and_need_a_bound() -> None:
    bounded = explored(NAMED["refresh twice"], Options(merge=EXACT, depth=3))
    merged = explored(NAMED["refresh twice"], Options(depth=3))
    assert (bounded.depth, bounded.closed, bounded.merges_checked) == (3, False, 0)
    assert bounded.states > merged.states


def test_a_depth_that_the_world_does_not_reach_leaves_it_closed() -> None:
    depth = explored(NAMED["refresh once"]).depth
    assert explored(NAMED["refresh once"], Options(depth=depth + 2)).closed
    assert not explored(NAMED["refresh once"], Options(depth=depth)).closed, "nobody looked whether more comes"


class Breaking(ReducerExhaustion):
    """A reference that breaks a promise once time has passed."""

    def step(self, world: World, state: PairState, event: Any) -> Stepped[PairState]:
        stepped = super().step(world, state, event)
        return replace(stepped, broken=["ids shrink"]) if state.now >= 2.0 else stepped


def test_a_broken_promise_is_told_with_the_way_to_it() -> None:
    found = explored(NAMED["end of a cooldown"], exhaustion=Breaking())
    assert found.broken == {"ids shrink": "end of a cooldown: after 1 events, event 0 of those that can come"}


BEFORE = NAMED["txids"].roots[0]
FILLED = FillEvent(1, "", "sell", 1.0, 4.0, 0.0, 1.0)
AFTER, ACTIONS = sm.transition(BEFORE, FILLED, BASE, 4.0)


PLACED = [each for each in ACTIONS if isinstance(each, sm.PlaceOrderAction)]
NO_BOOKING = [each for each in ACTIONS if not isinstance(each, BookCycleAction)]


@pytest.mark.parametrize(
    ("spoilt", "actions", "sentence"),
    [
        ({"next_order_id": 1}, ACTIONS, "an id counter shrinks"),
        ({"orders": (changed(AFTER.orders[0], local_id=7),)}, ACTIONS, "an order has an id that is not a new one"),
        ({"orders": (changed(AFTER.orders[0], price=9.0),)}, ACTIONS, "an order is another one than before under the same id"),
        ({"orders": AFTER.orders * 2}, ACTIONS, "an order has the id of another one"),
        ({"orders": (*AFTER.orders, BEFORE.orders[0])}, ACTIONS,
         "an order that is filled, cancelled or orphaned stays on the book"),
        ({"orders": AFTER.orders[:1]}, ACTIONS, "what is placed is not what is told"),
        ({}, [*NO_BOOKING, changed(PLACED[0], price=9.0)], "what is placed is not what is told"),
        ({}, [each for each in ACTIONS if each not in PLACED], "what is placed is not what is told"),
        ({"cycle_b": 0}, ACTIONS, "a cycle counter shrinks"),
        ({"completed_cycles": ()}, ACTIONS, "what is booked is not what is told"),
        ({"completed_cycles": (), "total_profit": 0.0, "total_round_trips": 0}, NO_BOOKING,
         "an exit is filled, and no cycle is booked"),
        ({"completed_cycles": (changed(AFTER.completed_cycles[0], cycle=5),)}, ACTIONS, "what is booked is not what is told"),
        ({"total_profit": 0.5}, ACTIONS, "total_profit is not the sum of the booked nets"),
        ({}, NO_BOOKING, "what is booked is not what is told"),
        ({"orders": ()}, ACTIONS, "an order is removed, and neither an action nor a fill says so"),
        ({"s2_entered_at": 1.0}, ACTIONS, "s2_entered_at is set outside of S2"),
    ],
)  # fmt: skip
def test_each_promise_can_be_broken(spoilt: dict[str, Any], actions: list[Any], sentence: str) -> None:
    assert broken_promises(BEFORE, FILLED, AFTER, ACTIONS, BASE, sound=False) == []
    assert sentence in broken_promises(BEFORE, FILLED, changed(AFTER, **spoilt), actions, BASE, sound=False)


HELD = NAMED["eviction without a market"].roots[0]
(RECOVERY,) = HELD.recovery_orders
RECOVERED = RecoveryFillEvent(1, "", "sell", 1.0, 4.0, 0.0, 1.0)
ORPHANED = [sm.OrphanOrderAction(1, 9, "s1_timeout")]


@pytest.mark.parametrize(
    ("event", "after", "actions", "sentence"),
    [
        (TimerTick(1.0), {"recovery_orders": ()}, [], "a recovery order is removed, and no action says so"),
        (TimerTick(1.0), {"recovery_orders": (RECOVERY, RECOVERY)}, [], "a recovery order has the id of another one"),
        (TimerTick(1.0), {"recovery_orders": (changed(RECOVERY, price=2.0),)}, [],
         "a recovery order is another one than before under the same id"),
        (TimerTick(1.0), {"recovery_orders": (RECOVERY, changed(RECOVERY, recovery_id=3))}, [],
         "a recovery order has an id that is not a new one"),
        (TimerTick(1.0), {}, [sm.CancelOrderAction(-1, "T", "x")], "a recovery order that is cancelled stays"),
        (TimerTick(1.0), {"orders": ()}, ORPHANED, "an orphaned exit is no recovery order"),
        (RECOVERED, {}, [], "a recovery order that is filled or cancelled stays"),
        (RECOVERED, {"recovery_orders": ()}, [], "an exit is filled, and no cycle is booked"),
        (TimerTick(1.0), {"recovery_orders": (RECOVERY, changed(RECOVERY, recovery_id=9)), "next_recovery_id": 10}, ORPHANED,
         "after an orphaning there are more recovery orders than slots"),
    ],
)  # fmt: skip
def test_each_promise_about_recoveries_can_be_broken(
    event: Any, after: dict[str, Any], actions: list[Any], sentence: str
) -> None:
    assert sentence in broken_promises(HELD, event, changed(HELD, **after), actions, BASE, sound=False)


def test_a_recovery_fill_that_drops_another_one_is_noticed() -> None:
    before = changed(HELD, recovery_orders=(RECOVERY, changed(RECOVERY, recovery_id=2)))
    after, actions = sm.transition(before, RECOVERED, BASE, 4.0)
    assert broken_promises(before, RECOVERED, after, actions, BASE, sound=False) == []
    dropped = changed(after, recovery_orders=())
    assert broken_promises(before, RECOVERED, dropped, actions, BASE, sound=False) == [
        "a recovery order is removed, and no action says so"
    ]


def test_a_time_of_s2_that_is_left_behind_is_noticed() -> None:
    before = NAMED["sticky"].roots[1]
    left = changed(before, orders=before.orders[:1])
    cancelled = [sm.CancelOrderAction(before.orders[1].local_id, "", "x")]
    assert "s2_entered_at is set outside of S2" in broken_promises(before, TimerTick(1.0), left, cancelled, BASE, sound=False)


def test_a_sound_start_is_watched() -> None:
    assert broken_promises(BEFORE, FILLED, changed(AFTER, cycle_a=0), ACTIONS, BASE, sound=True)


class Forgetful(Asked):
    """A port that answers each event alone, and of several the first only."""

    def answer(self, line: bytes) -> bytes:
        request = json.loads(line)
        if len(request.get("events", ())) > 1:
            request["events"] = request["events"][:1]
        return super().answer(json.dumps(request).encode())


def test_a_port_that_answers_single_events_alone_is_found() -> None:
    panel = ReducerPanel([PythonPort(), Forgetful()], {})
    found = Exploration(ReducerExhaustion(), NAMED["end of a cooldown"], panel, Options()).run()
    assert found.divergent["other"] > 0
    assert len(found.shown[0].case["events"]) == found.depth


def test_the_reference_is_never_a_candidate() -> None:
    assert REFERENCE not in explored(NAMED["refresh once"]).asked
