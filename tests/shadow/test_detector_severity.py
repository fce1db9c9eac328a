"""Each difference of the detector's results has the severity that the bot's next step gives it."""

from __future__ import annotations

import json
import math
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from doge_detector.notes import Outcome
from doge_detector.settings import read_settings
from doge_detector.severity import ROUNDING, graded
from doge_detector.tolerances import CONTRACT_FILE, FEATURES, PROBABILITIES, TRANSMAT, Tolerance, read_contract

CONTRACT = read_contract()
STATE = {
    "regime": 2,
    "probabilities": [0.1, 0.2, 0.7],
    "confidence": 0.5,
    "bias_signal": 0.6,
    "last_update_ts": 1.7e9,
    "observation_count": 50,
}
UPDATE = {"new": True, "state": STATE, "observation": [1.0, 2.0, 3.0, 4.0]}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The update with another value in one place."""
    other: Any = deepcopy(UPDATE)
    *steps, last = [int(each) if each.isdigit() else each for each in path.split(".")]
    at = other
    for step in steps:
        at = at[step]
    at[last] = value
    return other


def told(theirs: Any, ours: Any = UPDATE, gain: float = 1.0) -> list[tuple[str, str]]:
    found, _ = graded(Outcome(ours), Outcome(theirs), CONTRACT, gain)
    return [(each.path, each.severity) for each in found]


@pytest.mark.parametrize(
    ("path", "value", "severity"),
    [
        ("new", False, "high"),
        ("state.regime", 1, "high"),
        ("state.confidence", 0.51, "high"),
        ("state.bias_signal", 0.5999, "high"),
        ("state.bias_signal", -0.6, "high"),
        ("state.bias_signal", math.nan, "high"),
        ("state.bias_signal", 1, "high"),
        ("state.observation_count", 51, "low"),
        ("state.last_update_ts", 1.7e9 + 1.0, "low"),
        ("state.probabilities.1", 0.2 + 2e-6, "low"),
        ("state.probabilities.1", math.nan, "low"),
        ("state.probabilities", [0.1, 0.9], "high"),
        ("observation.3", 4.1, "low"),
        ("observation", None, "high"),
    ],
)
def test_a_difference_is_as_bad_as_what_follows_from_it(path: str, value: Any, severity: str) -> None:
    assert told(changed(path, value))[0][1] == severity
    assert told(UPDATE) == []


@pytest.mark.parametrize(
    ("path", "value"), [("state.probabilities.1", 0.2 + 9e-7), ("observation.2", 3.0 + 1e-12), ("observation.0", 1.0 - 9e-13)]
)
def test_what_the_contract_tolerates_is_no_difference(path: str, value: float) -> None:
    assert told(changed(path, value)) == []


def test_the_worst_comes_first() -> None:
    other = changed("state.observation_count", 1)
    other["state"]["regime"] = 0
    assert told(other) == [("$.state.regime", "high"), ("$.state.observation_count", "low")]


def across_a_tie(apart: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two updates whose confidences lie on either side of a rounding tie."""
    sides = []
    for sign in (-1.0, 1.0):
        exact = 0.50005 + sign * apart / 2.0
        state = {**STATE, "probabilities": [0.7 - exact, 0.3 - (0.7 - exact) + 0.0, 0.7]}
        first, second = sorted(state["probabilities"])[:0:-1]
        sides.append({**UPDATE, "state": {**state, "confidence": round(first - second, 4)}})
    return sides[0], sides[1]


def test_one_unit_across_a_rounding_tie_is_excused_and_counted() -> None:
    ours, theirs = across_a_tie(1e-7)
    assert ours["state"]["confidence"] != theirs["state"]["confidence"]
    found, excused = graded(Outcome(ours), Outcome(theirs), CONTRACT, 1.0)
    assert (found, excused) == ([], [ROUNDING])


def test_one_unit_is_not_excused_where_it_does_not_follow() -> None:
    assert told(changed("state.confidence", 0.5001)) == [("$.state.confidence", "high")]
    ours, theirs = across_a_tie(1e-5)
    assert ("$.state.confidence", "high") in told(theirs, ours)


def test_refusals_are_compared_by_class_then_by_text() -> None:
    refused = Outcome(refusal=("ValueError", "closes: bad"))
    cases = {
        "high": [Outcome(True), Outcome(refusal=("TypeError", "closes: bad"))],
        "low": [Outcome(refusal=("ValueError", "closes: worse"))],
    }
    for severity, others in cases.items():
        for other in others:
            assert [each.severity for each in graded(refused, other, CONTRACT, 1.0)[0]] == [severity]
    assert graded(Outcome(True), refused, CONTRACT, 1.0)[0][0].kind == "extra"
    assert graded(refused, refused, CONTRACT, 1.0) == ([], [])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(True, False), ({"mode": "symmetric"}, {"mode": "long_bias"}), (0.1, 0.1 + 2**-56), (-0.0, 0.0), (1.0, 1)],
)
def test_results_without_a_tolerance_are_compared_to_the_last_bit(ours: Any, theirs: Any) -> None:
    assert [severity for _, severity in told(theirs, ours)] == ["high"]


def test_the_limits_are_those_of_the_contract() -> None:
    entries = {each["path"]: each for each in json.loads(CONTRACT_FILE.read_text())["tolerances"]}
    for name in (FEATURES, PROBABILITIES, TRANSMAT):
        found = CONTRACT.tolerances[name]
        for bound in ("ulp", "relative", "absolute"):
            assert getattr(found, bound) == entries[name].get(bound, 0)


def test_a_number_of_doubles_apart() -> None:
    four = Tolerance(ulp=4)
    number = 1.0
    for _ in range(4):
        number = math.nextafter(number, 2.0)
    assert four.allows(1.0, number)
    assert not four.allows(1.0, math.nextafter(number, 2.0))
    assert four.allows(-0.0, 0.0)
    assert four.allows(-5e-324, 1e-323)
    assert four.allows(math.nan, math.nan)
    assert not four.allows(math.inf, 1.7976931348623157e308)


def test_a_shadow_without_the_contract_fails_the_import(tmp_path: Path) -> None:
    (tmp_path / "contract.json").write_text('{"tolerances": []}')
    with pytest.raises(ImportError, match="cannot be read as the detector's contract"):
        read_contract(tmp_path / "contract.json")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"DOGE_HMM_SHADOW": "maybe"}, "DOGE_HMM_SHADOW: must be 1, 0 or control, got 'maybe'"),
        ({"DOGE_HMM_SHADOW_QUEUE": "0"}, "DOGE_HMM_SHADOW_QUEUE: must be a number from 1 to 1e+07, got '0'"),
        ({"DOGE_HMM_SHADOW_TIMEOUT_SEC": "0"}, "DOGE_HMM_SHADOW_TIMEOUT_SEC: must be a number of seconds above 0, got '0'"),
        ({"DOGE_HMM_SHADOW_TIMEOUT_SEC": "x"}, "DOGE_HMM_SHADOW_TIMEOUT_SEC: must be a number of seconds above 0, got 'x'"),
        (
            {"DOGE_HMM_SHADOW": "1", "DOGE_HMM_BACKEND": "rust"},
            "DOGE_HMM_SHADOW: Python answers while it is on, so that DOGE_HMM_BACKEND cannot be rust",
        ),
    ],
)
def test_a_mistake_in_a_setting_is_a_sentence_even_while_it_is_off(changed: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match="DOGE_HMM_SHADOW") as caught:
        read_settings(changed)
    assert str(caught.value) == sentence


def test_the_settings_are_read() -> None:
    found = read_settings({"DOGE_HMM_SHADOW": "1", "DOGE_HMM_SHADOW_TIMEOUT_SEC": "7.5"})
    assert found.shadow is not None
    assert (found.timeout_sec, found.shadow.queue, read_settings({}).shadow) == (7.5, 500, None)
