"""A case that is made of a noted call gives the reference's result of that call again."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from doge_detector import watching
from doge_detector.cases import case_of
from doge_detector.notes import Call
from doge_detector.settings import Kind
from doge_shadow.shadow import Shadow
from generators.detector.case import DetectorCase
from harness.subjects.detector.asking.calls import answer
from harness.subjects.detector.ports.modules import python
from harness.subjects.registry import subject_called
from tests.shadow.watched_detector import CONFIG, candles, lived, watching_detector


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """The notes of one life, with an update that changes nothing at its end."""
    noted: list[Call] = []
    monkeypatch.setattr(Shadow, "note", lambda _shadow, call: noted.append(call))
    with watching_detector(tmp_path, mode="control"):
        lived(watching, updates=3)
        closes, volumes = candles(2)
        detector = watching.RegimeDetector(CONFIG)
        detector.train(closes, volumes)
        detector.update(closes[:5], volumes[:5])
        detector.needs_retrain()
    return noted


@cache
def port() -> Any:
    reference = python()
    assert reference.availability().available
    return reference


def replayed(call: Call) -> tuple[DetectorCase, dict[str, Any]]:
    """The case as a file holds it, and the reference's outcome of it."""
    case = subject_called("detector").cases.from_json(json.loads(json.dumps(case_of(call, "shadow-x"), allow_nan=False)))
    return case, answer(port(), case)


def of_kind(calls: list[Call], kind: Kind, *, refused: bool = False) -> list[Call]:
    found = [call for call in calls if call.kind == kind and (call.ours.refusal is not None) is refused]
    assert found
    return found


def test_an_update_gives_the_same_state_again(calls: list[Call]) -> None:
    for call in of_kind(calls, Kind.UPDATE):
        case, outcome = replayed(call)
        wanted = call.ours.value
        found = outcome["inference"]["updates"][-1]["value"]
        assert found["new"] is wanted["new"]
        if wanted["new"]:
            assert found["probabilities"] == wanted["state"]["probabilities"]
            assert found["observation_count"] == wanted["state"]["observation_count"]
            assert outcome["features"]["last_observation"][-1] == wanted["observation"]
        else:
            # There is a state that can stay, which is not the one of a new detector.
            assert found["updated"] == "before"
            assert found["observation_count"] > 0
        assert (case.metadata["real"], case.metadata["source"]) == (True, "shadow")


def test_a_training_gives_the_same_model_again(calls: list[Call]) -> None:
    for call in of_kind(calls, Kind.TRAIN):
        [training] = replayed(call)[1]["same_seed"]["trainings"]
        assert training["returned"]["value"] is call.ours.value["returned"]
        assert training["transmat"]["value"] == call.ours.value["transmat"]


def test_a_question_for_a_training_is_asked_at_several_ages(calls: list[Call]) -> None:
    before, *trained = of_kind(calls, Kind.NEEDS_RETRAIN)
    assert replayed(before)[1]["functions"]["steps"][-1]["value"] is True
    for call in trained:
        if call.before is not None and call.before.trained:
            [training] = replayed(call)[1]["same_seed"]["trainings"]
            assert training["too_old"]["value"] == [False, False, True, True]


def test_features_are_extracted_of_the_same_form(calls: list[Call]) -> None:
    [call] = of_kind(calls, Kind.EXTRACT)
    case, outcome = replayed(call)
    assert (case.inputs["closes"].form, case.inputs["periods"]["rsi_period"]) == ("list", 10)
    assert np.array_equal(outcome["features"]["rows"]["value"], call.ours.value)


@pytest.mark.parametrize("kind", [Kind.GRID_BIAS, Kind.IDLE_TARGET, Kind.SERIALIZE])
def test_a_function_gives_the_same_result_again(kind: Kind, calls: list[Call]) -> None:
    for call in of_kind(calls, kind):
        assert replayed(call)[1]["functions"]["steps"][-1]["value"] == call.ours.value


def test_what_is_restored_is_read_again(calls: list[Call]) -> None:
    for call in of_kind(calls, Kind.RESTORE):
        stored = replayed(call)[1]["functions"]["steps"][-1]["value"]
        assert stored["_hmm_regime_state"] == call.ours.value["state"]
        assert stored["_hmm_last_train_ts"] == call.ours.value["last_train_ts"]


@pytest.mark.parametrize("kind", [Kind.CONSTRUCTOR, Kind.UPDATE])
def test_a_refusal_is_refused_again_in_the_same_words(kind: Kind, calls: list[Call]) -> None:
    for call in of_kind(calls, kind, refused=True):
        said = [step["error"] for step in replayed(call)[1]["functions"]["steps"] if "error" in step]
        assert call.ours.refusal is not None
        assert said[0]["class"] == call.ours.refusal[0]
        assert said[0]["words"] == call.ours.refusal[1]


def test_a_setting_that_was_taken_is_read_again(calls: list[Call]) -> None:
    call = of_kind(calls, Kind.CONSTRUCTOR)[0]
    assert replayed(call)[1]["functions"]["steps"][-1]["value"] == dict(call.ours.value)


def test_an_argument_that_no_case_can_hold_makes_none(calls: list[Call]) -> None:
    call = of_kind(calls, Kind.IDLE_TARGET)[0]
    for odd in (object(), np.array(["x"]), {1: 2.0}, (1.0,)):
        assert case_of(call._replace(arguments=(odd, *call.arguments[1:])), "shadow-x") is None
