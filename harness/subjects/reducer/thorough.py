"""The thorough comparison of a case: its replay, and the other methods that production uses."""

from __future__ import annotations

from dataclasses import replace

from generators.plain import Json
from generators.reducer.case import Case, to_line
from harness.comparators.divergence import Divergence
from harness.comparators.path import Path
from harness.panel import REFERENCE, Depth
from harness.subjects.reducer.judge import compare_outcomes, judge
from harness.subjects.reducer.ports.base import Outcome, Port, Question
from harness.subjects.reducer.requests import thorough_requests
from harness.subjects.reducer.sessions import compare_session

# Enough steps to meet most branches of a long case without doubling the work of a run.
STEPS_MAX = 12


def compare_case(
    *, case: Case, reference: Outcome, candidate: Outcome, reference_port: Port, port: Port, depth: Depth
) -> list[Divergence]:
    """Return the divergences of a port on a case, given both replays; empty at parity.

    If the replays agree, a thorough comparison continues with the other methods, single transitions and a session. A session
    is compared with the reference in this process, so it says nothing of two ports of which neither is the reference.
    """
    found = judge(case=case, reference=reference, candidate=candidate, reference_port=reference_port, port=port)
    if found or depth is Depth.PLAIN:
        return found
    found = compare_methods(case=case, answer=reference.answer, reference_port=reference_port, port=port)
    if not found and port.has_sessions and reference_port.name == REFERENCE:
        found = compare_session(case=case, port=port)
    return found


def compare_methods(*, case: Case, answer: Json, reference_port: Port, port: Port) -> list[Divergence]:
    """Compare the methods other than `replay`; their paths begin with the method. Then compare single transitions."""
    found: list[Divergence] = []
    asked = list(thorough_requests(case, answer))
    references = [reference_port.repeat(each.line) for each in asked]
    questions = [Question(each.line, reference.line, each.always) for each, reference in zip(asked, references, strict=True)]
    for each, reference, candidate in zip(asked, references, port.ask_all(questions), strict=False):
        divergences = compare_outcomes(reference=reference, candidate=candidate, case=case, path=Path(each.method))
        found += [replace(divergence, event=each.request.get("event")) for divergence in divergences]
        if candidate.line is None:
            # A port that fails once may fail at every request, each of which may cost a whole timeout.
            return found
    return found + compare_transitions(case=case, reference_port=reference_port, port=port)


def compare_transitions(*, case: Case, reference_port: Port, port: Port, steps_max: int = STEPS_MAX) -> list[Divergence]:
    """Compare single transitions, each from the reference's state; return the divergences of the first divergent step."""
    state, questions, references = case.state, [], []
    for event in case.events[:steps_max]:
        line = to_line({"method": "transition", **case.inputs(), "state": state, "event": event})
        reference = reference_port.repeat(line)
        questions.append(Question(line, reference.line))
        references.append(reference)
        state = reference.answer.get("state", state)
    for step, (reference, candidate) in enumerate(zip(references, port.ask_all(questions), strict=True)):
        found = compare_outcomes(reference=reference, candidate=candidate, case=case, path=Path("steps", step))
        if found:
            return found
    return []
