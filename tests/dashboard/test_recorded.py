"""What records keep for the dashboard: targets of benchmarks, levels of runs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from harness.bench.result import BenchResult, Load, Target
from harness.evidence.figures import levels_of, of_bench, targets_of
from harness.subject import Measures


class Levels(Measures):
    def to_json(self) -> dict[str, Any]:
        return {"levels": {"features": {"compared": 3, "divergent": 1}}, "other": 7}


def test_a_target_names_the_figure_that_it_limits() -> None:
    ratios = {"session": {"median": 3.0, "min": 2.0, "max": 5.0}}
    target = Target("session call", "session", 4.0, "a reason")
    load = Load(columns={}, ratios=ratios, targets=[target.verdict(ratios)])
    result = BenchResult(cpu=None, rounds=7, loads={"steady": load})
    (found,) = targets_of(result)
    assert found["figure"] in of_bench(result)
    assert (found["limit"], found["met"], found["floor"]) == (4.0, True, False)


def test_levels_are_kept_of_ports_that_have_them() -> None:
    measured = {"python": Levels(), "swift": Levels(), "slow": Measures()}
    report: Any = SimpleNamespace(ports=[SimpleNamespace(name=name, measures=each) for name, each in measured.items()])
    assert levels_of(report) == {"swift": {"features": {"compared": 3, "divergent": 1}}}
