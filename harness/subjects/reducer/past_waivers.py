"""Divergences behind a waived one, since a waiver must not hide another bug."""

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
    """Return the reference's state after the first `steps` events of a case, or None if it refuses the case."""
    request = {**case.inputs(), "events": list(case.events[:steps])}
    return reference.call("replay", request).answer.get("state")


def step_by_step(case: Case, found: Sequence[Divergence], reference: Port, port: Port) -> list[Divergence]:
    """Return the divergences of a replay without those that follow from an earlier one.

    If a divergent step leaves the port in the reference's state, later divergences are independent of it. Otherwise the replay
    is restarted after that step, from the reference's state. Divergences outside of any step are always kept.
    """
    divergences: list[Divergence] = []
    start, rest = 0, list(found)
    while rest:
        first = _first_lasting(case, rest, start, reference, port)
        divergences += [each for each in rest if first is None or (each.step is not None and each.step <= first)]
        if first is None or first + 1 >= len(case.events):
            # There is no event left to restart from, so divergences of the last state are kept, too.
            divergences += [] if first is None else [each for each in rest if each.step is None]
            break
        start = first + 1
        rest = _replayed(case, start, reference, port)
    return divergences


def _first_lasting(case: Case, found: Sequence[Divergence], start: int, reference: Port, port: Port) -> int | None:
    """Return the first divergent step after which the two are in different states, or None."""
    for step in sorted({each.step for each in found if each.step is not None and each.step >= start}):
        request = {**case.inputs(), "state": state_after(case, step, reference), "event": case.events[step]}
        expected, candidate = reference.transition(request), port.transition(request)
        divergences = compare_outcomes(reference=expected, candidate=candidate, case=case)
        if any(not each.path.steps or each.path.steps[0] == "state" for each in divergences):
            return step
    return None


def _replayed(case: Case, start: int, reference: Port, port: Port) -> list[Divergence]:
    """Return the divergences of a replay of the events from `start` on, with steps counted from the start of the case."""
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


def compare_further(case: Case, reference: Port, port: Port) -> list[Divergence]:
    """Make the comparisons that are skipped once a replay diverges: other methods, single transitions, a session."""
    answer = reference.replay(case).answer
    found = compare_methods(case=case, answer=answer, reference_port=reference, port=port)
    return found + (compare_session(case=case, port=port) if port.has_sessions else [])
