"""Hypothesis strategies over the one decoder: whatever fails here shrinks towards realistic, small and float64."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from generators.detector.case import KINDS, DetectorCase, Kind
from generators.detector.choices import FLAVOURS, DetectorChoices, decode_case
from generators.dial import CHOICE_MAX


def detector_cases(*, kind: Kind | None = None, max_flavour: int = len(FLAVOURS) - 1) -> SearchStrategy[DetectorCase]:
    """Cases of one kind or of all; `max_flavour=0` keeps to realistic data."""
    if not 0 <= max_flavour < len(FLAVOURS):
        raise ValueError(f"max_flavour must be 0 to {len(FLAVOURS) - 1}, got {max_flavour}")
    wide = st.one_of(st.integers(0, 63), st.integers(0, CHOICE_MAX))
    drawn = st.builds(
        DetectorChoices,
        kind=st.just(kind) if kind is not None else st.sampled_from(KINDS),
        flavour=st.integers(0, max_flavour),
        size=wide,
        settings=wide,
        process=wide,
        twist=wide,
        form=wide,
        noise=st.integers(0, 2**32 - 1),
    )
    return drawn.map(lambda choices: decode_case(choices, name="hypothesis", metadata={"source": "hypothesis"}))
