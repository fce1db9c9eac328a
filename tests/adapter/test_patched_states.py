"""A state that the caller changed between two calls is sent as what changed, and is the state that the server steps from."""

from __future__ import annotations

import copy
import json
import math
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import state_machine as sm
from doge_core.backend import Haskell
from doge_core.client import Server
from doge_core.codec import PackedState
from doge_core.held import Session
from doge_core.session import Sessions
from generators.reducer.patches import PATCHES, Patch
from reducer.types import replace
from tests.adapter.traffic import CONFIG, SIZE_USD, drive, opened, start, walk

# These cannot be told as a patch: records are only appended, and ints stand where floats are due.
WHOLE = {"_forgotten", "_undone", "_ints"}


def patched_count(haskell: Haskell) -> int:
    count: int = haskell.status()["sessions"]["patched"]
    return count


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Every request of a step that is sent to a server."""
    requests: list[dict[str, Any]] = []
    request = Server.request

    def heard(server: Server, line: bytes) -> bytes:
        if b'"step"' in line:
            requests.append(json.loads(line))
        return request(server, line)

    monkeypatch.setattr(Server, "request", heard)
    return requests


def test_a_bot_s_traffic_is_answered_as_by_the_reference(haskell: Haskell) -> None:
    for seed in range(8):
        drive(haskell, 150, seed, bot=True)
    assert patched_count(haskell) > 200
    assert haskell.status()["fallbacks"] == {}


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.__name__.strip("_"))
def test_each_change_is_sent_as_a_patch_if_it_can_be(patch: Patch, haskell: Haskell, sent: list[dict[str, Any]]) -> None:
    held = want = start()
    for number, (_, event, _, _) in enumerate(walk(5, 60)):
        if number:
            held, want = patch(held), patch(want)
        held, got = haskell.transition(held, event, CONFIG, SIZE_USD)
        want, actions = sm.transition(want, event, CONFIG, SIZE_USD)
        assert (repr(held), repr(got)) == (repr(want), repr(actions))
    assert haskell.status()["sessions"]["lost"] == 0, "a patch must tell the state that it stands for"
    whole = sum("state" in request for request in sent)
    assert whole == 1 or patch.__name__ in WHOLE, sent[-1]
    assert haskell.status()["fallbacks"] == {}


def test_what_is_sent_is_what_changed(haskell: Haskell, sent: list[dict[str, Any]]) -> None:
    held, _ = haskell.transition(start(), sm.TimerTick(1.0), CONFIG, SIZE_USD)
    first, second = held.orders
    named = replace(first, txid="OTX-1")
    changed = replace(held, orders=(named, second), profit_pct_runtime=2.0)
    haskell.transition(changed, sm.TimerTick(2.0), replace(CONFIG), SIZE_USD)
    assert sent[-1]["patch"] == {"orders": [[0, {"txid": "OTX-1"}], 1], "profit_pct_runtime": 2.0}
    assert not {"state", "config"} & sent[-1].keys()


def test_a_patch_costs_the_same_however_many_cycles_there_are(haskell: Haskell, sent: list[dict[str, Any]]) -> None:
    record = sm.CycleRecord("B", 1, 0.1, 0.101, 20.0, 0.02, 0.01, 0.01)
    held, _ = haskell.transition(replace(start(), completed_cycles=(record,) * 500), sm.TimerTick(1.0), CONFIG, SIZE_USD)
    held, _ = haskell.transition(replace(held, total_fees=1.0), sm.TimerTick(2.0), CONFIG, SIZE_USD)
    assert sent[-1]["patch"] == {"total_fees": 1.0}
    held, _ = haskell.transition(
        replace(held, completed_cycles=(*held.completed_cycles, record)), sm.TimerTick(3.0), CONFIG, SIZE_USD
    )
    assert [*sent[-1]["patch"]] == ["completed_cycles"]
    assert len(sent[-1]["patch"]["completed_cycles"]) == 1


WRONG: tuple[Callable[[sm.PairState], sm.PairState], ...] = (
    lambda state: replace(state, market_price=math.nan),
    lambda state: replace(state, now="1"),
    lambda state: replace(state, s2_entered_at=math.inf),
    lambda state: replace(state, cooldown_until_a=-math.inf),
    lambda state: replace(state, cycle_a=2**63),
    lambda state: replace(state, long_only=1),
    lambda state: replace(state, mode_source="moon"),
    lambda state: replace(state, orders=[*state.orders, None]),
    lambda state: replace(state, orders=(*state.orders, None)),
    lambda state: replace(state, orders=(replace(state.orders[0], price=math.nan),)),
    lambda state: replace(state, orders=(replace(state.orders[0], price=math.inf), replace(state.orders[1], side="hold"))),
    lambda state: replace(state, orders=(replace(state.orders[0], local_id=2**64),)),
    lambda state: replace(state, orders=(replace(state.orders[0], txid="\ud800"),), cycle_a=None),
    lambda state: replace(state, orders=(replace(state.orders[0], txid=None),), market_price=None),
    lambda state: replace(state, completed_cycles=(sm.CycleRecord("B", 1, 0.1, 0.1, math.nan, 0.0, 0.0, 0.0),)),
    lambda state: replace(state, completed_cycles=None),
    lambda state: replace(state, orders=None, now=2.5),
    lambda state: replace(state, orders=5, now=2.5),
    lambda state: replace(state, recovery_orders=object()),
)


@pytest.mark.parametrize("event", [sm.TimerTick(2.0), sm.PriceTick(math.nan, 2.0), None])
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_state_raises_what_the_reference_raises_and_costs_nothing(
    wrong: Callable[[sm.PairState], sm.PairState], event: Any, haskell: Haskell
) -> None:
    held, _ = haskell.transition(start(), sm.TimerTick(1.0), CONFIG, SIZE_USD)
    with pytest.raises((ValueError, TypeError)) as reference:
        sm.transition(wrong(held), event, CONFIG, SIZE_USD)
    with pytest.raises(reference.type, match=f"^{re.escape(str(reference.value))}$"):
        haskell.transition(wrong(held), event, CONFIG, SIZE_USD)
    assert haskell.transition(held, sm.TimerTick(3.0), CONFIG, SIZE_USD)[0].now == 3.0
    assert opened(haskell) == 1
    assert haskell.status()["fallbacks"] == {}


def test_a_step_that_fails_leaves_the_state_without_the_patch(haskell: Haskell) -> None:
    held, _ = haskell.transition(start(), sm.TimerTick(1.0), CONFIG, SIZE_USD)
    too_large = sm.FillEvent(1, "", "buy", 1.79e308, 20.0, 0.0, 1.0)
    with pytest.raises(OverflowError):
        haskell.transition(replace(held, total_fees=5.0), too_large, CONFIG, SIZE_USD)
    after, _ = haskell.transition(held, sm.TimerTick(2.0), CONFIG, SIZE_USD)
    assert after.total_fees == held.total_fees
    assert opened(haskell) == 1


def test_a_server_that_knows_no_patches_gets_the_whole_state(haskell: Haskell, monkeypatch: pytest.MonkeyPatch) -> None:
    request = Server.request

    def old(server: Server, line: bytes) -> bytes:
        return request(server, json.dumps({key: value for key, value in json.loads(line).items() if key != "patch"}).encode())

    monkeypatch.setattr(Server, "request", old)
    drive(haskell, 60, bot=True)
    assert haskell.status()["sessions"]["lost"] > 5
    assert haskell.status()["fallbacks"] == {}


def test_pairs_that_are_all_changed_keep_their_sessions(haskell: Haskell) -> None:
    held = [start() for _ in range(10)]
    for now in range(1, 30):
        changed = [replace(state, total_fees=float(number)) if now > 1 else state for number, state in enumerate(held)]
        held = [haskell.transition(state, sm.TimerTick(float(now)), replace(CONFIG), SIZE_USD)[0] for state in changed]
    assert [state.total_fees for state in held] == [float(number) for number in range(10)]
    assert opened(haskell) == 10


@given(st.lists(st.tuples(st.sampled_from(range(len(PATCHES))), st.booleans()), min_size=2, max_size=12), st.integers(0, 50))
@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_changed_the_results_are_the_reference_s(
    haskell: Haskell, drawn: list[tuple[int, bool]], seed: int
) -> None:
    held = want = start()
    for (number, twice), (_, event, _, _) in zip(drawn, walk(seed, len(drawn)), strict=True):
        for _ in range(1 + twice):
            held, want = PATCHES[number](held), PATCHES[number](want)
        held, got = haskell.transition(held, event, replace(CONFIG), SIZE_USD)
        want, actions = sm.transition(want, event, CONFIG, SIZE_USD)
        assert (repr(held), repr(got)) == (repr(want), repr(actions))
    assert haskell.status()["fallbacks"] == {}


def without(value: Any, name: str) -> Any:
    """A copy that lacks a field, as an old pickle does: the class has the default."""
    less = copy.copy(value)
    del less.__dict__[name]
    return less


def test_what_an_old_pickle_lacks_is_the_default(haskell: Haskell) -> None:
    held, _ = haskell.transition(start(), sm.TimerTick(1.0), CONFIG, SIZE_USD)
    event = sm.PriceTick(0.12, 3000.0)
    settings_without = without(CONFIG, "sticky_mode_enabled")
    for state, cfg in (
        (without(start(), "profit_pct_runtime"), CONFIG),
        (without(held, "profit_pct_runtime"), CONFIG),
        (replace(held, orders=(without(held.orders[0], "entry_fee"),)), CONFIG),
        (held, settings_without),
        (replace(held, total_fees=1.0), CONFIG),
        (start(), settings_without),
    ):
        want = sm.transition(state, event, cfg, SIZE_USD)
        assert repr(haskell.transition(state, event, cfg, SIZE_USD)) == repr(want)
    assert haskell.status()["fallbacks"] == {}


def test_settings_that_are_changed_by_force_do_not_spoil_those_of_others(haskell: Haskell) -> None:
    spoilt = replace(CONFIG)
    held, _ = haskell.transition(start(), sm.TimerTick(1.0), spoilt, SIZE_USD)
    object.__setattr__(spoilt, "entry_pct", 1.5)
    arguments = (held, sm.PriceTick(0.12, 3000.0), replace(spoilt), SIZE_USD)
    assert repr(haskell.transition(*arguments)) == repr(sm.transition(*arguments))


def test_settings_that_change_with_the_state_are_sent_with_it(haskell: Haskell) -> None:
    own = (CONFIG, SIZE_USD, None)
    config, size, sizes = sm.EngineConfig(price_decimals=5, entry_pct=1.5), 9.0, {"A": 5.0, "B": 7.0}
    turns: list[tuple[Any, ...]] = [own, (config, SIZE_USD, None), own, (CONFIG, size, None), own, (CONFIG, SIZE_USD, sizes)]
    held = want = start()
    for step, (_, event, _, _) in enumerate(walk(6, 80)):
        settings = turns[step % len(turns)]
        held, want = (replace(state, total_fees=state.total_fees + 0.25) for state in (held, want))
        held, got = haskell.transition(held, event, *settings)
        want, actions = sm.transition(want, event, *settings)
        assert (repr(held), repr(got)) == (repr(want), repr(actions)), step
    assert opened(haskell) == 1
    assert patched_count(haskell) == 79


def of_orders(count: int) -> sm.PairState:
    """A state with so many orders."""
    first = start().orders[0]
    return replace(start(), orders=tuple(replace(first, local_id=number, price=0.05) for number in range(count)))


def seconds(call: Callable[[], object]) -> float:
    """The shortest of some calls."""
    found = []
    for _ in range(5):
        began = time.perf_counter()
        call()
        found.append(time.perf_counter() - began)
    return min(found)


def test_what_changed_is_found_in_time_that_grows_with_the_book_alone() -> None:
    few, many = 300, 4800
    taken: dict[str, list[float]] = {"told": [], "found": []}
    for count in (few, many):
        state = of_orders(count)
        packed = PackedState(state)
        changed = replace(state, orders=tuple(replace(order, txid="x") for order in state.orders))
        taken["told"].append(seconds(lambda packed=packed, changed=changed: packed.patched(changed)))
        sessions = Sessions(Silent())
        for number in range(8):
            held = Session(number, of_orders(count), CONFIG, SIZE_USD, None)
            sessions._by_state[id(held.packed.state)] = held
        taken["found"].append(seconds(lambda sessions=sessions, state=state: sessions._origin(state)))
    # Sixteen times the orders: sixteen times the time, and not the 256 times of every order against every other one.
    assert all(long < 4 * many / few * short for short, long in taken.values()), taken


class Silent:
    """What answers nothing, because it is not asked."""

    def request(self, line: bytes) -> bytes:
        raise AssertionError("nothing is asked")

    def kill(self) -> None:
        return

    close = kill
