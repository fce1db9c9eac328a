"""When a case is excused, and when a rounding tie is one."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from generators.detector.bulk import generate_cases
from generators.detector.case import DetectorCase, Series
from golden.detector.rounding import Rounding
from harness.subjects.detector.asking.calls import answer
from harness.subjects.detector.contract import load_detector_contract
from harness.subjects.detector.golden import loaded_reference
from harness.subjects.detector.judging.judge import Verdict, judge
from harness.subjects.detector.judging.well_defined import UNDEFINED, agreed, well_defined, within
from harness.subjects.detector.ports.modules import UnnamedError, candidate
from harness.subjects.detector.ports.threads import one_thread

CONTRACT = load_detector_contract()


def fit_case(*, degenerate: bool = False) -> DetectorCase:
    """A realistic training that nothing small can turn."""
    for case in generate_cases(7, 200):
        if case.kind == "fit" and case.properties[0] == "realistic" and case.inputs["lengths"] is None:
            return DetectorCase(name="fit", kind="fit", inputs=case.inputs, degenerate=degenerate)
    raise AssertionError("there is one")


def judged(case: DetectorCase, reference: Any, other: Any, *, real: bool = False) -> Verdict:
    return judge(
        case=case, reference=reference, candidate=other, contract=CONTRACT, reference_port=loaded_reference(), real=real
    )


@pytest.mark.parametrize("degenerate", [False, True])
def test_a_case_on_which_the_reference_keeps_to_itself_is_never_excused(degenerate: bool) -> None:
    case = fit_case(degenerate=degenerate)
    with one_thread():
        reference = answer(loaded_reference(), case)
        other = copy.deepcopy(reference)
        # As good a model by every statistic: but one round late.
        other["same_seed"]["trained"]["value"]["iterations"] += 1
        verdict = judged(case, reference, other)
    assert verdict.excused is None
    assert [each.path for each in verdict.divergences] == ["$.same_seed.trained.value.iterations"]


def test_rounds_are_excused_only_where_the_reference_parts_with_itself() -> None:
    case = next(case for case in generate_cases(7, 200) if case.kind == "em" and case.properties[0] == "realistic")
    with one_thread():
        reference = answer(loaded_reference(), case)
        other = copy.deepcopy(reference)
        other["em"]["rounds"][0]["value"]["means"][0][0] += 1e-6
        verdict = judged(case, reference, other)
    assert verdict.excused is None
    assert [each.path for each in verdict.divergences] == ["$.em.rounds[0].value.means[0][0]"]


def far_off() -> DetectorCase:
    """Rows so far from zero that their variance is noise."""
    rows = np.random.Generator(np.random.PCG64(3)).standard_normal((400, 2)) + 1e7
    settings = {"n_components": 2, "random_state": 42, "n_iter": 5, "tol": 1e-2, "implementation": "log"}
    return DetectorCase(
        name="far", kind="fit", inputs={"rows": Series(rows), "lengths": None, "settings": settings}, degenerate=True
    )


def test_on_degenerate_data_what_is_defined_is_compared() -> None:
    case = far_off()
    with one_thread():
        reference = answer(loaded_reference(), case)
        other = copy.deepcopy(reference)
        other["same_seed"]["trained"]["value"]["transmat"] += 0.1
        assert judged(case, reference, other).excused == "what is well defined"
        # Real candles are not excused, whatever they are.
        assert judged(case, reference, other, real=True).divergences[0].path == "$.same_seed.trained.value.transmat[0][0]"
        other["same_seed"]["trained"]["value"]["means"] = np.zeros((3, 2))
        found = judged(case, reference, other)
    assert found.excused is None
    assert found.divergences[0].path == "$.same_seed.trained.value.means.shape[0]"


def test_values_on_which_the_references_outcomes_differ_are_undefined() -> None:
    first, second = {"a": 1.0, "b": [1.0, float("nan")], "c": "x"}, {"a": 2.0, "b": [1.0, 1.0], "c": "x", "d": 1}
    known = agreed([well_defined(first), well_defined(second)])
    assert known["a"] is True
    assert known["b"] == [True, UNDEFINED]
    assert known["d"] is UNDEFINED
    left, right = within(well_defined({"a": float("nan"), "b": [1.0, 3.0], "c": "x", "d": 7}), known)
    assert left == {"a": False, "b": [True], "c": "x"}
    assert right == {"a": True, "b": [True], "c": "x"}


def updates(*states: tuple[list[float], float, float]) -> Any:
    rows = [{"value": {"probabilities": p, "confidence": c, "bias_signal": b}} for p, c, b in states]
    return {"inference": {"updates": rows}}


def test_a_rounding_tie_is_accepted_only_where_it_is_one() -> None:
    case = DetectorCase(name="d", kind="detector", inputs={"config": {}})
    lead = 0.33335
    below, above = [0.0, 0.5 - lead / 2, 0.5 + lead / 2 - 1e-9], [0.0, 0.5 - lead / 2, 0.5 + lead / 2 + 1e-9]
    bias = [round(below[2], 4), round(above[2], 4)]
    tie = updates((below, 0.3333, bias[0])), updates((above, 0.3334, bias[1]))
    verdict = judged(case, *tie)
    assert (verdict.divergences, verdict.ties) == ([], 1)
    # The same pair of values does not follow from equal probabilities.
    unfounded = updates((below, 0.3333, bias[0])), updates((below, 0.3334, bias[0]))
    assert [each.path for each in judged(case, *unfounded).divergences] == ["$.inference.updates[0].value.confidence"]
    two_apart = updates((below, 0.3333, bias[0])), updates((above, 0.3335, bias[1]))
    assert len(judged(case, *two_apart).divergences) == 1


def test_a_name_that_is_missing_is_missing_and_no_error_of_the_port() -> None:
    port = candidate("json")
    assert port.availability().available
    assert len(port.missing()) > 5
    with pytest.raises(UnnamedError, match="RegimeDetector"):
        answer(port, next(case for case in generate_cases(1, 60) if case.kind == "detector"))
    assert "No module named" in candidate("no_such_module_anywhere").availability().reason


def test_a_rounded_value_is_one_unit_apart_or_no_tie() -> None:
    rule = Rounding(("confidence", "bias_signal"), decimals=4, slack=2e-6)

    def state(lean: float) -> dict[str, Any]:
        return {"probabilities": [0.5 - lean / 2.0, 0.0, 0.5 + lean / 2.0], "bias_signal": round(100.0 * lean, 4)}

    # A gain of 100 widens the slack to two units.
    assert rule.ties("bias_signal", [state(0.0050004), state(0.0050006)], 100.0)
    assert not rule.ties("bias_signal", [state(0.0050004), state(0.0050022)], 100.0)
