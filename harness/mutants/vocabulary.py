"""The words of a subject that the operators of mutation know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The words of a subject that operators know.

    `texts` are pairs of texts that mean one of two ways, `names` pairs of names, `prefixes` and `suffixes` pairs of parts of
    names; `keywords` are suffixes of keywords whose other one is a field too. `objects` are whole objects: to pass one in place
    of another is a mistake that no typed port could make. `records` gives the fields with a default of each class, by its name.
    """

    texts: Sequence[tuple[str, str]] = ()
    names: Sequence[tuple[str, str]] = ()
    prefixes: Sequence[tuple[str, str]] = ()
    suffixes: Sequence[tuple[str, str]] = ()
    keywords: tuple[str, ...] = ()
    objects: Set[str] = frozenset()
    records: Mapping[str, Set[str]] = field(default_factory=dict)

    def other_text(self, text: str) -> str | None:
        """The text of the other way."""
        return _both_ways(self.texts).get(text)

    def other_name(self, name: str) -> str | None:
        """The name of the same thing of the other way, as `cycle_a` for `cycle_b`."""
        for one, other in _both_ways(self.suffixes).items():
            if name.endswith(one):
                return name.removesuffix(one) + other
        for one, other in _both_ways(self.prefixes).items():
            if name.startswith(one):
                return other + name.removeprefix(one)
        return _both_ways(self.names).get(name)


def _both_ways(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    return {one: other for pair in pairs for one, other in (pair, pair[::-1])}
