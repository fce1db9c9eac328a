"""Counts of what cases met, held against what so many cases have to meet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Any

from harness.subject import Tally


class Met:
    """Counts by kind and name, and the different values by kind where those were asked for."""

    def __init__(self, tally: Tally[Any]) -> None:
        self.tally = tally
        self.counts: dict[str, Counter[str]] = {}
        self.values: dict[str, set[Hashable]] = {}
        self.cases = self.steps = 0

    def add(self, case: Any, expected: Any) -> int:
        """Count a case with the reference's outcome; the number of its steps."""
        self.cases += 1
        steps = self.tally.steps(case, expected)
        self.steps += steps
        for (kind, name), number in Counter(self.tally.met(case, expected)).items():
            self.counts.setdefault(kind, Counter())[name] += number
        return steps

    def add_values(self, case: Any, expected: Any) -> None:
        """Note the values of a case."""
        for kind, value in self.tally.values(case, expected):
            self.values.setdefault(kind, set()).add(value)

    def absorb(self, other: Met) -> None:
        """Take in what other cases met."""
        self.cases += other.cases
        self.steps += other.steps
        for kind, counts in other.counts.items():
            self.counts.setdefault(kind, Counter()).update(counts)
        for kind, values in other.values.items():
            self.values.setdefault(kind, set()).update(values)

    def different(self) -> dict[str, int]:
        """The number of different values by kind; a kind that was wanted and has none stands there with a zero."""
        kinds = dict.fromkeys([*self.tally.values_wanted(self.cases), *self.values])
        return {kind: len(self.values.get(kind, ())) for kind in kinds}

    def too_few(self) -> dict[str, tuple[int, int]]:
        """The kinds with too few different values for so many cases: how many there are, and how many there must be."""
        found = self.different()
        return {
            kind: (found[kind], least) for kind, least in self.tally.values_wanted(self.cases).items() if found[kind] < least
        }

    def never_met(self) -> list[str]:
        """The things that so many cases must meet and these do not, as `phase S2`."""
        return never_met(self.tally, self.cases, self.counts)

    def to_json(self) -> dict[str, dict[str, int]]:
        """The counts; what was wanted and never met stands there with a zero."""
        wanted = self.tally.wanted(self.cases)
        kinds = dict.fromkeys([*wanted, *self.counts])
        return {kind: _filled(wanted.get(kind, ()), self.counts.get(kind, Counter())) for kind in kinds}


def _filled(names: Any, counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in dict.fromkeys([*names, *sorted(counts)])}


def never_met(tally: Tally[Any], cases: int, counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    """The things that so many cases must meet and that are not among the counts, as `phase S2`."""
    wanted = tally.wanted(cases)
    return [f"{kind} {name}" for kind, names in wanted.items() for name in names if not counts.get(kind, {}).get(name)]
