"""A target that this machine cannot tell is neither met nor missed."""

from __future__ import annotations

from functools import partial

import pytest

import harness.subjects.detector.bench as bench
from harness.bench.result import BenchResult, Load, Target
from harness.subjects.detector.ports.modules import rust

AT_LEAST = partial(Target, floor=True, reason="a test")


def result_of(*ratios: str) -> BenchResult:
    """A result with a target met at 2.0, one missed at 1.0, and one whose ratio was not measured."""
    spread = {"high": {"median": 2.0}, "low": {"median": 1.0}}
    targets = [AT_LEAST(ratio, ratio, 1.5).verdict(spread) for ratio in ratios]
    return BenchResult(cpu=None, rounds=1, loads={"load": Load(columns={}, ratios=spread, targets=targets)})


def test_a_ratio_that_was_not_measured_cannot_be_told() -> None:
    assert result_of("high").met is True
    assert result_of("high", "unmeasured").met is None
    assert result_of("high", "unmeasured", "low").met is False


def test_threads_are_held_against_processes_of_the_same_round(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = {1: 10.0, 2: 18.0}
    monkeypatch.setattr(bench, "trainings_per_sec", lambda _port, _stretch, threads: rates[threads])
    monkeypatch.setattr(bench.os, "sched_getaffinity", lambda _: {0, 1})
    stretch = bench.load_candles(None, 1)[0]
    for gain, expected in ((2.0, 0.9), (1.8, 1.0), (1.49, None)):
        monkeypatch.setattr(bench, "arithmetic_gain", lambda _, gain=gain: gain)
        assert bench.measure_threads(rust(), stretch) == (expected if expected is None else pytest.approx(expected))
    monkeypatch.setattr(bench.os, "sched_getaffinity", lambda _: {0})
    assert bench.measure_threads(rust(), stretch) is None


def test_two_processes_of_arithmetic_gain_something() -> None:
    assert 0.5 < bench.arithmetic_gain(2) < 4.0
