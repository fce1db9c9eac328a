"""Both subjects for tests: plans with their defaults, and runs on chosen cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.engine.outcome import RunReport
from harness.engine.plan import FuzzPlan
from harness.engine.runner import Runner
from harness.panel import REFERENCE, Panel, PortRequest
from harness.subject import Golden, Subject
from harness.subjects.detector.judging.judge import level_of
from harness.subjects.registry import subject_called

REDUCER, DETECTOR = subject_called("reducer"), subject_called("detector")
__all__ = ["DETECTOR", "REDUCER", "golden_of", "level_of", "plan_of", "run_of", "run_on"]


def plan_of(subject: Subject[Any] = REDUCER, **fields: Any) -> FuzzPlan:
    """A plan with the subject's defaults for what is left out."""
    defaults = subject.defaults
    given: dict[str, Any] = {
        "subject": subject.name,
        "seed": 0,
        "sequences": 1000,
        "batch_size": defaults.batch_size,
        "settings": defaults.night_settings,
        "timeout_sec": defaults.timeout_sec,
    }
    return FuzzPlan(**{**given, **fields})


def run_on(subject: Subject[Any], panel: Panel[Any], sources: Mapping[str, Iterable[Any]], reports: Path) -> RunReport:
    """A run of cases, by their source, on open ports."""
    runner = Runner(subject, panel, reports)
    for source, cases in sources.items():
        runner.run(source, cases)
    return runner.report


def run_of(subject: Subject[Any], candidates: Iterable[str], sources: Mapping[str, Iterable[Any]], reports: Path) -> RunReport:
    """A run of cases, by their source, on the reference and some candidates."""
    with subject.open(PortRequest(names=(REFERENCE,), candidates=tuple(candidates))) as panel:
        return run_on(subject, panel, sources, reports)


def golden_of(subject: Subject[Any]) -> Golden[Any]:
    """The fixtures of a subject that has some."""
    assert subject.golden is not None
    return subject.golden
