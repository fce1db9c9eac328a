"""The contract's rule about rounding: a rounded confidence or bias may be one unit apart across a rounding tie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rounding:
    """Fields of a state that are rounded to so many decimals, and how far apart the unrounded values may lie across a tie."""

    fields: tuple[str, ...]
    decimals: int
    slack: float

    def ties(self, name: str, states: Sequence[Mapping[str, Any]], gain: float) -> bool:
        """Return True if a field of two states is one unit apart, and their own probabilities lie on either side of a tie.

        Raises `KeyError`, `TypeError` or `ValueError` for what is not a state.
        """
        exact = [unrounded(name, state, gain) for state in states]
        unit = 10.0**-self.decimals
        follows = all(round(value, self.decimals) == state[name] for value, state in zip(exact, states, strict=True))
        one_apart = abs(abs(states[0][name] - states[1][name]) - unit) < unit * 1e-6
        return follows and one_apart and abs(exact[0] - exact[1]) <= self.slack * max(1.0, abs(gain))


def rounding_of(contract: Mapping[str, Any]) -> Rounding:
    """Read the rule from the contract's view. Raises `KeyError`, `TypeError` or `ValueError`."""
    rule = contract["rounding"]
    return Rounding(tuple(rule["fields"]), int(rule["decimals"]), float(rule["slack"]))


def unrounded(name: str, state: Mapping[str, Any], gain: float) -> float:
    """Compute a state's confidence or bias before rounding, from its probabilities."""
    bearish, _, bullish = state["probabilities"]
    if name == "confidence":
        second, first = sorted(state["probabilities"])[1:]
        return float(first - second)
    return float(max(-1.0, min(1.0, (bullish - bearish) * gain)))
