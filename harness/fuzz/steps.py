"""The steps of a case one by one, each from the reference's state: so that one divergence does not hide the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from generators.case import Case
from harness.comparators.divergence import Divergence
from harness.judge import compare_outcomes
from harness.ports.base import Port


def state_after(case: Case, steps: int, reference: Port) -> Any:
    """The reference's state after the first events of a case; None where it refuses the case."""
    request = {**case.inputs(), "events": list(case.events[:steps])}
    return reference.call("replay", request).answer.get("state")


def step_by_step(case: Case, found: Sequence[Divergence], reference: Port, port: Port) -> list[Divergence]:
    """The divergences of the step where a replay parted, then those of every later step from the reference's own state.

    What the replay showed beyond that step may be a mere consequence, and is left out. A divergence that is in no step stands.
    """
    first = found[0].step
    if first is None:
        return list(found)
    divergences = [each for each in found if each.step == first]
    state = state_after(case, first + 1, reference)
    for step in range(first + 1, len(case.events)):
        request = {**case.inputs(), "state": state, "event": case.events[step]}
        expected, candidate = reference.transition(request), port.transition(request)
        divergences += compare_outcomes(reference=expected, candidate=candidate, case=case, path=f"$.steps[{step}]")
        state = expected.answer.get("state", state)
    return divergences
