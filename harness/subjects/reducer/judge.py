"""Compares two outcomes of one request. If only a digest differs, the step is repeated to find the field."""

from __future__ import annotations

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
        return [locate(path=path, kind="error", reference="an answer", candidate=candidate.failure, events=case.events)]
    if reference.compact == candidate.line or (reference.compact == candidate.compact and well_written(candidate.line)):
        # Both answers are the same text once reformatted: order, types and bits agree.
        return []
    found = compare(reference=reference.answer, candidate=candidate.answer, events=case.events, path=path)
    return found + [
        locate(path=where, kind=kind, reference=left, candidate=right, events=case.events)
        for where, kind, left, right in misspelled(reference=reference.answer, line=candidate.line, path=path)
    ]


def judge(*, case: Case, reference: Outcome, candidate: Outcome, reference_port: Port, port: Port) -> list[Divergence]:
    """Return the divergences of the candidate's replay of a case, in order; empty at parity."""
    found = compare_outcomes(reference=reference, candidate=candidate, case=case)
    return explain_digest(found, case=case, reference_port=reference_port, port=port)


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
