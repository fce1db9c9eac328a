"""Series cases: the same everywhere, readable back, mostly realistic, and as odd as they say."""

from __future__ import annotations

import json
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.candles import CandleError, read_candles, sample_candles
from generators.detector.bulk import generate_case, generate_cases
from generators.detector.case import FORMS, KINDS, SAME_NUMBERS, DetectorCase, Series, from_json
from generators.detector.choices import FLAVOURS, DetectorChoices, decode_case
from generators.detector.degenerate import degenerate_script
from generators.detector.market import FOLLOWING, WINDOWS, market_cases
from generators.detector.noise import Purpose, stream
from generators.detector.refusals import STATE, refusal_script
from generators.detector.strategies import detector_cases
from golden.detector.corpus import decoded, encoded
from harness.engine.met import Met
from harness.subjects.detector.asking.capture import spoken
from harness.subjects.detector.asking.scripts import play
from harness.subjects.detector.cases import DetectorTally
from harness.subjects.detector.ports.modules import python


def test_a_case_is_the_same_in_any_order() -> None:
    alone = [generate_case(5, index).to_json() for index in (7, 3)]
    among = {case.name: case.to_json() for case in generate_cases(5, 10)}
    assert alone == [among["series-5-7"], among["series-5-3"]]
    assert generate_case(5, 3).to_json() != generate_case(6, 3).to_json()
    with pytest.raises(ValueError, match="must be 0 or more"):
        generate_case(1, -1)


def test_drawing_cases_leaves_numpys_global_generator_alone() -> None:
    before = np.random.get_state()[1].tolist()  # type: ignore[index]
    list(generate_cases(1, 30))
    assert np.random.get_state()[1].tolist() == before  # type: ignore[index]


@settings(max_examples=60, deadline=None)
@given(detector_cases())
def test_a_case_survives_json(case: DetectorCase) -> None:
    text = json.dumps(case.to_json(), allow_nan=False)
    again = from_json(json.loads(text))
    assert json.dumps(again.to_json(), allow_nan=False) == text


def test_zero_choices_are_the_simplest_case() -> None:
    for kind in KINDS:
        case = decode_case(DetectorChoices(kind=kind), name="zero", metadata={})
        assert case.properties[0] == "realistic"
        assert not case.degenerate
        forms = {value.form for value in case.inputs.values() if isinstance(value, Series)}
        assert forms <= {"float64"}


def test_realistic_data_dominate_and_every_property_is_met() -> None:
    met, degenerate = Met(DetectorTally()), 0
    by_flavour: Counter[str] = Counter()
    for case in generate_cases(7, 1500):
        met.add(case, None)
        degenerate += case.degenerate
        by_flavour[case.properties[0]] += 1
    assert met.never_met() == []
    assert set(by_flavour) == set(FLAVOURS)
    assert by_flavour["realistic"] > 0.6 * met.cases
    assert 0.02 * met.cases < degenerate < 0.2 * met.cases


@given(st.sampled_from(sorted(FORMS)), st.integers(0, 5), st.integers(1, 3))
def test_a_form_holds_the_numbers_it_says(form: str, rows: int, columns: int) -> None:
    values = np.arange(rows * columns, dtype=np.float64).reshape(rows, columns) + 0.5
    built = Series(values, form).build()
    if form in SAME_NUMBERS:
        assert np.array_equal(np.asarray(built, dtype=np.float64).reshape(values.shape), values)
    if form in ("strided", "reversed") and rows > 1:
        assert not built.flags.c_contiguous
    if form == "readonly":
        assert not built.flags.writeable


def test_a_form_is_built_anew_each_time() -> None:
    series = Series(np.zeros(4))
    series.build()[0] = 1.0
    assert series.build()[0] == 0.0


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "case.name: is missing"),
        ({"name": "x", "kind": "song", "inputs": {}}, "case.kind: must be one of"),
        ({"name": "x", "kind": "fit", "inputs": {"rows": {"series": {"form": "cloud"}}}}, "series.form"),
    ],
)
def test_a_broken_case_is_one_sentence(document: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        from_json(document)


def test_market_windows_train_on_the_past_and_update_over_what_follows() -> None:
    cases = market_cases(sample_candles())
    assert {case.metadata["candles"] for case in cases} == set(WINDOWS)
    for case in cases:
        (train, first, stop), *updates = case.inputs["actions"]
        assert (train, first, stop) == ("train", 0, case.metadata["candles"])
        assert [update[2] for update in updates] == list(range(stop + 1, stop + FOLLOWING + 1))
        assert {100 <= update[2] - update[1] <= 200 for update in updates} == {True}
    assert len(market_cases(sample_candles(), windows_max=3)) == 3


def test_too_few_candles_are_one_sentence(tmp_path: pytest.TempPathFactory) -> None:
    path = tmp_path / "few.csv"  # type: ignore[operator]
    rows = "".join(f"{1_700_000_000 + number},1,1,1,1,1\n" for number in range(50))
    path.write_text("timestamp,open,high,low,close,volume\n" + rows, encoding="utf-8")
    with pytest.raises(CandleError, match="holds 50 candles; the detector needs 700 or more"):
        market_cases(read_candles(path))


def test_an_outcome_survives_its_file() -> None:
    outcome = {"a": [np.array([[1.5, math.nan], [math.inf, -0.0]]), np.array([1, 2]), math.inf, None, "NaN", True]}
    again = decoded(json.loads(json.dumps(encoded(outcome), allow_nan=False)))
    left, right = outcome["a"], again["a"]
    assert np.array_equal(left[0].view(np.int64), right[0].view(np.int64))  # type: ignore[union-attr]
    assert right[1].dtype == np.int64
    assert right[2:] == [math.inf, None, "NaN", True]


def test_values_at_the_limits_are_accepted_or_refused_at_every_entrance() -> None:
    port = python()
    port.availability()
    met: Counter[tuple[str, bool]] = Counter()
    said: set[str] = set()
    for number in range(12):
        steps = refusal_script(stream(Purpose.SCRIPT, number))
        for step, outcome in zip(steps, play(port, steps), strict=True):
            met[str(step.get("set") or step.get("call") or step.get("new")), "error" in outcome] += 1
            said |= {record["words"] for record in outcome["said"]}
    called = ("compute_grid_bias", "compute_blended_idle_target", "RegimeState.from_dict", "restore_from_snapshot")
    for name in (*(f"state.{field}" for field in STATE), "RegimeDetector", "FeatureExtractor", "plain.extract", *called):
        assert met[name, False], f"{name} never took a value"
        assert met[name, True], f"{name} never refused one"
    for record in ("state", "shown"):
        assert met[f"{record}.colour", True]
        assert not met[f"{record}.colour", False]
    not_finite = [f"{name} of the fitted model is not finite" for name in ("means", "startprob")]
    for words in (*not_finite, "inference failed, the previous state stays", "fewer clusters"):
        assert any(words in each for each in said), words


def test_a_step_whose_caller_ignores_warnings_is_asked_with_that_filter() -> None:
    port = python()
    port.availability()
    steps = [step for step in degenerate_script() if step.get("as") == "unheard" or step.get("call") == "unheard.train"]
    made, logged = play(port, steps)
    assert "error" not in made
    assert ["fewer clusters" in said["words"] for said in logged["said"]] == [True]
    # Fitting without the detector is a warning of scikit-learn's own, which the filter drops.
    model = {"new": "GaussianHMM", "kwargs": {"n_components": 3, "random_state": 1}, "as": "m"}
    fit = {"call": "m.fit", "args": [[[0.5]] * 40]}
    for action, heard in (("always", True), ("ignore", False)):
        _, fitted = play(port, [model, {**fit, "warnings": action}])
        assert any(said["level"] == "ConvergenceWarning" for said in fitted["said"]) is heard


def test_an_object_that_is_merely_like_a_state_has_these_attributes_alone() -> None:
    port = python()
    port.availability()
    alike = {"like": {"confidence": 1.0, "bias_signal": 3.0}}
    taken, refused = play(
        port, [{"call": "compute_grid_bias", "args": [each]} for each in (alike, {"like": {"confidence": 1.0}})]
    )
    assert taken["value"]["size_skew_override"] == 0.3
    assert refused["error"]["class"] == "AttributeError"


def test_some_detectors_meet_trainings_and_inferences_that_fail() -> None:
    failing = [case for case in generate_cases(7, 60) if "failures" in case.properties]
    assert failing
    for case in failing:
        assert case.inputs["config"]["HMM_MIN_TRAIN_SAMPLES"] == 1
        assert ["train", 0, 16] in case.inputs["actions"]


@pytest.mark.parametrize("beyond", ["", " and no __dict__ for setting new attributes"])
@pytest.mark.parametrize("module", ["", "doge_hmm."])
def test_what_python_alone_says_of_a_class_is_not_compared(module: str, beyond: str) -> None:
    assert spoken(f"'{module}RegimeState' object has no attribute 'colour'{beyond}")["words"] == (
        "'RegimeState' object has no attribute 'colour'"
    )


def test_everything_else_of_such_a_text_is() -> None:
    said = "'RegimeState' object has no attribute 'colour'"
    for other in (
        said.replace("colour", "color"),
        f"{said} at all",
        said.replace("RegimeState", "Regime"),
        f"and no __dict__: {said}",
    ):
        assert spoken(other)["words"] != said
