"""Other set-ups of the processor: that each is really another, and how far a port may lie from the reference."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from generators.detector.case import DetectorCase, Series
from harness.comparators.divergence import ABSENT, Divergence
from harness.comparators.path import path_of
from harness.subjects.detector.asking.calls import answer
from harness.subjects.detector.contract import load_detector_contract
from harness.subjects.detector.golden import loaded_reference
from harness.subjects.detector.judging.judge import compare_outcomes, judge
from harness.subjects.detector.judging.spread import value_at, within_spread
from harness.subjects.detector.ports.setups import (
    SetupError,
    SetupServer,
    features_in_use,
    other_setups,
    setup_in_use,
    setups_of,
)
from harness.subjects.detector.ports.threads import one_thread

CONTRACT = load_detector_contract()


def test_a_processor_runs_the_kernels_that_it_has_the_features_for() -> None:
    assert [(setup.kernel, setup.disabled) for setup in setups_of(("X86_V3", "X86_V4", "AVX512_ICL"))] == [
        ("Prescott", ("X86_V3", "X86_V4", "AVX512_ICL")),
        ("Haswell", ("X86_V4", "AVX512_ICL")),
        ("SkylakeX", ()),
    ]
    assert [setup.kernel for setup in setups_of(("AVX2", "FMA3"))] == ["Prescott", "Haswell"]
    assert [setup.kernel for setup in setups_of(())] == ["Prescott"]


def test_a_setup_is_really_another() -> None:
    setup = setups_of(features_in_use())[0]
    script = "from harness.subjects.detector.ports.setups import setup_in_use; print(setup_in_use())"
    environment = {**os.environ, **setup.environment}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    # OpenBLAS has one kernel for Prescott and Katmai, and reports it by either name.
    assert "Katmai" in done.stdout or "Prescott" in done.stdout
    assert "numpy with its baseline" in done.stdout
    assert "hmmlearn" in setup_in_use()


def ill_conditioned(form: str = "float64") -> DetectorCase:
    """Rows so far from zero that their variance is noise."""
    rows = np.round(np.random.Generator(np.random.PCG64(3)).standard_normal((400, 2)) * 8) + 2.0**26
    settings = {"n_components": 2, "random_state": 42, "n_iter": 20, "tol": 1e-2, "implementation": "log"}
    inputs = {"rows": Series(rows, form), "lengths": None, "settings": settings}
    return DetectorCase(name="far", kind="fit", inputs=inputs, degenerate=True)


def diverges(case: DetectorCase, reference: Any, other: Any) -> bool:
    return bool(compare_outcomes(case=case, reference=reference, candidate=other, contract=CONTRACT).divergences)


@pytest.mark.parametrize("form", ["float64", "int64"])
def test_what_another_setup_answers_is_excused_with_its_demonstration(form: str) -> None:
    case = ill_conditioned(form)
    with one_thread():
        reference = answer(loaded_reference(), case)
        differing = [other for other in (server.answer(case) for server in other_setups()) if diverges(case, reference, other)]
        assert differing, "the reference agrees with itself on these data"
        found = judge(case=case, reference=reference, candidate=differing[0], contract=CONTRACT,
                      reference_port=loaded_reference(), real=False)  # fmt: skip
    assert (found.divergences, found.excused) == ([], "the reference's spread")
    assert found.demonstration is not None
    assert " with OpenBLAS " in found.demonstration


def test_a_server_that_cannot_answer_is_an_error_with_the_setup() -> None:
    with pytest.raises(SetupError, match=r"far: the reference with OpenBLAS Prescott.* raised "):
        other_setups()[0].answer(DetectorCase(name="far", kind="fit", inputs={}))
    server = SetupServer(setups_of(features_in_use())[0])
    assert server.address
    server.close()
    with pytest.raises(SetupError, match="far: no answer from the reference with OpenBLAS Prescott"):
        server.answer(ill_conditioned())


def near(candidate: Any, *values: Any) -> bool:
    outcomes = [{"a": value} for value in values if value is not ABSENT] + [{} for value in values if value is ABSENT]
    return within_spread(Divergence(path=path_of("$.a"), kind="value", reference=values[0], candidate=candidate), outcomes)


def test_a_port_may_lie_ten_spreads_away_and_no_further() -> None:
    assert near(10.0, 0.0, 1.0, 0.5)
    assert not near(10.1, 0.0, 1.0, 0.5)
    assert not near(1e-300, 0.0, 0.0, 0.0)
    assert near(30, 20, 21)
    assert not near(31, 20, 21)


def test_anything_but_numbers_must_be_what_a_setup_answers() -> None:
    assert near("b", "a", "b")
    assert not near("c", "a", "b")
    assert near(False, True, False)
    assert near(math.nan, 1.0, math.nan)
    assert not near(math.inf, 1.0, math.nan)
    assert not near(math.nan, 1.0, 2.0)
    assert near(ABSENT, 1.0, ABSENT)
    assert not near(ABSENT, 1.0, 2.0)
    assert near([7], [8], [9])
    assert not near([7, 7], [8], [9])


def test_a_round_of_em_has_the_largest_spread_until_then() -> None:
    def rounds(*values: float) -> Any:
        return {"em": {"rounds": [{"value": value} for value in values]}}

    outcomes = [rounds(0.0, 0.0, 0.0), rounds(0.0, 1.0, 0.1)]

    def lies_near(number: int, candidate: float) -> bool:
        path = path_of(f"$.em.rounds[{number}].value")
        return within_spread(Divergence(path=path, kind="value", reference=0.0, candidate=candidate), outcomes)

    assert not lies_near(0, 0.5)
    assert lies_near(1, 10.0)
    assert lies_near(2, 10.0)
    assert not lies_near(2, 10.1)


@pytest.mark.parametrize("where", ["$.same_seed.trained.value", "$.same_seed.trainings[0].trained.value"])
def test_a_score_of_a_history_has_the_largest_spread_until_then(where: str) -> None:
    def history(*scores: float) -> Any:
        trained = {"trained": {"value": {"history": np.array(scores), "means": np.array(scores)}}}
        return {"same_seed": {**trained, "trainings": [trained]}}

    outcomes = [history(-90.0, -80.0, -70.0, -60.0), history(-90.0, -80.1, -70.001, -60.0)]

    def lies_near(name: str, number: int, away: float) -> bool:
        path = path_of(f"{where}.{name}[{number}]")
        reference = float(value_at(outcomes[0], path))
        return within_spread(Divergence(path=path, kind="value", reference=reference, candidate=reference + away), outcomes)

    assert lies_near("history", 1, 0.99)
    assert lies_near("history", 2, 0.99)
    assert not lies_near("history", 2, 1.01)
    # Where the set-ups say one thing, the port has to say it.
    assert not lies_near("history", 0, 1e-9)
    assert not lies_near("history", 3, 1e-9)
    # Other arrays are no rounds.
    assert not lies_near("means", 2, 0.99)


def test_a_path_leads_into_arrays_lists_and_objects() -> None:
    outcome = {"a": [np.array([[1.0, 2.0]])]}
    assert value_at(outcome, path_of("$.a[0][0][1]")) == 2.0
    assert value_at(outcome, path_of("$.a[0].shape")) == [1, 2]
    assert value_at(outcome, path_of("$.a[0].dtype")) == "float64"
    for beyond in ("$.b", "$.a[1]", "$.a[0][7]", "$.a.b"):
        assert value_at(outcome, path_of(beyond)) is ABSENT


@pytest.mark.parametrize(("log_likelihood", "apart"), [(-28_925.0, 3.6e-12), (-50.0, 1e-14)])
def test_the_total_may_be_off_by_the_rounding_of_the_log_likelihood(log_likelihood: float, apart: float) -> None:
    case = DetectorCase(name="d", kind="detector", inputs={"config": {}})

    def outcome(total: float) -> Any:
        return {"inference": {"updates": [{"value": {"total": total, "log_likelihood": log_likelihood}}]}}

    def paths(total: float) -> list[str]:
        found = compare_outcomes(case=case, reference=outcome(1.0), candidate=outcome(total), contract=CONTRACT)
        return [each.path for each in found.divergences]

    assert paths(1.0 + apart) == []
    assert paths(1.0 + 3 * apart) == ["$.inference.updates[0].value.total"]
