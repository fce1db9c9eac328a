"""Hypothesis strategies over the reducer's decoder. Failures shrink towards default, empty and zero."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import state_machine as sm
from generators.dial import CHOICE_MAX, SMALL_CHOICE_MAX, Dial
from generators.plain import Json, spell_out
from generators.reducer.adversary import distort_state
from generators.reducer.case import Case
from generators.reducer.choices import (
    FLAVOURS,
    ORDINARY,
    CaseChoices,
    advance,
    decode_case,
    decode_events,
    decode_start,
)
from generators.reducer.configs import FIELD_COUNT, decode_config
from generators.reducer.events import EventChoice
from reducer.types import EngineConfig, PairState


def _choices() -> SearchStrategy[int]:
    return st.one_of(st.integers(0, SMALL_CHOICE_MAX), st.integers(0, CHOICE_MAX))


def _event_choices(max_size: int) -> SearchStrategy[list[EventChoice]]:
    wide = st.integers(0, CHOICE_MAX)
    return st.lists(st.tuples(wide, wide, wide), max_size=max_size)


def _config_choices() -> SearchStrategy[list[int]]:
    return st.lists(_choices(), max_size=FIELD_COUNT)


def configurations(*, wild: bool = False) -> SearchStrategy[EngineConfig]:
    """Configurations; the simplest is the default. `wild` adds values that no deployment would set."""
    return _config_choices().map(lambda choices: decode_config(choices, wild=wild))


def states(*, max_history: int = 12) -> SearchStrategy[PairState]:
    """States that ordinary traffic reaches from a bootstrap; the simplest is the bootstrap itself."""

    def reach(drawn: tuple[EngineConfig, int, list[EventChoice]]) -> PairState:
        cfg, start, prefix = drawn
        state, settings = decode_start(Dial(start), cfg)
        return advance(state, settings, prefix)

    return st.tuples(configurations(), _choices(), _event_choices(max_history)).map(reach)


def adversarial_states(*, broken: bool = False, max_distortions: int = 3) -> SearchStrategy[Json]:
    """States as plain data with some distortions; with `broken` they may be outside the domain."""

    def distort(drawn: tuple[PairState, list[int]]) -> Json:
        plain: Json = spell_out(sm.to_dict(drawn[0]))
        for choice in drawn[1]:
            plain = distort_state(Dial(choice), plain, broken=broken)
        return plain

    return st.tuples(states(), st.lists(_choices(), min_size=1, max_size=max_distortions)).map(distort)


def event_streams(*, max_size: int = 30, flavour: int = ORDINARY) -> SearchStrategy[list[Any]]:
    """Streams of plain events from a bootstrap with the default configuration. Raises `ValueError` for an unknown flavour."""
    if not 0 <= flavour < len(FLAVOURS):
        raise ValueError(f"flavour must be 0 to {len(FLAVOURS) - 1}, got {flavour}")

    def stream(choices: list[EventChoice]) -> list[Any]:
        state, settings = decode_start(Dial(0), EngineConfig())
        return decode_events(state, settings, choices, FLAVOURS[flavour])

    return _event_choices(max_size).map(stream)


def cases(*, max_events: int = 30, max_flavour: int = len(FLAVOURS) - 1) -> SearchStrategy[Case]:
    """Whole cases, some of them outside the domain; `max_flavour=0` keeps to ordinary traffic. Raises `ValueError`."""
    if not 0 <= max_flavour < len(FLAVOURS):
        raise ValueError(f"max_flavour must be 0 to {len(FLAVOURS) - 1}, got {max_flavour}")
    drawn = st.builds(
        CaseChoices,
        flavour=st.integers(0, max_flavour),
        config=_config_choices().map(tuple),
        start=_choices(),
        prefix=_event_choices(8).map(tuple),
        events=_event_choices(max_events).map(tuple),
        distortions=st.lists(_choices(), max_size=2).map(tuple),
    )
    return drawn.map(lambda choices: decode_case(choices, name="hypothesis", metadata={"source": "hypothesis"}))
