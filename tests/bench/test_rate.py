"""The harness's own rate is measured for a subject whose benchmark can tell what reference and port cost alone."""

from __future__ import annotations

import pytest

from harness.bench.result import Benchmark, BenchResult
from harness.fuzz import rate
from harness.fuzz.rate import NAME, RATIO, STEP, with_rate
from tests.subjects import DETECTOR, REDUCER

EMPTY = BenchResult(cpu=0, rounds=1, loads={})


def test_a_step_of_a_fuzz_run_is_a_multiple_of_reference_and_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate, "CASES", 41)
    assert isinstance(REDUCER.benchmark, Benchmark)
    load = with_rate(EMPTY, REDUCER, REDUCER.benchmark, 1, None).loads[NAME]
    costs = load.columns["us"]
    alone = [us for name, us in costs.items() if name != STEP]
    assert len(alone) == 2
    assert load.ratios[RATIO]["median"] == pytest.approx(costs[STEP] / sum(alone))
    assert load.ratios[RATIO]["median"] > 1.0
    assert load.size["cases"] == 41


def test_nothing_is_told_of_a_subject_that_cannot_tell() -> None:
    assert isinstance(DETECTOR.benchmark, Benchmark)
    assert with_rate(EMPTY, DETECTOR, DETECTOR.benchmark, 1, None) is EMPTY
