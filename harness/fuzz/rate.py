"""The harness's own rate: the cost of a step of a fuzz run, as a multiple of what reference and port alone cost."""

from __future__ import annotations

import gc
import statistics
from dataclasses import replace
from typing import Any

from harness.bench.result import Benchmark, BenchResult, Load, spread_of
from harness.bench.timing import one_cpu
from harness.engine.plan import FuzzPlan
from harness.fuzz.batch import Batch
from harness.subject import Subject

NAME, STEP, RATIO = "a fuzz run", "step of a fuzz run", "fuzz run"
# Eight of them are compared thoroughly where one in forty is.
CASES, SEED = 320, 1


def with_rate(result: BenchResult, subject: Subject[Any], benchmark: Benchmark, rounds: int, cpu: int | None) -> BenchResult:
    """The result with a load for the harness itself, if the benchmark can tell what reference and port cost alone.

    It has no target: it says nothing about a port.
    """
    if not benchmark.tells_alone:
        return result
    with one_cpu(cpu):
        load = measure_rate(subject, benchmark, rounds)
    return replace(result, loads={**result.loads, NAME: load})


def measure_rate(subject: Subject[Any], benchmark: Benchmark, rounds: int) -> Load:
    """Microseconds per step: of a batch, and of reference and port alone, in so many rounds after one to warm up."""
    defaults = subject.defaults
    plan = FuzzPlan(
        subject=subject.name,
        seed=SEED,
        sequences=CASES,
        batch_size=CASES,
        settings=defaults.night_settings,
        timeout_sec=defaults.timeout_sec,
    )
    costs, steps = [], 0
    with subject.open(plan.ports()) as panel, benchmark.alone([plan.case(index) for index in range(CASES)]) as alone:
        for _ in range(rounds + 1):
            gc.collect()
            batch = Batch(plan, panel).run(0)
            steps = batch.steps
            costs.append({STEP: batch.seconds / steps * 1e6, **alone()})
    spread = {RATIO: spread_of([cost[STEP] / (sum(cost.values()) - cost[STEP]) for cost in costs[1:]])}
    microseconds = {name: statistics.median(cost[name] for cost in costs[1:]) for name in costs[0]}
    size = {"cases": CASES, "steps": steps}
    return Load(columns={"us": microseconds}, ratios=spread, targets=[], size=size)
