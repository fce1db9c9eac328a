"""Small choices taken from integers. Zero always means the simplest option, so shrinking the integers shrinks the case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

# An integer that a case is decoded from has this many bits, enough for every choice that one decoder takes from it.
CHOICE_BITS = 48
CHOICE_MAX = 2**CHOICE_BITS - 1
# Small integers pick the first options; strategies draw up to this maximum half of the time.
SMALL_CHOICE_MAX = 63
# A prime, so that no fraction but 0.0 is a short decimal or binary number.
FRACTION_STEPS = 65_537


def weighted(*options: tuple[T, int]) -> tuple[T, ...]:
    """Repeat each option as often as its weight says, in order, so that a uniform pick is a weighted one."""
    return tuple(option for option, weight in options for _ in range(weight))


class Dial:
    """Splits one integer into several small choices. Zero picks the first option every time."""

    __slots__ = ("_rest",)

    def __init__(self, choice: int) -> None:
        self._rest = choice

    def pick(self, count: int) -> int:
        """Pick a number from 0 to `count` - 1."""
        self._rest, picked = divmod(self._rest, count)
        return picked

    def of(self, options: Sequence[T]) -> T:
        """Pick one of the options."""
        self._rest, picked = divmod(self._rest, len(options))
        return options[picked]

    def flag(self, one_in: int) -> bool:
        """Return True once in `one_in` times, and never for zero."""
        self._rest, picked = divmod(self._rest, one_in)
        return picked == one_in - 1

    def fraction(self) -> float:
        """Pick a number in [0, 1) with many digits; 0.0 for zero."""
        return self.pick(FRACTION_STEPS) / FRACTION_STEPS
