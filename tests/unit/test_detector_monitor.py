"""The last round of a training may rise or fall by its last bits; a warning that its own history does not show is wrong."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from generators.detector.case import DetectorCase, Series
from harness.subjects.detector.asking.capture import spoken
from harness.subjects.detector.contract import load_detector_contract
from harness.subjects.detector.judging.judge import compare_outcomes
from harness.subjects.detector.judging.monitor import without_followed_warnings

CONTRACT = load_detector_contract()
ROSE, FELL = [-10190.2, -10068.616612, -10068.616610], [-10190.2, -10068.616606, -10068.616612]
PLACES = [("same_seed", "trained"), ("same_seed", "trainings", 0, "trained")]


def warning_of(before: float, after: float) -> dict[str, Any]:
    text = f"Model is not converging.  Current: {after} is not greater than {before}. Delta is {after - before}"
    return {"level": "WARNING", **spoken(text)}


def outcome(history: list[float], said: list[Any], where: tuple[str | int, ...]) -> dict[str, Any]:
    found: Any = {"value": {"history": np.array(history), "iterations": len(history)}, "said": said}
    for step in reversed(where):
        found = [found] if isinstance(step, int) else {step: found}
    return dict(found)


def left(ours: Any, theirs: Any) -> tuple[int, int, int]:
    """How many divergences there were, how many stay, and how many warnings followed."""
    case = DetectorCase(name="x", kind="fit", inputs={"rows": Series(np.ones((4, 2))), "lengths": None})
    found = compare_outcomes(case=case, reference=ours, candidate=theirs, contract=CONTRACT).divergences
    kept, followed = without_followed_warnings(found, reference=ours, candidate=theirs)
    return len(found), len(kept), followed


@pytest.mark.parametrize("where", PLACES)
def test_a_round_that_rises_here_and_falls_there_is_warned_of_there(where: tuple[str | int, ...]) -> None:
    quiet, warned = outcome(ROSE, [], where), outcome(FELL, [warning_of(*FELL[1:])], where)
    assert left(quiet, warned) == (1, 0, 1)
    assert left(warned, quiet) == (1, 0, 1)


def wrong_warnings() -> dict[str, tuple[list[float], list[Any]]]:
    """Histories with warnings that do not belong to them."""
    right = warning_of(*FELL[1:])
    softer = {**right, "level": "INFO"}
    other = {**right, "words": right["words"].replace("Delta", "Difference")}
    off = {**right, "numbers": right["numbers"] + np.array([0.0, 0.0, 1e-9])}
    return {
        "none, though it fell": (FELL, []),
        "one, though it rose": (ROSE, [right]),
        "two": (FELL, [right, right]),
        "another level": (FELL, [softer]),
        "other words": (FELL, [other]),
        "another fall": (FELL, [off]),
        "something else besides": (FELL, [right, {"level": "WARNING", **spoken("rows are few")}]),
    }


@pytest.mark.parametrize("name", wrong_warnings())
def test_a_warning_that_does_not_belong_to_its_history_stays(name: str) -> None:
    history, said = wrong_warnings()[name]
    # The reference itself says what belongs to its history.
    ours = outcome(ROSE, [], PLACES[0]) if said else outcome(FELL, [warning_of(*FELL[1:])], PLACES[0])
    before, kept, followed = left(ours, outcome(history, said, PLACES[0]))
    assert before > 0
    assert (kept, followed) == (before, 0)


def test_where_the_histories_part_no_warning_follows() -> None:
    ours, theirs = outcome(ROSE, [], PLACES[0]), outcome(FELL, [warning_of(*FELL[1:])], PLACES[0])
    apart = copy.deepcopy(theirs)
    apart["same_seed"]["trained"]["value"]["history"][0] += 1.0
    before, kept, followed = left(ours, apart)
    assert (kept, followed) == (before, 0)


def test_a_fall_within_the_monitors_precision_is_none() -> None:
    level = [-50.0, -40.0, -40.0 - 1e-9]
    ours = outcome([-50.0, -40.0, -40.0], [], PLACES[0])
    assert left(ours, outcome(level, [warning_of(*level[1:])], PLACES[0]))[1:] == (1, 0)
