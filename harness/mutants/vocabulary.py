"""The words of a subject that the mutation operators use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The words of a subject that the mutation operators use.

    `texts`, `names`, `prefixes` and `suffixes` are pairs of opposites: texts, names and parts of names. `keywords` are suffixes
    of keywords whose counterparts are fields, too. `objects` are names of whole objects, which no typed port could confuse, so
    they are never swapped. `records` maps names of classes to their fields with defaults.
    """

    texts: Sequence[tuple[str, str]] = ()
    names: Sequence[tuple[str, str]] = ()
    prefixes: Sequence[tuple[str, str]] = ()
    suffixes: Sequence[tuple[str, str]] = ()
    keywords: tuple[str, ...] = ()
    objects: Set[str] = frozenset()
    records: Mapping[str, Set[str]] = field(default_factory=dict)

    def other_text(self, text: str) -> str | None:
        """Return the opposite of a text, or None."""
        return _both_ways(self.texts).get(text)

    def other_name(self, name: str) -> str | None:
        """Return the opposite of a name, as `cycle_a` for `cycle_b`, or None."""
        for one, other in _both_ways(self.suffixes).items():
            if name.endswith(one):
                return name.removesuffix(one) + other
        for one, other in _both_ways(self.prefixes).items():
            if name.startswith(one):
                return other + name.removeprefix(one)
        return _both_ways(self.names).get(name)


def _both_ways(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    return {one: other for pair in pairs for one, other in (pair, pair[::-1])}
