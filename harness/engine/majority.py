"""N-version voting on one case: which port stands alone among all of them, and from where on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.comparators.divergence import Divergence
from harness.panel import REFERENCE, C, Panel

# The first divergence of the second port from the first; None where they agree.
Differs = Callable[[str, str], Divergence | None]


@dataclass(frozen=True, kw_only=True)
class Majority:
    """Ports that agree, group by group, the largest group first; `first` is where the others part from it."""

    groups: tuple[tuple[str, ...], ...]
    first: Divergence | None

    @property
    def odd(self) -> tuple[str, ...]:
        """The ports that stand against a majority of the others; none where there is no majority."""
        largest, *others = self.groups
        rest = tuple(name for group in others for name in group)
        return rest if len(largest) > len(rest) else ()

    @property
    def step(self) -> int | None:
        """The first step that differs; None where the difference is in no step, or there is none."""
        return None if self.first is None else self.first.step

    @property
    def sentence(self) -> str:
        """The vote in a line."""
        if self.first is None:
            return f"{_listed(self.groups[0])} agree"
        where = f"first at {self.first.path}" + (f" ({self.first.event_type})" if self.first.event is not None else "")
        if self.odd:
            return f"odd one out: {_listed(self.odd)}; {_listed(self.groups[0])} agree; {where}"
        if sum(map(len, self.groups)) == 2:
            return f"{_listed([group[0] for group in self.groups])} differ, {where}; which is odd, a third port could tell"
        return f"no majority agrees: {' | '.join(_listed(group) for group in self.groups)}; {where}"

    def to_json(self) -> dict[str, Any]:
        """The vote as plain data."""
        path = None if self.first is None else self.first.path
        return {
            "groups": [list(group) for group in self.groups],
            "odd": list(self.odd),
            "first": path,
            "step": self.step,
            "sentence": self.sentence,
        }


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def vote(names: Sequence[str], differs: Differs) -> Majority:
    """Group ports by whether they agree with the first of a group."""
    groups: list[list[str]] = []
    for name in names:
        home = next((group for group in groups if differs(group[0], name) is None), None)
        if home is None:
            groups.append([name])
        else:
            home.append(name)
    # Of groups of one size the reference's, which is named first, stays the first.
    groups.sort(key=len, reverse=True)
    parted = [differs(groups[0][0], group[0]) for group in groups[1:]]
    steps = [each for each in parted if each is not None]
    first = min(steps, key=lambda each: -1 if each.step is None else each.step, default=None)
    return Majority(groups=tuple(tuple(group) for group in groups), first=first)


def majority_of(panel: Panel[C], case: C, *, without: Sequence[str] = ()) -> Majority:
    """The vote of a panel's ports on a case; the reference comes first."""
    names = [REFERENCE, *(name for name in panel.candidates if name not in without)]
    return vote(names, lambda one, other: panel.differs(one, other, case))
