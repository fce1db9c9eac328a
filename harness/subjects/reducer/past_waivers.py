"""Divergences behind one that is waived: a waiver must not hide another bug."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from generators.reducer.case import Case
from harness.comparators.divergence import Divergence
from harness.comparators.path import Path
from harness.subjects.reducer.judge import compare_outcomes, judge
from harness.subjects.reducer.ports.base import Port
from harness.subjects.reducer.sessions import compare_session
from harness.subjects.reducer.thorough import compare_methods


def state_after(case: Case, steps: int, reference: Port) -> Any:
    """The reference's state after the first events of a case; None where it refuses the case."""
    request = {**case.inputs(), "events": list(case.events[:steps])}
    return reference.call("replay", request).answer.get("state")


def step_by_step(case: Case, found: Sequence[Divergence], reference: Port, port: Port) -> list[Divergence]:
    """The divergences of a replay without those that merely follow from an earlier one.

    As long as a divergent step leaves the port in the reference's state, what comes later in the replay stands for itself; else
    the replay begins anew behind it, from the reference's state. A divergence that is in no step stands.
    """
    divergences: list[Divergence] = []
    start, rest = 0, list(found)
    while rest:
        first = _first_lasting(case, rest, start, reference, port)
        divergences += [each for each in rest if first is None or (each.step is not None and each.step <= first)]
        if first is None or first + 1 >= len(case.events):
            # Nothing is left to begin anew with: the last state stands, too.
            divergences += [] if first is None else [each for each in rest if each.step is None]
            break
        start = first + 1
        rest = _replayed(case, start, reference, port)
    return divergences


def _first_lasting(case: Case, found: Sequence[Divergence], start: int, reference: Port, port: Port) -> int | None:
    """The first divergent step after which the two are in different states."""
    for step in sorted({each.step for each in found if each.step is not None and each.step >= start}):
        request = {**case.inputs(), "state": state_after(case, step, reference), "event": case.events[step]}
        expected, candidate = reference.transition(request), port.transition(request)
        parted = compare_outcomes(reference=expected, candidate=candidate, case=case)
        if any(not each.path.steps or each.path.steps[0] == "state" for each in parted):
            return step
    return None


def _replayed(case: Case, start: int, reference: Port, port: Port) -> list[Divergence]:
    """The divergences of a replay of the events from `start` on, by the steps of the whole case."""
    state = state_after(case, start, reference)
    if state is None:
        return []
    later = replace(case, state=state, events=case.events[start:])
    expected, candidate = reference.replay(later), port.replay(later)
    found = judge(case=later, reference=expected, candidate=candidate, reference_port=reference, port=port)
    return [
        each if each.step is None else replace(
            each, step=each.step + start, path=Path("steps", each.step + start, *each.path.steps[2:])
        )
        for each in found
    ]  # fmt: skip


def asked_further(case: Case, reference: Port, port: Port) -> list[Divergence]:
    """Divergences of all that is not asked once a replay diverges: the other methods, single transitions, a session."""
    answer = reference.replay(case).answer
    found = compare_methods(case=case, answer=answer, reference_port=reference, port=port)
    return found + (compare_session(case=case, port=port) if port.has_sessions else [])
