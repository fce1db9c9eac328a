"""Warnings of a training that follow: whether the last round still rose may be a question of the scores' last bits.

hmmlearn warns of a round whose log-likelihood is below that of the round before. Near the optimum a round gains less than what
the scores of two trainings within their tolerances differ by, so that one may rise where the other falls. Then each has to
warn of exactly what its own history shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from generators.plain import Json
from harness.comparators.divergence import Divergence
from harness.comparators.path import Path

NOT_CONVERGING = "Model is not converging."
# hmmlearn 0.3.3, `ConvergenceMonitor.report`: a fall that is smaller is none.
PRECISION = float(np.sqrt(np.finfo(np.float64).eps))
TRAINED, SAID, VALUE = "trained", "said", "value"


def without_followed_warnings(
    divergences: Sequence[Divergence], *, reference: Json, candidate: Json
) -> tuple[list[Divergence], int]:
    """Return the divergences but for warnings that follow from histories within their tolerances, and the number of those."""
    kept, followed = list(divergences), 0
    for where in dict.fromkeys(_training_of(each.path) for each in divergences):
        if where is None or any(each.path.steps[: len(where) + 1] == (*where, VALUE) for each in divergences):
            continue
        said = [each for each in kept if each.path.steps[: len(where) + 1] == (*where, SAID)]
        try:
            follows = _rest_is_equal(reference, candidate, where) and all(
                _warns_of_its_own(side, where) for side in (reference, candidate)
            )
        except (KeyError, IndexError, TypeError, ValueError):
            continue  # not a training with its history
        if follows:
            kept = [each for each in kept if each not in said]
            followed += len(said)
    return kept, followed


def _training_of(path: Path) -> tuple[str | int, ...] | None:
    """The steps to the training whose warnings a path is about; None for another path."""
    steps = path.steps
    if TRAINED not in steps:
        return None
    end = steps.index(TRAINED) + 1
    return steps[:end] if steps[end : end + 1] == (SAID,) else None


def _at(outcome: Json, where: tuple[str | int, ...]) -> Any:
    value: Any = outcome
    for step in where:
        value = value[step]
    return value


def _split(outcome: Json, where: tuple[str | int, ...]) -> tuple[list[Any], list[Any]]:
    """What a training said of rounds that fell, and all else that it said."""
    said = _at(outcome, (*where, SAID))
    falls = [each for each in said if each["words"].startswith(NOT_CONVERGING)]
    return falls, [each for each in said if not each["words"].startswith(NOT_CONVERGING)]


def _rest_is_equal(reference: Json, candidate: Json, where: tuple[str | int, ...]) -> bool:
    ours, theirs = (_split(side, where)[1] for side in (reference, candidate))
    return len(ours) == len(theirs) and all(
        (one["level"], one["words"]) == (other["level"], other["words"]) and np.array_equal(one["numbers"], other["numbers"])
        for one, other in zip(ours, theirs, strict=True)
    )


def _warns_of_its_own(outcome: Json, where: tuple[str | int, ...]) -> bool:
    """Return True if a training warned of each round of its history that fell, and of no other, in the reference's words."""
    history = np.asarray(_at(outcome, (*where, VALUE, "history")), dtype=np.float64)
    gains = np.diff(history)
    expected = [
        [after, before, gain] for before, after, gain in zip(history[:-1], history[1:], gains, strict=True) if gain < -PRECISION
    ]
    falls = _split(outcome, where)[0]
    words = f"{NOT_CONVERGING} Current: # is not greater than #. Delta is #"
    return len(falls) == len(expected) and all(
        (each["level"], each["words"]) == ("WARNING", words) and np.array_equal(each["numbers"], numbers)
        for each, numbers in zip(falls, expected, strict=True)
    )
