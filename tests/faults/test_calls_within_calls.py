"""A call of the adapter in the middle of another one, by the same thread: answered by Python, counted, and never waited for."""

from __future__ import annotations

import gc
import logging
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import state_machine as sm
from doge_core.backend import Haskell
from doge_core.settings import Backend, Settings
from tests.adapter.traffic import CONFIG, SIZE_USD, start, walk


@pytest.fixture(params=["haskell", "haskell-inproc"])
def backend(request: pytest.FixtureRequest, executable: Path) -> Iterator[Haskell]:
    kind: Backend = request.param
    adapter = Haskell(Settings(backend=kind, exe=str(executable)))
    yield adapter
    adapter.close()


def nested(backend: Haskell) -> int:
    return sum(count for key, count in backend.status()["fallbacks"].items() if key.endswith(":nested"))


def call(backend: Haskell) -> None:
    state = start()
    assert backend.transition(state, sm.TimerTick(5.0), CONFIG, SIZE_USD) == sm.transition(
        state, sm.TimerTick(5.0), CONFIG, SIZE_USD
    )
    assert backend.check_invariants(state) == sm.check_invariants(state)
    assert backend.replay(state, [sm.TimerTick(5.0)], CONFIG, SIZE_USD).state.now == 5.0


class Calling(Mapping[str, float]):
    """Sizes that ask the adapter when they are read."""

    def __init__(self, backend: Haskell) -> None:
        self.backend = backend

    def __getitem__(self, key: str) -> float:
        call(self.backend)
        return {"A": 2.0, "B": 3.0}[key]

    def __iter__(self) -> Iterator[str]:
        return iter(("A", "B"))

    def __len__(self) -> int:
        return 2


@pytest.mark.timeout(60)
def test_sizes_that_call(backend: Haskell) -> None:
    held = want = start()
    for second in range(5):
        event = sm.PriceTick(0.1 + 0.01 * second, 500.0 * second)
        held, got = backend.transition(held, event, CONFIG, SIZE_USD, Calling(backend))
        want, actions = sm.transition(want, event, CONFIG, SIZE_USD, {"A": 2.0, "B": 3.0})
        assert (repr(held), repr(got)) == (repr(want), repr(actions))
    assert nested(backend) > 0


@pytest.mark.timeout(60)
def test_a_signal_s_handler_that_calls(backend: Haskell) -> None:
    met = 0

    def handler(*_: Any) -> None:
        nonlocal met
        met += 1
        call(backend)

    previous = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
        held = start()
        for _, event, after, actions in walk(2, 4000):
            held, got = backend.transition(held, event, CONFIG, SIZE_USD)
            assert (repr(held), repr(got)) == (repr(after), repr(actions))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert met > 5
    assert backend.status()["fallbacks"].keys() <= {"persistent:nested", "in-process:nested"}


@pytest.mark.timeout(60)
def test_a_finalizer_that_calls(backend: Haskell) -> None:
    class Dying:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            call(backend)

    held = start()
    threshold = gc.get_threshold()
    gc.set_threshold(20)
    try:
        for _, event, after, _ in walk(2, 300):
            Dying()
            held, _ = backend.transition(held, event, CONFIG, SIZE_USD)
            assert repr(held) == repr(after)
    finally:
        gc.set_threshold(*threshold)


@pytest.mark.timeout(60)
def test_a_handler_of_the_log_that_calls(executable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOGE_CORE_LIBRARY", "/nowhere.so")
    backend = Haskell(Settings(backend="haskell-inproc", exe=str(executable)))

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            call(backend)

    handler = Handler()
    log = logging.getLogger("doge_core")
    log.addHandler(handler)
    try:
        call(backend)
    finally:
        log.removeHandler(handler)
        backend.close()
    assert nested(backend) > 0
