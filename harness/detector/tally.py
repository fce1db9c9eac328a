"""What the cases of a run were made of: data that never came says nothing about itself."""

from __future__ import annotations

from collections import Counter

from generators.series.case import KINDS, SAME_NUMBERS, SeriesCase
from generators.series.choices import FLAVOURS, IMPLEMENTATIONS, ODD_CANDLES
from generators.series.observations import FEATURES_MAX, ODD, STATES_MAX

WANTED = (
    *(f"kind {kind}" for kind in KINDS),
    *FLAVOURS,
    "regime switches", "heavy tails", "tick-quantised", "other periods", "lengths", "short series", "nan", "infinite",
    "all states alike", "forbidden transitions",
    *dict.fromkeys([*ODD_CANDLES, *ODD]),
    *(f"form {form}" for form in (*SAME_NUMBERS[1:], "float32", "int64")),
    *(f"implementation {name}" for name in IMPLEMENTATIONS),
    *(f"{states} states" for states in range(2, STATES_MAX + 1)),
    *(f"{features} features" for features in range(1, FEATURES_MAX + 1)),
)  # fmt: skip


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
        """What no case had."""
        return [name for name in WANTED if not self.counts[name]]
