"""Words of reports that depend on a number."""

from __future__ import annotations

# Nouns with a plural of their own.
PLURALS = {"batch": "batches", "branch": "branches"}


def counted(number: int, noun: str, then: tuple[str, str] | None = None) -> str:
    """The number with its noun, and then one of two words for one and for more: `1 case was`, `2 cases were`."""
    several = PLURALS.get(noun.rpartition(" ")[2])
    plural = f"{noun}s" if several is None else f"{noun.rpartition(' ')[0]} {several}".strip()
    text = f"{number} {noun if number == 1 else plural}"
    return text if then is None else f"{text} {then[number != 1]}"
