"""Where a run's cases come from: fixtures, the generator, a market."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from generators.reducer.bulk import generate_cases
from generators.reducer.case import Case
from generators.reducer.market import market_cases
from golden.reducer.corpus import golden_cases

GOLDEN, GENERATED, MARKET = "golden", "generated", "market"
SOURCES = (GOLDEN, GENERATED, MARKET)


def cases_by_source(
    *, seed: int, sequences: int, events_max: int, candles: Path | None
) -> list[tuple[str, Iterable[Case], int]]:
    """The cases of a run with how many there are, by source; all files are read here.

    Raises `FixtureError` and `CandleError`.
    """
    golden, market = golden_cases(), list(market_cases(candles, seed=seed))
    return [
        (GOLDEN, golden, len(golden)),
        (GENERATED, generate_cases(seed, sequences, events_max=events_max), sequences),
        (MARKET, market, len(market)),
    ]
