"""Mutants that nobody can tell from the reference over the wire, each with the argument why.

An entry names a function, the operator's variant and the change as the report writes it; an ellipsis stands for anything.
Where that is not enough, `text` is a part of the changed line, and `above` of the one before it.
An entry whose mutant is killed, or that names none, is an error: an argument that no longer holds must not stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from generators.errors import ParityError
from harness.mutants.catalogue import Mutant


class EquivalentsError(ParityError):
    """Entries that name no mutant; the message lists them."""


@dataclass(frozen=True)
class Equivalent:
    """The mutants that an entry names, and why no request can tell them from the reference."""

    where: str
    operator: str
    change: str
    why: str
    text: str = ""
    above: str = ""
    # Not equivalent: somebody could tell it, but so seldom that cases do not. It counts as survived, and may be killed.
    rare: bool = False

    def names(self, mutant: Mutant) -> bool:
        """True if the entry names this mutant."""
        if self.where != mutant.where or not _matches(self.operator, f"{mutant.operator}:{mutant.variant}"):
            return False
        return self.text in mutant.text and self.above in mutant.above and _matches(self.change, mutant.change)


def _matches(pattern: str, text: str) -> bool:
    """True if a text matches a pattern in which an ellipsis stands for anything."""
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("…")), text) is not None


def equivalents_of(mutants: Iterable[Mutant], entries: Sequence[Equivalent]) -> dict[str, Equivalent]:
    """The entry of each mutant that has one, by the mutant's id. Raises `EquivalentsError` for an entry without a mutant."""
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
