"""What of a difference counts, and how bad it is: by what the bot would have done with the candidate's result."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from doge_detector.notes import Outcome
from doge_detector.tolerances import FEATURES, PROBABILITIES, TRANSMAT, Contract
from doge_shadow.judging import HIGH, Difference, differences

# The rule of the contract by which a rounded value may be one unit apart.
ROUNDING = "rounding"
# Where a tolerance of the contract applies, by a step of the path.
_TOLERANCES = {"probabilities": PROBABILITIES, "observation": FEATURES, "rows": FEATURES, "transmat": TRANSMAT}
# Numbers that the bot shows, and from which nothing follows that was not compared as well.
_LOW = frozenset({*_TOLERANCES, "observation_count", "last_update_ts"})


def graded(ours: Outcome, theirs: Outcome, contract: Contract, gain: float) -> tuple[list[Difference], list[str]]:
    """Return the differences of two outcomes beyond the contract's tolerances, the worst first, and the rules that excused one.

    `gain` is the detector's HMM_BIAS_GAIN, which the rule about rounding needs.
    """
    if ours.refusal is not None or theirs.refusal is not None:
        return _of_refusals(ours.refusal, theirs.refusal), []
    found, excused = [], []
    for each in differences(ours.value, theirs.value):
        if _is_within(each, contract):
            continue
        if _is_tie(each, ours.value, theirs.value, contract, gain):
            excused.append(ROUNDING)
            continue
        low = each.kind == "value" and any(step in _LOW for step in each.steps)
        found.append(replace(each, severity="low" if low else "high"))
    return sorted(found, key=lambda each: each.severity != HIGH), excused


def _of_refusals(ours: tuple[str, str] | None, theirs: tuple[str, str] | None) -> list[Difference]:
    if ours is None or theirs is None:
        # One side refused what the other did: everything else follows from it.
        mine, other = ("(absent)" if each is None else f"{each[0]}: {each[1]}" for each in (ours, theirs))
        return [Difference(("error",), "extra" if ours is None else "missing", mine, other)]
    if ours[0] != theirs[0]:
        return [Difference(("error", "class"), "value", ours[0], theirs[0])]
    return [] if ours[1] == theirs[1] else [Difference(("error", "text"), "value", ours[1], theirs[1], "low")]


def _is_within(found: Difference, contract: Contract) -> bool:
    if found.kind != "value" or not isinstance(found.reference, float):
        return False
    if math.isnan(found.reference) and math.isnan(found.candidate):
        return True
    for step in found.steps:
        if step in _TOLERANCES:
            return contract.tolerances[_TOLERANCES[str(step)]].allows(found.reference, found.candidate)
    return False


def _is_tie(found: Difference, ours: Any, theirs: Any, contract: Contract, gain: float) -> bool:
    """True for a rounded value that is one unit apart, where both sides' probabilities lie on either side of a rounding tie."""
    rule = contract.rounding
    match found.steps:
        case ("state", str(name)) if name in rule.fields and found.kind == "value":
            states = [ours["state"], theirs["state"]]
        case _:
            return False
    try:
        return rule.ties(name, states, gain)
    except (KeyError, TypeError, ValueError):
        return False  # not a valid state
