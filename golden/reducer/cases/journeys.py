"""Long cases: consecutive days of a market, one journey for each profile of the market driver.

The other fixtures test one thing each in a few steps; these test that errors do not accumulate over many steps.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from generators.candles import sample_candles
from generators.reducer.market import PROFILES, chunked_cases
from golden.reducer.corpus import Definition

CANDLES_PER_JOURNEY = 9


def _definitions() -> tuple[Definition, ...]:
    cases = chunked_cases(sample_candles().candles, source="arch sp500", candles_per_case=CANDLES_PER_JOURNEY)
    return tuple(
        Definition(
            name=f"journey_{number}",
            about=f"{CANDLES_PER_JOURNEY} days of the market under the policy {PROFILES[number]}",
            case=replace(case, name=f"journey_{number}"),
        )
        for number, case in enumerate(islice(cases, len(PROFILES)))
    )


DEFINITIONS = _definitions()
