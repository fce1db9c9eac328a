"""Compares two outcomes of one request. If only a digest differs, the step is repeated to find the field."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from generators.reducer.case import Case
from harness.comparators.divergence import Divergence
from harness.comparators.exact import compare, locate
from harness.comparators.path import ROOT_PATH, Path
from harness.subjects.reducer.ports.base import Outcome, Port
from harness.subjects.reducer.spelling import misspelled, well_written


def compare_outcomes(*, reference: Outcome, candidate: Outcome, case: Case, path: Path = ROOT_PATH) -> list[Divergence]:
    """Return the divergences of two outcomes of one request. A candidate without an answer is one divergence."""
    if reference.line is None:
        raise RuntimeError(f"the reference itself failed on {case.name}: {reference.failure}")
    if reference.line == candidate.line:
        # Nearly every comparison ends here.
        return []
    if candidate.line is None:
        return [unanswered(candidate.failure, candidate.cause, case=case, path=path)]
    if "error" in candidate.answer and "error" not in reference.answer:
        refused = f"refused ({candidate.answer.get('kind')})"
        return [unanswered(f"refused: {candidate.answer['error']}", refused, case=case, path=path)]
    if reference.compact == candidate.line or (reference.compact == candidate.compact and well_written(candidate.line)):
        # Both answers are the same text once reformatted: order, types and bits agree.
        return []
    found = compare(reference=reference.answer, candidate=candidate.answer, events=case.events, path=path)
    return found + [
        locate(path=where, kind=kind, reference=left, candidate=right, events=case.events)
        for where, kind, left, right in misspelled(reference=reference.answer, line=candidate.line, path=path)
    ]


def unanswered(failure: str, cause: str, *, case: Case, path: Path) -> Divergence:
    """Return the divergence of a candidate that does not answer what the reference answers."""
    return replace(locate(path=path, kind="error", reference="an answer", candidate=failure, events=case.events), cause=cause)


def judge(*, case: Case, reference: Outcome, candidate: Outcome, reference_port: Port, port: Port) -> list[Divergence]:
    """Return the divergences of the candidate's replay of a case, in order; empty at parity."""
    found = compare_outcomes(reference=reference, candidate=candidate, case=case)
    if found and found[0].cause:
        return [at_its_event(found[0], case=case, reference_port=reference_port, port=port)]
    return explain_digest(found, case=case, reference_port=reference_port, port=port)


def at_its_event(found: Divergence, *, case: Case, reference_port: Port, port: Port) -> Divergence:
    """Return a missing answer with the first event whose transition alone has none either, by the same cause.

    Source of the states before each event is the reference. Unchanged where no single transition fails.
    """
    state = case.state
    for step, event in enumerate(case.events):
        request = {**case.inputs(), "state": state, "event": event}
        expected = reference_port.transition(request)
        alone = compare_outcomes(reference=expected, candidate=port.transition(request), case=case)
        if alone and alone[0].cause == found.cause:
            return replace(found, path=Path("steps", step), step=step, event=event)
        state = expected.answer.get("state", state)
    return found


def explain_digest(found: list[Divergence], *, case: Case, reference_port: Port, port: Port) -> list[Divergence]:
    """Return the divergences, with a leading digest replaced by the fields of the state that differ."""
    if not found or found[0].step is None or found[0].path != Path("steps", found[0].step, "digest"):
        return found
    step = found[0].step
    before = _state_before(case, step, reference_port)
    request = {**case.inputs(), "state": before, "event": case.events[step]}
    reference, candidate = reference_port.transition(request), port.transition(request)
    explained = compare_outcomes(reference=reference, candidate=candidate, case=case, path=Path("steps", step))
    # If the states are equal, the digest itself is wrong.
    return explained + found[1:] if explained else found


def _state_before(case: Case, step: int, reference_port: Port) -> Any:
    if step == 0:
        return case.state
    request = {**case.inputs(), "events": list(case.events[:step])}
    return reference_port.call("replay", request).answer["state"]
