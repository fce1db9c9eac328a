"""A whole state and settings, encoded at once where nothing in them is infinite, are told as the slow way tells them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

import pytest

from doge_core.codec import encode_checked, encode_object
from generators.reducer.bulk import generate_seen
from golden.reducer.corpus import golden_cases
from reducer.domain import check_object, check_state
from reducer.requests import read_config
from reducer.snapshot import read_state
from reducer.types import EngineConfig, PairState, replace


def checked() -> Iterator[PairState | EngineConfig]:
    """States and configurations of cases, and states after their steps."""
    for case in golden_cases():
        try:
            yield check_state(read_state(case.state, "state"))
            yield check_object(read_config(case.config), EngineConfig, "cfg")
        except ValueError:
            continue
    for index in range(150):
        _, seen = generate_seen(91, index)
        for step in () if seen is None else seen.steps:
            if not isinstance(step, Exception):
                yield check_state(step[0])


def test_both_ways_tell_the_same() -> None:
    endless = 0
    for value in checked():
        told = json.loads(encode_checked(value))
        # Order, types and signs of zeros too.
        assert repr(told) == repr(json.loads(encode_object(value)))
        endless += "Infinity" in told.values()
    assert endless > 5


@pytest.mark.parametrize("name", ["cooldown_until_a", "cooldown_until_b"])
def test_an_infinite_time_is_spelled_out(name: str) -> None:
    state = check_state(replace(PairState(market_price=0.1, now=1.0), **{name: math.inf}))
    assert json.loads(encode_checked(state))[name] == "Infinity"


def test_every_number_of_a_configuration_may_be_infinite() -> None:
    default = EngineConfig()
    for name, value in vars(default).items():
        if isinstance(value, float):
            for number, spelling in ((math.inf, "Infinity"), (-math.inf, "-Infinity")):
                cfg = replace(default, **{name: number})
                try:
                    cfg = check_object(cfg, EngineConfig, "cfg")
                except ValueError:
                    continue
                assert json.loads(encode_checked(cfg))[name] == spelling
