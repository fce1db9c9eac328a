"""The plan of a fuzz run: all of it is decided before the run begins."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from harness.panel import REFERENCE, PortRequest
from harness.subject import Subject
from harness.subjects.registry import subject_called

# JSON has lists only.
_TUPLES = ("candidates", "waivers")


@dataclass(frozen=True, kw_only=True)
class FuzzPlan:
    """A number of cases of a seed, cut into batches. The same plan gives the same cases, whoever runs them.

    `settings` go to the generator of cases. `timeout_sec` bounds one answer. `coverage` is how many of the first cases are run
    once more to measure what they reach.
    """

    subject: str
    seed: int
    sequences: int
    batch_size: int
    settings: Mapping[str, int] = field(default_factory=dict)
    candidates: tuple[str, ...] = ()
    timeout_sec: float
    waivers: tuple[Mapping[str, Any], ...] = ()
    coverage: int = 0

    @property
    def batch_count(self) -> int:
        """The number of batches."""
        return math.ceil(self.sequences / self.batch_size)

    @property
    def cases_measured(self) -> int:
        """The number of cases that coverage is measured by."""
        return min(self.coverage, self.sequences)

    def about(self) -> Subject[Any]:
        """The subject. Raises `UnknownSubjectError`."""
        return subject_called(self.subject)

    def ports(self, *, with_third: bool = False) -> PortRequest:
        """The ports that the plan's cases go to; `with_third` adds the built-in ones to candidates, for a majority."""
        built_in = self.about().defaults.night_ports
        names = built_in if with_third or not self.candidates else ()
        return PortRequest(names=(REFERENCE, *names), candidates=self.candidates, timeout_sec=self.timeout_sec, may_keep=True)

    def case(self, index: int) -> Any:
        """Case `index` of the plan."""
        return self.about().cases.generate(self.seed, index, self.settings)

    def case_seen(self, index: int) -> tuple[Any, Any]:
        """Case `index`, and what the reference answered while it was made, if it was asked."""
        return self.about().cases.generate_seen(self.seed, index, self.settings)

    def indexes(self, number: int) -> range:
        """The indexes of a batch's cases."""
        first = number * self.batch_size
        return range(first, min(first + self.batch_size, self.sequences))

    def to_json(self) -> dict[str, Any]:
        """The plan as plain data."""
        return {**asdict(self), **{name: list(getattr(self, name)) for name in _TUPLES}}


def plan_from(data: Mapping[str, Any]) -> FuzzPlan:
    """A plan as the ledger kept it. Raises `TypeError` for one that another version wrote."""
    return FuzzPlan(**{**data, **{name: tuple(data.get(name, ())) for name in _TUPLES}})
