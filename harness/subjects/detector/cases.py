"""The detector's cases, and the properties that they are counted by."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from detector.features import N_FEATURES
from detector.training import N_STATES
from generators.candles import CandleSeries
from generators.detector.bulk import generate_case
from generators.detector.case import KINDS, SAME_NUMBERS, DetectorCase, from_json
from generators.detector.choices import FLAVOURS, IMPLEMENTATIONS, ODD_CANDLES
from generators.detector.market import market_cases
from generators.detector.observations import FEATURES_MAX, ODD, STATES_MAX
from golden.detector.corpus import read_fixtures
from harness.subject import Cases, Tally

# Properties that a few hundred cases certainly have, and those that take more cases.
COMMON = (
    *(f"kind {kind}" for kind in KINDS),
    *FLAVOURS,
    "regime switches", "heavy tails", "tick-quantised", "other periods", "lengths", "failures",
    *(f"implementation {name}" for name in IMPLEMENTATIONS),
    *(f"{states} states" for states in range(2, STATES_MAX + 1)),
    *(f"{features} features" for features in range(1, FEATURES_MAX + 1)),
)  # fmt: skip
RARE = (
    "short series", "nan", "infinite", "all states alike", "forbidden transitions",
    *dict.fromkeys([*ODD_CANDLES, *ODD]),
    *(f"form {form}" for form in (*SAME_NUMBERS[1:], "float32", "int64")),
)  # fmt: skip
COMMON_FROM, RARE_FROM = 300, 1500
# Free parameters of the model: means and variances, transitions, the start. Fewer different closes cannot determine them.
PARAMETERS = N_STATES * 2 * N_FEATURES + N_STATES * (N_STATES - 1) + N_STATES - 1


class DetectorCases(Cases[DetectorCase]):
    """Generated candles and observations, fixtures, and windows of real candles."""

    def generate(self, seed: int, index: int, settings: Mapping[str, int]) -> DetectorCase:
        """Generate a case; there are no settings."""
        del settings
        return generate_case(seed, index)

    def encode(self, case: DetectorCase) -> bytes:
        """Encode the case as JSON."""
        return json.dumps(case.to_json(), sort_keys=True).encode()

    def from_json(self, data: Mapping[str, Any]) -> DetectorCase:
        """Read a case from plain data. Raises `ValueError`, `KeyError` or `TypeError`."""
        return from_json(data)

    def golden(self) -> Sequence[DetectorCase]:
        """Read the cases of the fixtures. Raises `FixtureError`."""
        return [fixture.definition.case for fixture in read_fixtures()]

    def market(self, candles: CandleSeries, seed: int, windows_max: int | None) -> Sequence[DetectorCase]:
        """Make cases of windows of candles. Raises `CandleError`."""
        del seed
        return [] if windows_max == 0 else market_cases(candles, windows_max=windows_max)


class DetectorTally(Tally[DetectorCase]):
    """Counts properties of the data."""

    def met(self, case: DetectorCase, expected: Any) -> Iterator[tuple[str, str]]:
        """Yield the kind of the case and the special properties of its data."""
        del expected
        yield "property", f"kind {case.kind}"
        for name in case.properties:
            yield "property", name

    def wanted(self, cases: int) -> Mapping[str, Sequence[str]]:
        """Return the properties that so many cases must have: common ones from 300 cases on, rare ones from 1500."""
        return {"property": (*(COMMON if cases >= COMMON_FROM else ()), *(RARE if cases >= RARE_FROM else ()))}

    def values(self, case: DetectorCase, expected: Any) -> Iterator[tuple[str, Hashable]]:
        """Yield the closes and volumes of a window of candles."""
        del expected
        for name in ("closes", "volumes"):
            for value in case.inputs[name].values.tolist():
                yield name, value

    def values_wanted(self, cases: int) -> Mapping[str, int]:
        """Return the fewest different closes that windows of a market may have: as many as the model has parameters."""
        return {"closes": PARAMETERS} if cases else {}
