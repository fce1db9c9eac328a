"""The reference's answer to a case made from the steps that its generator saw."""

from __future__ import annotations

import json
from operator import attrgetter
from typing import Any

from generators.plain import Json
from generators.reducer.choices import plain_state
from generators.reducer.stepping import Seen
from harness.subjects.reducer.ports.base import Outcome
from reducer.digest import cycles_digest, pack, state_digest
from reducer.invariants import check_invariants, derive_phase
from reducer.requests import error_object, tagged
from reducer.types import PairState

# The fields besides the orders that decide about phase and violations.
_judged = attrgetter("s2_entered_at", "long_only", "short_only", "cycle_a", "cycle_b")

# Ports answer in UTF-8, so an answer that agrees is mostly the same bytes, and need not be read.
_in_utf8 = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False, ensure_ascii=False).encode

# The result of most steps.
NOTHING_DONE: Json = {"actions": []}
NOTHING_DONE_SPELLED = _in_utf8(NOTHING_DONE)


def outcome_of(seen: Seen) -> Outcome:
    """Return the answer to a `replay`, as `reducer.wire.answer_replay` gives it, in UTF-8 where that one escapes.

    The thorough cases of a run are replayed by that function as well, and have to agree.
    """
    state = seen.start
    booked = cycles_digest(state.completed_cycles)
    told = _Told()
    told.take(state, booked)
    for step in seen.steps:
        if isinstance(step, Exception):
            told.add(error_object(step))
            continue
        after, actions = step
        if after.completed_cycles is not state.completed_cycles:
            booked = cycles_digest(after.completed_cycles[len(state.completed_cycles) :], booked)
        state = after
        told.take(state, booked)
        told.add({"actions": [tagged(action) for action in actions]} if actions else NOTHING_DONE)
    return told.outcome(state)


class _Told:
    """What the steps of a case tell, and its spelling.

    Most steps leave the orders as they are: what follows from them alone is kept, and its spelling with it.
    """

    def __init__(self) -> None:
        self._steps: list[Json] = []
        self._spelled: list[str] = []
        # The objects are those of the case's steps, which live as long, so that no two have the same id.
        self._rows: dict[int, bytes] = {}
        self._orders: Any = None
        self._others: Any = None
        self._alike: Json = {}
        self._alike_spelled = self._digest = ""

    def take(self, state: PairState, booked: int) -> None:
        """Take a state, of which the next steps tell until there is another one."""
        others = _judged(state)
        if state.orders is not self._orders or others != self._others:
            self._orders, self._others = state.orders, others
            self._alike = {"phase": derive_phase(state), "violations": check_invariants(state)}
            self._alike_spelled = _in_utf8(self._alike)[1:-1]
        self._digest = state_digest(state, booked, self._row)

    def add(self, result: Json) -> None:
        """Add a step with what came of it."""
        self._steps.append({**result, **self._alike, "digest": self._digest})
        head = NOTHING_DONE_SPELLED if result is NOTHING_DONE else _in_utf8(result)
        self._spelled.append(f'{head[:-1]},{self._alike_spelled},"digest":"{self._digest}"}}')

    def outcome(self, state: PairState) -> Outcome:
        """Return the answer with the steps and the last state."""
        plain = plain_state(state)
        line = f'{{"steps":[{",".join(self._spelled)}],"state":{_in_utf8(plain)}}}'
        # Half a pair of surrogates cannot be UTF-8: no answer is spelled like that one, and so each is read.
        return Outcome.of({"steps": self._steps, "state": plain}, line.encode(errors="surrogatepass"))

    def _row(self, order: object) -> bytes:
        row = self._rows.get(id(order))
        if row is None:
            row = self._rows[id(order)] = pack(order)
        return row
