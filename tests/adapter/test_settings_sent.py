"""Settings are sent again when they are others, and only then: a server that has others than the caller trades by them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import state_machine as sm
from doge_core.backend import Haskell
from doge_core.client import Server
from tests.adapter.traffic import CONFIG, SIZE_USD, opened, start

# The market leaves an entry behind, so that another one is placed by the settings.
MOVED = sm.PriceTick(0.13, 5000.0)


class OwnFloat(float):
    pass


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Every line that is sent to a server."""
    lines: list[bytes] = []
    request = Server.request

    def heard(server: Server, line: bytes) -> bytes:
        lines.append(line)
        return request(server, line)

    monkeypatch.setattr(Server, "request", heard)
    return lines


def test_a_new_configuration_of_equal_values_is_not_sent_again(haskell: Haskell, sent: list[bytes]) -> None:
    held = start()
    for second in range(5):
        held, _ = haskell.transition(held, sm.TimerTick(float(second)), sm.EngineConfig(price_decimals=5), SIZE_USD)
    assert [b'"config"' in line for line in sent if b'"step"' in line] == [True, False, False, False, False]
    held, _ = haskell.transition(held, sm.TimerTick(6.0), sm.EngineConfig(price_decimals=6), SIZE_USD)
    assert b'"config"' in sent[-1]


# Each is equal to the one before it where Python compares, and is another configuration.
ALIKE: list[dict[str, Any]] = [
    *({"entry_pct": value} for value in (0.0, -0.0, 0, False)),
    *({"price_decimals": value} for value in (1, True, 1.0, 1)),
    *({"entry_pct": value} for value in (Decimal(0), OwnFloat(0.5), 0.5)),
]


def test_configurations_that_are_only_alike_are_told_apart(haskell: Haskell) -> None:
    held = want = start()
    for number, given_fields in enumerate(ALIKE):
        cfg, event = sm.EngineConfig(**given_fields), sm.PriceTick(0.1 + 0.001 * number, float(number))
        try:
            want, actions = sm.transition(want, event, cfg, SIZE_USD)
        except ValueError as error:
            with pytest.raises(ValueError, match=re.escape(str(error))):
                haskell.transition(held, event, cfg, SIZE_USD)
        else:
            held, got = haskell.transition(held, event, cfg, SIZE_USD)
            assert (repr(held), repr(got)) == (repr(want), repr(actions)), given_fields
    assert opened(haskell) == 1
    assert haskell.status()["fallbacks"] == {}


class Moody(sm.EngineConfig):
    """Says something else than what it holds."""

    mood = 0.1

    def __getattribute__(self, name: str) -> Any:
        return Moody.mood if name == "entry_pct" else super().__getattribute__(name)


def test_a_configuration_of_another_class_is_asked_at_every_call(haskell: Haskell, monkeypatch: pytest.MonkeyPatch) -> None:
    held = want = start()
    for number, mood in enumerate((0.1, 2.5, 0.4)):
        monkeypatch.setattr(Moody, "mood", mood)
        event = sm.PriceTick(0.1 + 0.01 * number, 500.0 * number)
        want, actions = sm.transition(want, event, Moody(), SIZE_USD)
        held, got = haskell.transition(held, event, Moody(), SIZE_USD)
        assert (repr(held), repr(got)) == (repr(want), repr(actions))


class Same(float):
    """A number that says it is equal to any other."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


def raised_or(call: Callable[..., tuple[sm.PairState, list[sm.Action]]], *arguments: Any) -> str:
    try:
        return repr(call(*arguments))
    except ValueError as error:
        return str(error)


def given_as(kind: str, value: Any) -> tuple[Any, ...]:
    """Settings of a call that have a value somewhere."""
    if kind == "configuration":
        return sm.EngineConfig(entry_pct=value), SIZE_USD
    return (CONFIG, value) if kind == "size" else (CONFIG, SIZE_USD, {"A": value, "B": value})


@pytest.mark.parametrize("kind", ["configuration", "size", "sizes"])
@pytest.mark.parametrize(
    "odd", [np.float64(0.5), np.int64(4602678819172646912), np.array(0.5), np.float64(0.5).tobytes(), Same(7.5)]
)
def test_a_number_of_another_class_is_never_taken_for_the_one_before(haskell: Haskell, odd: Any, kind: str) -> None:
    """Each has the bytes of 0.5, or says that it is equal, and most are refused."""
    for first in (0.5, np.float64(0.5), Same(0.5)):
        held, _ = haskell.transition(start(), sm.TimerTick(0.5), *given_as(kind, first))
        arguments = (held, MOVED, *given_as(kind, odd))
        assert raised_or(haskell.transition, *arguments) == raised_or(sm.transition, *arguments)
    assert haskell.status()["fallbacks"] == {}


def test_sizes_that_change_while_the_server_is_asked_are_sent_at_the_next_call(
    haskell: Haskell, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"A": 2.0, "B": 2.0}
    request = Server.request

    def changed_meanwhile(server: Server, line: bytes) -> bytes:
        sizes.update(A=50.0, B=50.0)
        return request(server, line)

    for opened_before in (False, True):
        sizes.update(A=2.0, B=2.0)
        held = start()
        if opened_before:
            held, _ = haskell.transition(held, sm.TimerTick(0.5), CONFIG, SIZE_USD, {"A": 1.0})
        with monkeypatch.context() as patched:
            patched.setattr(Server, "request", changed_meanwhile)
            held, _ = haskell.transition(held, sm.TimerTick(0.7), CONFIG, SIZE_USD, sizes)
        arguments = (held, MOVED, CONFIG, SIZE_USD, sizes)
        assert repr(haskell.transition(*arguments)) == repr(sm.transition(*arguments))


class Fickle(Mapping[str, float]):
    """Sizes that are read anew at each call."""

    now = 2.0

    def __getitem__(self, key: str) -> float:
        if key in ("A", "B"):
            return Fickle.now
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(("A", "B"))

    def __len__(self) -> int:
        return 2


def test_a_mapping_that_is_no_dict_is_read_at_every_call(haskell: Haskell, monkeypatch: pytest.MonkeyPatch) -> None:
    request = Server.request

    def changed_meanwhile(server: Server, line: bytes) -> bytes:
        monkeypatch.setattr(Fickle, "now", 50.0)
        return request(server, line)

    for later in (Fickle(), {"A": 50.0, "B": 50.0}, {"A": 2.0, "B": 2.0}):
        monkeypatch.setattr(Fickle, "now", 2.0)
        held, _ = haskell.transition(start(), sm.TimerTick(0.4), CONFIG, SIZE_USD, {"A": 1.0})
        with monkeypatch.context() as patched:
            patched.setattr(Server, "request", changed_meanwhile)
            held, _ = haskell.transition(held, sm.TimerTick(0.5), CONFIG, SIZE_USD, Fickle())
        arguments = (held, MOVED, CONFIG, SIZE_USD, later)
        assert repr(haskell.transition(*arguments)) == repr(sm.transition(*arguments))


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.0, -0.0]), st.sampled_from([4, 5, 6])), min_size=2, max_size=12))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_configurations_the_results_are_the_reference_s(haskell: Haskell, drawn: list[tuple[float, int]]) -> None:
    held = want = start()
    for number, (entry_pct, decimals) in enumerate(drawn):
        cfg = sm.EngineConfig(entry_pct=entry_pct, price_decimals=decimals)
        event = sm.PriceTick(0.1 + 0.003 * number, 500.0 * number)
        want, actions = sm.transition(want, event, cfg, SIZE_USD)
        held, got = haskell.transition(held, event, cfg, SIZE_USD)
        assert (repr(held), repr(got)) == (repr(want), repr(actions))
