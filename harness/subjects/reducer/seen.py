"""The reference's answer to a case made from the steps that its generator saw."""

from __future__ import annotations

from generators.plain import Json
from generators.reducer.stepping import Seen
from harness.subjects.reducer.ports.base import Outcome
from reducer.digest import cycles_digest, state_digest
from reducer.invariants import check_invariants, derive_phase
from reducer.requests import error_object, tagged
from reducer.snapshot import encode
from reducer.types import PairState
from reducer.wire import to_line


def outcome_of(seen: Seen) -> Outcome:
    """Return the answer to a `replay`, as `reducer.wire.answer_replay` gives it.

    The thorough cases of a run are replayed by that function as well, and have to agree.
    """
    state = seen.start
    booked = cycles_digest(state.completed_cycles)
    told: Json | None = None
    steps: list[Json] = []
    for step in seen.steps:
        if isinstance(step, Exception):
            told = told or _told(state, booked)
            steps.append({**error_object(step), **told})
            continue
        after, actions = step
        booked = cycles_digest(after.completed_cycles[len(state.completed_cycles) :], booked)
        state, told = after, _told(after, booked)
        steps.append({"actions": [tagged(action) for action in actions], **told})
    return Outcome(to_line({"steps": steps, "state": encode(state)}).rstrip(b"\n"))


def _told(state: PairState, booked: int) -> Json:
    """Return what a step tells of the state after it."""
    return {"phase": derive_phase(state), "violations": check_invariants(state), "digest": state_digest(state, booked)}
