"""The closed worlds of the reducer: what they are, how states are merged, and that a wrong view is noticed."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any

import pytest

import state_machine as sm
from generators.reducer.atlas import BASE, WORLDS
from generators.reducer.worlds import KINDS, World, alphabet, bootstrapped
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
    limits, state = view.Limits.of(NAMED["plain"]), bootstrapped(BASE)
    assert view.view_of(limits, state) == view.view_of(limits, changed(state, **change))


def test_states_are_one_at_any_time_and_with_any_ids() -> None:
    limits, state = view.Limits.of(NAMED["one-sided S1"]), NAMED["one-sided S1"].roots[0]
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
    limits, state = view.Limits.of(NAMED["plain"]), bootstrapped(BASE)
    assert view.view_of(limits, state) != view.view_of(limits, changed(state, **change))


@pytest.mark.parametrize("name", ["sound", "refresh twice", "one-sided S1", "without times", "unsound", "end of a cooldown"])
def test_a_world_closes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explore, "CHECKED_ONE_IN", 4)
    found = explored(NAMED[name])
    assert found.closed
    assert (found.broken, found.contradictions, found.divergent) == ({}, [], {"other": 0})
    assert found.asked == {"other": found.transitions}
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
    early = view.Limits(timeout_sec=1.0, losses=0, refreshes=1)
    monkeypatch.setattr("harness.subjects.reducer.exhaust.part._limits", lambda _name: early)
    assert explored(NAMED["losing recoveries"]).contradictions


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


@pytest.mark.parametrize(
    ("spoilt", "actions", "sentence"),
    [
        ({"next_order_id": 1}, ACTIONS, "an id counter shrinks"),
        ({"orders": (changed(AFTER.orders[0], local_id=7),)}, ACTIONS, "an order's id is not a new one"),
        ({"cycle_b": 0}, ACTIONS, "a cycle counter shrinks"),
        ({"completed_cycles": ()}, ACTIONS, "what is booked is not what is told"),
        ({"total_profit": 0.5}, ACTIONS, "total_profit is not the sum of the booked nets"),
        ({}, [each for each in ACTIONS if not isinstance(each, BookCycleAction)], "what is booked is not what is told"),
        ({"orders": ()}, ACTIONS, "an order is removed, and neither an action nor a fill says so"),
        ({"s2_entered_at": 1.0}, ACTIONS, "s2_entered_at is set outside of S2"),
    ],
)
def test_each_promise_can_be_broken(spoilt: dict[str, Any], actions: list[Any], sentence: str) -> None:
    assert broken_promises(BEFORE, FILLED, AFTER, ACTIONS, BASE, sound=False) == []
    assert sentence in broken_promises(BEFORE, FILLED, changed(AFTER, **spoilt), actions, BASE, sound=False)


def test_a_sound_start_and_a_lost_recovery_are_watched() -> None:
    assert broken_promises(BEFORE, FILLED, changed(AFTER, cycle_a=0), ACTIONS, BASE, sound=True)
    held = NAMED["eviction without a market"].roots[0]
    timer, lost = TimerTick(1.0), changed(held, recovery_orders=())
    assert "a recovery order is removed, and no action says so" in broken_promises(held, timer, lost, [], BASE, sound=False)
    unknown = RecoveryFillEvent(0, "", "sell", 1.0, 4.0, 0.0, 1.0)
    more = changed(held, recovery_orders=held.recovery_orders * 2)
    assert broken_promises(held, unknown, held, [], BASE, sound=False) == []
    orphaned = [sm.OrphanOrderAction(1, 1, "x")]
    assert "after an orphaning there are more recovery orders than slots" in broken_promises(
        held, timer, more, orphaned, BASE, sound=False
    )


def test_the_reference_is_never_a_candidate() -> None:
    assert REFERENCE not in explored(NAMED["refresh once"]).asked
