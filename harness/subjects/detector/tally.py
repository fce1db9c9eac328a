"""What the cases of a run were made of: data that never came says nothing about itself."""

from __future__ import annotations

from collections import Counter

from generators.detector.case import KINDS, SAME_NUMBERS, SeriesCase
from generators.detector.choices import FLAVOURS, IMPLEMENTATIONS, ODD_CANDLES
from generators.detector.observations import FEATURES_MAX, ODD, STATES_MAX

# What any few hundred cases meet, and what it takes more to be sure of.
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


class SeriesTally:
    """How often each property was met."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.cases = 0
        self.degenerate = 0

    def add(self, case: SeriesCase) -> None:
        """Count a case."""
        self.cases += 1
        self.degenerate += case.degenerate
        self.counts[f"kind {case.kind}"] += 1
        self.counts.update(case.properties)

    def never_hit(self) -> list[str]:
        """What no case had, of that which so many cases have to meet; a spot check need not meet everything."""
        wanted = (*(COMMON if self.cases >= COMMON_FROM else ()), *(RARE if self.cases >= RARE_FROM else ()))
        return [name for name in wanted if not self.counts[name]]
