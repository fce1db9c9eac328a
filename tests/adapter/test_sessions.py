"""What crosses the pipe, and what happens when the caller does the unusual."""

from __future__ import annotations

import math
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import doge_core
import state_machine as sm
from doge_core.backend import Haskell
from doge_core.client import Server
from doge_core.settings import Settings, read_settings
from tests.adapter.traffic import CONFIG, SIZE_USD, opened, start, walk


def test_only_the_first_call_sends_the_state(haskell: Haskell) -> None:
    held = start()
    for _, event, after, actions in walk(1, 400):
        held, got = haskell.transition(held, event, CONFIG, SIZE_USD)
        assert (repr(held), repr(got)) == (repr(after), repr(actions))
    assert opened(haskell) == 1
    assert haskell.status()["fallbacks"] == {}


@pytest.mark.parametrize("how", ["transition", "replay"])
def test_a_state_is_sent_in_the_order_that_the_server_reads_fastest(
    how: str, haskell: Haskell, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[bytes] = []
    ask = Server.request
    monkeypatch.setattr(Server, "request", lambda server, line: sent.append(line) or ask(server, line))
    event = sm.TimerTick(5.0)
    getattr(haskell, how)(start(), event if how == "transition" else [event], CONFIG, SIZE_USD)
    [opening] = [line for line in sent if b'"state"' in line and b'"step"' in line]
    told = b'"event":{"timestamp"' if how == "transition" else b'"events":[{"timestamp"'
    assert opening.startswith(b'{"method":"step","session":0,' + told), "docs/wire.md says which order it is"


def test_a_state_can_be_moved_on_twice(haskell: Haskell) -> None:
    before, event, after, _ = next(walk(2, 1))
    other = sm.TimerTick(99.0)
    held, _ = haskell.transition(before, sm.TimerTick(0.5), CONFIG, SIZE_USD)
    first, _ = haskell.transition(held, other, CONFIG, SIZE_USD)
    second, _ = haskell.transition(held, other, CONFIG, SIZE_USD)
    assert first == second
    assert haskell.transition(before, event, CONFIG, SIZE_USD)[0] == after
    assert haskell.status()["fallbacks"] == {}


def test_a_hundred_pairs_take_turns(haskell: Haskell) -> None:
    walks = [list(walk(seed, 20)) for seed in range(100)]
    held = [start() for _ in walks]
    for step in range(20):
        for pair, steps in enumerate(walks):
            _, event, after, _ = steps[step]
            held[pair], _ = haskell.transition(held[pair], event, CONFIG, SIZE_USD)
            assert repr(held[pair]) == repr(after)
    assert haskell.status()["fallbacks"] == {}


def test_ten_pairs_are_each_opened_once(haskell: Haskell) -> None:
    held = [start() for _ in range(10)]
    for now in range(1, 30):
        held = [haskell.transition(state, sm.TimerTick(float(now)), CONFIG, SIZE_USD)[0] for state in held]
    assert opened(haskell) == 10


@pytest.mark.parametrize(
    "settings",
    [
        (sm.EngineConfig(price_decimals=2), SIZE_USD, None),
        (CONFIG, 5.0, None),
        (CONFIG, SIZE_USD, {"A": 3.0, "B": 4.0}),
        (CONFIG, 3, None),
        (sm.EngineConfig(entry_pct=1, s1_orphan_after_sec=math.inf), SIZE_USD, {}),
    ],
)
def test_settings_may_change_at_any_step(haskell: Haskell, settings: tuple[Any, ...]) -> None:
    held = state = start()
    for turn, (_, event, _, _) in enumerate(walk(3, 60)):
        use = settings if turn % 3 else (CONFIG, SIZE_USD, None)
        held, got = haskell.transition(held, event, *use)
        state, want = sm.transition(state, event, *use)
        assert (repr(held), repr(got)) == (repr(state), repr(want))
    assert opened(haskell) == 1


WRONG: list[tuple[Any, type[Exception], str]] = [
    (sm.PriceTick(math.nan, 1.0), ValueError, r"event\.price: must be finite, got NaN"),
    (sm.PriceTick(math.inf, 1.0), ValueError, r"event\.price: must be finite, got Infinity"),
    (sm.TimerTick("now"), ValueError, r"event\.timestamp: expected a number, got a string"),  # type: ignore[arg-type]
    (sm.PriceTick(True, 1.0), ValueError, r"event\.price: expected a number, got a boolean"),
    (sm.RecoveryCancelEvent(2**63, "", 1.0), ValueError, r"event\.recovery_id: must fit in 64 bits"),
    (sm.RecoveryCancelEvent(1, "\ud800", 1.0), ValueError, r"event\.txid: must be valid Unicode"),
    (sm.FillEvent(1, "", "hold", 1.0, 1.0, 0.0, 1.0), ValueError, r"event\.side: must be one of buy, sell; got"),  # type: ignore[arg-type]
    ({"timestamp": 1.0}, TypeError, "event: is no event"),
    (None, TypeError, "event: is no event"),
    (sm.FillEvent(1, b"abc", "buy", 0.1, 20.0, 0.0, 1.0), ValueError, r"event\.txid: expected a string, got an object"),  # type: ignore[arg-type]
    (sm.FillEvent(1, UUID(int=1), "buy", 0.1, 20.0, 0.0, 1.0), ValueError, r"event\.txid: expected a string"),  # type: ignore[arg-type]
    (sm.PriceTick(Decimal(1), 1.0), ValueError, r"event\.price: expected a number, got an object"),  # type: ignore[arg-type]
    (sm.FillEvent(1, "", "buy", 1.79e308, 20.0, 0.0, 1.0), OverflowError, r"result\.orders\[1\]\.price: is too large"),
]


@pytest.mark.parametrize(("event", "error", "sentence"), WRONG)
def test_a_wrong_event_raises_what_the_reference_raises_and_changes_nothing(
    haskell: Haskell, event: Any, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        sm.transition(start(), event, CONFIG, SIZE_USD)
    held, _ = haskell.transition(start(), sm.TimerTick(0.5), CONFIG, SIZE_USD)
    with pytest.raises(error, match=sentence):
        haskell.transition(held, event, CONFIG, SIZE_USD)
    assert haskell.transition(held, sm.TimerTick(1.0), CONFIG, SIZE_USD)[0].now == 1.0
    assert opened(haskell) == 1, "a refused event must not cost the session"
    assert haskell.status()["fallbacks"] == {}


@pytest.mark.parametrize("wrong", [{"A": True}, {"A": Decimal(1)}, {"A": math.nan}, {"A": "1"}, {"A": None}, [("A", 1.0)], 5])
def test_wrong_sizes_are_refused_however_equal_they_are_to_the_last(haskell: Haskell, wrong: Any) -> None:
    held, _ = haskell.transition(start(), sm.TimerTick(0.5), CONFIG, SIZE_USD, {"A": 1.0})
    with pytest.raises(ValueError, match=r"^order_sizes") as reference:
        sm.transition(held, sm.TimerTick(1.0), CONFIG, SIZE_USD, wrong)
    with pytest.raises(ValueError, match=r"^order_sizes") as refused:
        haskell.transition(held, sm.TimerTick(1.0), CONFIG, SIZE_USD, wrong)
    assert str(refused.value) == str(reference.value)
    assert haskell.transition(held, sm.TimerTick(1.0), CONFIG, SIZE_USD, {"A": 1.0})[0].now == 1.0
    assert opened(haskell) == 1


class OwnConfig(sm.EngineConfig):
    pass


class OwnState(sm.PairState):
    pass


class OwnTick(sm.PriceTick):
    pass


class OwnText(str):
    pass


def test_subclasses_count_as_what_they_are(haskell: Haskell) -> None:
    state = OwnState(**vars(start()))
    cfg = OwnConfig(price_decimals=5)
    fill = sm.FillEvent(1, OwnText("tx"), "buy", 0.0998, 20.0, 0.005, 2.0)
    held = want = state
    for event in (OwnTick(0.1, 1.0), fill, sm.TimerTick(3.0), OwnTick(0.2, 4.0)):
        held, got = haskell.transition(held, event, cfg, SIZE_USD)  # type: ignore[assignment]
        want, actions = sm.transition(want, event, cfg, SIZE_USD)  # type: ignore[assignment]
        assert (repr(held), repr(got)) == (repr(want), repr(actions))
    assert haskell.check_invariants(state) == sm.check_invariants(state)
    assert haskell.status()["fallbacks"] == {}


def test_ints_for_floats_become_floats_everywhere(haskell: Haskell) -> None:
    held, _ = haskell.transition(sm.PairState(1, 0), sm.PriceTick(2, 3), CONFIG, 2)
    assert repr(held) == repr(sm.transition(sm.PairState(1, 0), sm.PriceTick(2, 3), CONFIG, 2)[0])
    held, _ = haskell.transition(held, sm.PriceTick(4, 5), CONFIG, 2)
    assert (held.market_price, type(held.market_price)) == (4.0, float)


def test_minus_zero_survives(haskell: Haskell) -> None:
    held, _ = haskell.transition(start(), sm.PriceTick(0.0, 0.0), CONFIG, SIZE_USD)
    held, _ = haskell.transition(held, sm.PriceTick(-0.0, -0.0), CONFIG, SIZE_USD)
    assert math.copysign(1.0, held.market_price) == -1.0
    assert math.copysign(1.0, held.now) == -1.0


def test_the_drop_in_has_the_whole_surface() -> None:
    for name in sm.__all__:
        assert hasattr(doge_core, name), name
    for name in set(sm.__all__) - {"transition", "check_invariants"}:
        assert getattr(doge_core, name) is getattr(sm, name), name


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DOGE_CORE_BACKEND", "rust"),
        ("DOGE_CORE_PERSISTENT", "maybe"),
        ("DOGE_CORE_TIMEOUT_SEC", "0"),
        ("DOGE_CORE_TIMEOUT_SEC", "soon"),
        ("DOGE_CORE_TIMEOUT_SEC", "inf"),
    ],
)
def test_an_invalid_setting_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"{variable}: must be"):
        read_settings({variable: value})


def test_one_shot_answers_when_persistence_is_off(executable: Path) -> None:
    adapter = Haskell(Settings(backend="haskell", exe=str(executable), persistent=False))
    held = start()
    for _, event, after, actions in walk(5, 15):
        held, got = adapter.transition(held, event, CONFIG, SIZE_USD)
        assert (repr(held), repr(got)) == (repr(after), repr(actions))
    with pytest.raises(ValueError, match=r"event\.price: must be finite, got NaN"):
        adapter.transition(held, sm.PriceTick(math.nan, 1.0), CONFIG, SIZE_USD)
    assert adapter.status()["calls"] == {"persistent": 0, "one-shot": 15, "python": 0}
    assert adapter.status()["fallbacks"] == {}
