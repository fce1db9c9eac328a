"""What can be mutated: the reducer and the detector, each with its mutants, its bugs, its cases and its hunter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from harness.mutants.catalogue import REDUCER, Source
from harness.mutants.equivalents import Equivalent
from harness.mutants.forks import Hunter
from harness.mutants.historical import HISTORICAL, Historical
from harness.mutants.hunt import hunt, prepare
from harness.subjects.detector.mutants.equivalents import EQUIVALENTS_DETECTOR
from harness.subjects.detector.mutants.historical import HISTORICAL_DETECTOR
from harness.subjects.detector.mutants.prepare import hunt_series, prepare_series
from harness.subjects.detector.mutants.source import DETECTOR
from harness.subjects.detector.ports.modules import python
from harness.subjects.detector.ports.threads import one_thread
from harness.subjects.reducer.mutants.equivalents import EQUIVALENTS

EVENTS_MAX = 56


@dataclass(frozen=True, kw_only=True)
class Subject:
    """All that a hunt needs to know. `limits` is what the parent and its children run within.

    `missing` says why there is no reference here, and what to do; None where there is one.
    """

    source: Source
    historical: Sequence[Historical]
    equivalents: Sequence[Equivalent]
    sequences: int
    prepare: Callable[[int, int], Sequence[Any]]
    hunter: Hunter
    limits: Callable[[], AbstractContextManager[None]]
    shrinks: bool
    missing: Callable[[], str | None]


def _without_hmmlearn() -> str | None:
    """Why there is no reference detector, if there is none."""
    available = python().availability()
    return None if available.available else f"{available.reason}; {available.remedy}"


SUBJECT: dict[str, Subject] = {
    "reducer": Subject(
        source=REDUCER,
        historical=HISTORICAL,
        equivalents=EQUIVALENTS,
        sequences=2000,
        prepare=lambda seed, sequences: prepare(seed, sequences, EVENTS_MAX),
        hunter=hunt,
        limits=nullcontext,
        shrinks=True,
        missing=lambda: None,
    ),
    # OpenMP's threads do not outlive a fork, and wait for ever: so there must be none.
    "detector": Subject(
        source=DETECTOR,
        historical=HISTORICAL_DETECTOR,
        equivalents=EQUIVALENTS_DETECTOR,
        sequences=300,
        prepare=prepare_series,
        hunter=hunt_series,
        limits=one_thread,
        shrinks=False,
        missing=_without_hmmlearn,
    ),
}
