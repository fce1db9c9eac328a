"""Mutants that no comparison can distinguish from the reference, each with an argument.

An entry names a function, the operator's variant and the change as in the report; an ellipsis stands for any text. If that is
ambiguous, `text` is a part of the changed line, and `above` of the line before it. An entry whose mutant is killed, or that
names no mutant, is an error, because its argument is no longer true.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from generators.errors import ParityError
from harness.mutants.catalogue import Mutant


class EquivalentsError(ParityError):
    """Some entries name no mutant; the message lists them."""


@dataclass(frozen=True)
class Equivalent:
    """The mutants that an entry names, and why no request can distinguish them from the reference."""

    where: str
    operator: str
    change: str
    why: str
    text: str = ""
    above: str = ""
    # Not equivalent, but cases that show the difference are too rare. The mutant counts as survived, and may be killed.
    rare: bool = False

    def names(self, mutant: Mutant) -> bool:
        """Return True if the entry names this mutant."""
        if self.where != mutant.where or not _matches(self.operator, f"{mutant.operator}:{mutant.variant}"):
            return False
        return self.text in mutant.text and self.above in mutant.above and _matches(self.change, mutant.change)


def _matches(pattern: str, text: str) -> bool:
    """Return True if a text matches a pattern in which an ellipsis stands for any text."""
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("…")), text) is not None


def equivalents_of(mutants: Iterable[Mutant], entries: Sequence[Equivalent]) -> dict[str, Equivalent]:
    """Return the entry of each mutant that has one, by the mutant's id. Raises `EquivalentsError`."""
    found: dict[str, Equivalent] = {}
    used: set[Equivalent] = set()
    for mutant in mutants:
        for entry in entries:
            if entry.names(mutant):
                found[mutant.id] = entry
                used.add(entry)
                break
    idle = [f"{entry.where} {entry.operator}: {entry.change}" for entry in entries if entry not in used]
    if idle:
        raise EquivalentsError(f"equivalents.py: these entries name no mutant: {'; '.join(idle)}")
    return found
