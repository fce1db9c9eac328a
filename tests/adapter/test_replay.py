"""`replay` is one `transition` after the other, in few requests."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from itertools import chain, count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import doge_core
import state_machine as sm
from doge_core.backend import Haskell
from doge_core.client import Server
from doge_core.replaying import EVENTS_MAX, replay_by
from doge_core.settings import Backend, Settings
from generators.reducer.patches import PATCHES
from reducer.types import replace
from tests.adapter.traffic import CONFIG, SIZE_USD, opened, spoil_replays, start, walk

BACKENDS: tuple[Backend, ...] = ("haskell", "haskell-inproc")
Calls = Callable[[sm.PairState, list[sm.Event]], str]


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, executable: Path) -> Iterator[Haskell]:
    adapter = Haskell(Settings(backend=request.param, exe=str(executable)))
    yield adapter
    assert adapter.status()["fallbacks"] == {}
    adapter.close()


def events_of(seed: int, steps: int) -> list[sm.Event]:
    return [event for _, event, _, _ in walk(seed, steps)]


def loop(state: sm.PairState, events: list[sm.Event], *given: Any) -> doge_core.Replay:
    return replay_by(sm.transition, state, events, *(given or (CONFIG, SIZE_USD, None)))


def test_it_is_the_loop(backend: Haskell) -> None:
    for seed in range(5):
        events = events_of(seed, 400)
        assert repr(backend.replay(start(), events, CONFIG, SIZE_USD)) == repr(loop(start(), events))
    assert sum(backend.status()["calls"].values()) == 5


def test_it_goes_on_from_any_state_and_any_call_goes_on_from_it(backend: Haskell) -> None:
    held, events = start(), events_of(3, 90)
    want = loop(held, events)
    held, _ = backend.transition(held, events[0], CONFIG, SIZE_USD)
    first = backend.replay(held, events[1:40], CONFIG, SIZE_USD)
    held, _ = backend.transition(first.state, events[40], replace(CONFIG), SIZE_USD)
    last = backend.replay(held, iter(events[41:]), replace(CONFIG), SIZE_USD)
    assert repr(last.state) == repr(want.state)
    assert repr(first.actions) == repr(want.actions[1:40])
    assert opened(backend) == 1


def test_more_events_than_a_request_has(backend: Haskell) -> None:
    events: list[sm.Event] = [sm.PriceTick(0.1 + 0.001 * math.sin(n), float(n)) for n in range(2 * EVENTS_MAX + 3)]
    got = backend.replay(start(), events, CONFIG, SIZE_USD)
    assert repr(got) == repr(loop(start(), events))
    assert opened(backend) == 1
    with pytest.raises(ValueError, match=rf"^events\[{EVENTS_MAX + 7}\]: event\.price: must be finite, got NaN$"):
        backend.replay(start(), [*events[: EVENTS_MAX + 7], sm.PriceTick(math.nan, 1.0)], CONFIG, SIZE_USD)


def test_no_events_lead_nowhere(backend: Haskell) -> None:
    state = start()
    assert backend.replay(state, [], CONFIG, SIZE_USD) == doge_core.Replay(state, [])


WRONG: tuple[Any, ...] = (
    sm.PriceTick(math.nan, 1.0), sm.TimerTick("now"), sm.PriceTick(True, 1.0), None, {"timestamp": 1.0},  # type: ignore[arg-type]
    sm.FillEvent(1, b"abc", "buy", 0.1, 20.0, 0.0, 1.0), sm.RecoveryCancelEvent(2**63, "", 1.0),  # type: ignore[arg-type]
    sm.FillEvent(1, "\ud800", "buy", 0.1, 20.0, 0.0, 1.0), sm.FillEvent(1, "", "buy", 1.79e308, 20.0, 0.0, 1.0),
)  # fmt: skip


@pytest.mark.parametrize("place", [0, 3])
@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_the_first_event_that_fails_is_named(wrong: Any, place: int, backend: Haskell) -> None:
    events = [*map(sm.TimerTick, (0.1, 0.2, 0.3)[:place]), wrong, sm.TimerTick("later")]  # type: ignore[arg-type]
    with pytest.raises((ValueError, TypeError, OverflowError)) as reference:
        loop(start(), events)
    assert str(reference.value).startswith(f"events[{place}]: ")
    with pytest.raises(reference.type, match=f"^{re.escape(str(reference.value))}$"):
        backend.replay(start(), events, CONFIG, SIZE_USD)


@pytest.mark.parametrize(
    ("state", "given_settings"),
    [
        (replace(start(), now=math.nan), (CONFIG, SIZE_USD)),
        (start(), (replace(CONFIG, entry_pct=math.nan), SIZE_USD)),
        (start(), (CONFIG, "2")),
        (start(), (CONFIG, SIZE_USD, {"A": math.nan})),
    ],
)
def test_wrong_states_and_settings_are_those_of_the_first_event(
    state: sm.PairState, given_settings: tuple[Any, ...], backend: Haskell
) -> None:
    given_settings = (*given_settings, None)[:3]
    with pytest.raises(ValueError, match=r"^events\[0\]: (state|cfg|order_size)") as reference:
        loop(state, events_of(1, 5), *given_settings)
    with pytest.raises(ValueError, match=f"^{re.escape(str(reference.value))}$"):
        backend.replay(state, events_of(1, 5), *given_settings)


def test_a_server_that_dies_meanwhile_is_replaced(executable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    haskell = Haskell(Settings(backend="haskell", exe=str(executable)))
    request, calls = Server.request, iter(range(1000))

    def dying(server: Server, line: bytes) -> bytes:
        if b'"events"' in line and next(calls) % 2 == 0:
            server.process.kill()
        return request(server, line)

    monkeypatch.setattr(Server, "request", dying)
    events = events_of(2, 200)
    assert repr(haskell.replay(start(), events, CONFIG, SIZE_USD)) == repr(loop(start(), events))
    assert haskell.status()["fallbacks"] == {"persistent:died": 1}
    haskell.close()


SPOILT = (b"nonsense", b"{}", b'{"digest":"0","set":{},"actions":[[]]}', b'{"error":"x","kind":"InternalError"}')


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_wrong_answer_is_noticed(spoilt: bytes, executable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    haskell = Haskell(Settings(backend="haskell", exe=str(executable)))
    request = Server.request
    monkeypatch.setattr(Server, "request", lambda server, line: spoilt if b'"events"' in line else request(server, line))
    events = events_of(2, 20)
    assert repr(haskell.replay(start(), events, CONFIG, SIZE_USD)) == repr(loop(start(), events))
    assert haskell.status()["fallbacks"].keys() & {"persistent:garbage", "persistent:drift"}
    haskell.close()


def test_an_answer_for_fewer_events_is_noticed(executable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    haskell = Haskell(Settings(backend="haskell", exe=str(executable)))
    spoil_replays(monkeypatch, lambda told: {**told, "actions": told["actions"][:-1]})
    events = events_of(2, 20)
    assert repr(haskell.replay(start(), events, CONFIG, SIZE_USD)) == repr(loop(start(), events))
    assert haskell.status()["fallbacks"] == {"persistent:garbage": 2}
    haskell.close()


def test_without_a_server_every_event_is_a_call(executable: Path) -> None:
    haskell = Haskell(Settings(backend="haskell", exe=str(executable), persistent=False))
    events = events_of(2, 5)
    assert repr(haskell.replay(start(), events, CONFIG, SIZE_USD)) == repr(loop(start(), events))
    assert haskell.status()["calls"]["one-shot"] == 5


def test_the_module_replays_by_whatever_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    events = events_of(4, 60)
    try:
        for backend in ("python", "haskell", "haskell-inproc"):
            monkeypatch.setenv("DOGE_CORE_BACKEND", backend)
            doge_core.reset()
            assert repr(doge_core.replay(start(), events, CONFIG, SIZE_USD)) == repr(loop(start(), events))
    finally:
        monkeypatch.undo()
        doge_core.reset()


@given(st.integers(0, 200), st.integers(0, 60), st.sampled_from(PATCHES))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_events_the_results_are_the_loop_s(backend: Haskell, seed: int, cut: int, patch: Any) -> None:
    events = events_of(seed, 60)
    first = backend.replay(start(), events[:cut], CONFIG, SIZE_USD)
    second = backend.replay(patch(first.state), events[cut:], replace(CONFIG), SIZE_USD)
    want = loop(start(), events[:cut])
    assert repr((first, second)) == repr((want, loop(patch(want.state), events[cut:])))


def test_events_are_taken_as_a_loop_takes_them(backend: Haskell) -> None:
    def coming(last: BaseException) -> Iterator[Any]:
        yield sm.PriceTick(0.1, 1.0)
        yield sm.PriceTick(math.nan, 2.0)
        raise last

    def sound(last: BaseException) -> Iterator[Any]:
        yield sm.PriceTick(0.1, 1.0)
        raise last

    for replay in (loop, backend.replay):
        for last in (RuntimeError("boom"), SystemExit(3)):
            with pytest.raises(ValueError, match=r"^events\[1\]: event\.price: must be finite, got NaN$"):
                replay(start(), coming(last), CONFIG, SIZE_USD, None)
            with pytest.raises(type(last)):
                replay(start(), sound(last), CONFIG, SIZE_USD, None)
        with pytest.raises(TypeError, match=r"^'NoneType' object is not iterable$"):
            replay(start(), None, CONFIG, SIZE_USD, None)  # type: ignore[arg-type]
        endless: Any = chain([sm.TimerTick(1.0), None], map(sm.TimerTick, count(2.0)))
        with pytest.raises(TypeError, match=r"^events\[1\]: event: is no event$"):
            replay(start(), endless, CONFIG, SIZE_USD, None)


def test_events_may_come_from_calls_of_the_same_adapter(backend: Haskell) -> None:
    def coming() -> Iterator[sm.Event]:
        state = start()
        for event in events_of(1, 30):
            state, _ = backend.transition(state, event, CONFIG, SIZE_USD)
            yield event

    assert repr(backend.replay(start(), coming(), CONFIG, SIZE_USD)) == repr(loop(start(), events_of(1, 30)))
