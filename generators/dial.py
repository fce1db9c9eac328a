"""Small choices out of integers: zero is always the simplest, so whatever shrinks integers shrinks cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

CHOICE_MAX = 2**48 - 1


class Dial:
    """Splits one integer into several small choices; a zero picks the first option every time."""

    def __init__(self, choice: int) -> None:
        self._rest = choice

    def pick(self, count: int) -> int:
        """A number from 0 to `count` - 1."""
        self._rest, picked = divmod(self._rest, count)
        return picked

    def of(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.pick(len(options))]

    def flag(self, one_in: int) -> bool:
        """True once in `one_in` times, and never for a zero."""
        return self.pick(one_in) == one_in - 1

    def fraction(self) -> float:
        """A number in [0, 1) with digits that no table would hold; 0.0 for a zero."""
        return self.pick(65_537) / 65_537
