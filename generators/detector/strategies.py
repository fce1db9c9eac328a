"""Hypothesis strategies over the detector's decoder. Failures shrink towards realistic, small, float64 data."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from generators.detector.bulk import NOISE_SEEDS
from generators.detector.case import KINDS, DetectorCase, Kind
from generators.detector.choices import FLAVOURS, DetectorChoices, decode_case
from generators.dial import CHOICE_MAX, SMALL_CHOICE_MAX


def detector_cases(*, kind: Kind | None = None, max_flavour: int = len(FLAVOURS) - 1) -> SearchStrategy[DetectorCase]:
    """Cases of one kind or of all kinds; `max_flavour=0` keeps to realistic data. Raises `ValueError`."""
    if not 0 <= max_flavour < len(FLAVOURS):
        raise ValueError(f"max_flavour must be 0 to {len(FLAVOURS) - 1}, got {max_flavour}")
    wide = st.one_of(st.integers(0, SMALL_CHOICE_MAX), st.integers(0, CHOICE_MAX))
    drawn = st.builds(
        DetectorChoices,
        kind=st.just(kind) if kind is not None else st.sampled_from(KINDS),
        flavour=st.integers(0, max_flavour),
        size=wide,
        settings=wide,
        process=wide,
        twist=wide,
        form=wide,
        noise=st.integers(0, NOISE_SEEDS - 1),
    )
    return drawn.map(lambda choices: decode_case(choices, name="hypothesis", metadata={"source": "hypothesis"}))
