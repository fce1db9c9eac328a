"""What a generator saw of the reference is what the reference answers; where it is not, a run and a night say so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generators.reducer.bulk import generate_case, generate_seen
from harness.engine.outcome import GENERATED
from harness.engine.runner import Runner
from harness.fuzz.batch import Batch
from harness.panel import REFERENCE, PortRequest
from harness.subjects.reducer import panel as panel_module
from harness.subjects.reducer.judge import compare_outcomes
from harness.subjects.reducer.ports.base import Outcome
from harness.subjects.reducer.ports.python import PythonPort
from harness.subjects.reducer.seen import outcome_of
from tests.subjects import REDUCER, plan_of

CASES, SEED = 400, 86


def test_it_is_the_answer_of_the_wire_byte_by_byte() -> None:
    port, seen_cases, steps_refused, ended_early, beyond_ascii = PythonPort(), 0, 0, 0, 0
    for index in range(CASES):
        case, seen = generate_seen(SEED, index)
        assert case == generate_case(SEED, index)
        answer = port.replay(case)
        if seen is None:
            # The case is refused, or its settings are others than those that its events were chosen by.
            ended_early += "error" in answer.answer
            continue
        saw = outcome_of(seen)
        assert saw.line == in_utf8(answer), case.name
        assert saw.compact == answer.line, case.name
        seen_cases += 1
        beyond_ascii += saw.line != answer.line
        steps_refused += sum(isinstance(step, Exception) for step in seen.steps)
    assert seen_cases > 0.8 * CASES
    assert steps_refused > 100
    assert ended_early > 10
    assert beyond_ascii > 10


def in_utf8(outcome: Outcome) -> bytes:
    """The outcome's line, with its text in UTF-8."""
    return json.dumps(outcome.answer, separators=(",", ":"), ensure_ascii=False).encode()


def test_text_that_is_no_unicode_is_compared_by_what_an_answer_says() -> None:
    case, seen = generate_seen(SEED, 0)
    assert seen is not None
    saw = outcome_of(replace(seen, steps=(ValueError("event.\ud800: is not a field"),)))
    same = Outcome(saw.compact)
    assert rb"\ud800" in saw.compact
    assert compare_outcomes(reference=saw, candidate=same, case=case) == []
    assert compare_outcomes(reference=saw, candidate=Outcome(saw.compact.replace(rb"\ud800", rb"\ud801")), case=case)


def spoilt(outcome: Outcome) -> Outcome:
    """A generator that would have seen another digest."""
    line = outcome.line
    assert line is not None
    return Outcome(line.replace(b'"digest":"', b'"digest":"0', 1))


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel_module, "outcome_of", lambda seen: spoilt(outcome_of(seen)))


def test_a_night_finds_that_the_generator_saw_something_else(spoil: None) -> None:
    plan = plan_of(seed=SEED, sequences=41)
    with REDUCER.open(PortRequest(names=(REFERENCE,))) as panel:
        result = Batch(plan, panel).run(0)
    # The first case and the one forty further are compared thoroughly.
    assert {find.port for find in result.finds} == {REFERENCE}
    assert sum(find.count for find in result.finds) == 2
    assert result.divergent == 2


def test_a_run_finds_it_too(spoil: None, tmp_path: Path) -> None:
    seen: list[tuple[Any, Any]] = [generate_seen(SEED, index) for index in range(2)]
    with REDUCER.open(PortRequest(names=(REFERENCE,))) as panel:
        runner = Runner(REDUCER, panel, tmp_path)
        runner.run_seen(GENERATED, seen)
    (finding,) = runner.report.findings
    assert finding.port == REFERENCE
    assert finding.divergence.path.endswith("digest")


def test_a_night_without_a_fault_finds_nothing() -> None:
    with REDUCER.open(PortRequest(names=(REFERENCE,))) as panel:
        result = Batch(plan_of(seed=SEED, sequences=41), panel).run(0)
    assert (result.cases, result.divergent, result.finds) == (41, 0, ())


def test_a_batch_asks_the_wire_only_for_thorough_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    replay = PythonPort.replay
    monkeypatch.setattr(PythonPort, "replay", lambda port, case, wanted=None: (asked.append(case.name), replay(port, case))[1])
    unseen = {f"generated-{SEED}-{index}" for index in range(41) if generate_seen(SEED, index, events_max=56)[1] is None}
    with REDUCER.open(PortRequest(names=(REFERENCE,))) as panel:
        Batch(plan_of(seed=SEED, sequences=41), panel).run(0)
    assert set(asked) == unseen | {f"generated-{SEED}-0", f"generated-{SEED}-40"}
