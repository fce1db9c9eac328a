"""The reducer's closed worlds as the engine explores them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from generators.plain import spell_out
from generators.reducer.atlas import WORLDS
from generators.reducer.case import SUBJECT, Case, to_line
from generators.reducer.choices import tagged
from generators.reducer.stepping import Seen, Step
from generators.reducer.worlds import World, alphabet
from harness import ROOT
from harness.comparators.divergence import Divergence
from harness.exhaustion import Exhaustion, Stepped
from harness.panel import Panel
from harness.subjects.reducer.exhaust.promises import broken_promises
from harness.subjects.reducer.exhaust.view import view_of
from harness.subjects.reducer.judge import compare_outcomes
from harness.subjects.reducer.panel import ReducerPanel
from harness.subjects.reducer.ports.base import Outcome, Question
from harness.subjects.reducer.seen import outcome_of
from reducer.invariants import check_invariants
from reducer.snapshot import encode
from reducer.types import Event, PairState

# What differs between states that are merged: ids, and the cycles that are counted.
_FREE = frozenset(("local_id", "recovery_id", "cycle"))
DECIDING = ("pricing", "orders", "booking", "orphaning", "transition", "invariants")
# Lines of these with a branch that no event of a world can take.
BEYOND = {
    "if not math.isfinite(raw):": "a volume beyond a double takes a price that no lattice has",
    "if before.now < cooldown_until(before, trade_id):": "the runtime calls this, and no event does",
    "if len({order.local_id for order in state.orders}) != len(state.orders):": "no event repeats an id, as the promises say",
}


class ReducerExhaustion(Exhaustion[World, PairState, Case]):
    """Worlds of the reducer. A port is asked to replay each event alone, from the state that the reference reached."""

    bound = (
        "The reference says which states are one. A port's bug that hangs on the size of an id, on totals or on the number of "
        "cycles can hide behind the state that stands for others, and nothing is said of rounding, refusals, sessions or "
        "broken input: that is for parity fuzz."
    )

    deciding = tuple(ROOT / "reducer" / f"{name}.py" for name in DECIDING)
    beyond = BEYOND

    def worlds(self) -> Sequence[World]:
        """Return all worlds."""
        return WORLDS

    def roots(self, world: World) -> Sequence[PairState]:
        """Return the states that a world begins with."""
        return world.roots

    def events(self, world: World, state: PairState) -> Sequence[Event]:
        """Return the events of the world's alphabet in a state."""
        return list(alphabet(world, state))

    def step(self, world: World, state: PairState, event: Event) -> Stepped[PairState]:
        """Return the reference's step. A world has no event that is refused."""
        step = world.settings.outcome(state, event)
        if isinstance(step, Exception):
            raise step
        after, actions = step
        broken = broken_promises(state, event, after, actions, world.cfg, sound=world.sound)
        return Stepped(after, step, broken)

    def view(self, world: World, state: PairState) -> Hashable:
        """Return what the view keeps of a state."""
        return view_of(world.limits, state)

    def exact(self, state: PairState) -> Hashable:
        """Return every field of a state."""
        return repr(state)

    def alike(self, world: World, told: Step) -> Hashable:
        """Return actions without ids and cycles, and the violations of the state after them."""
        del world
        assert not isinstance(told, Exception), "a world has no event that is refused"
        after, actions = told
        acts = tuple(
            (type(action).__name__, *(value for name, value in vars(action).items() if name not in _FREE)) for action in actions
        )
        return acts, tuple(check_invariants(after))

    def differing(
        self, panel: Panel[Case], port: str, world: World, state: PairState, stepped: Sequence[tuple[Any, Stepped[PairState]]]
    ) -> list[tuple[int, list[Divergence]]]:
        """Return the steps whose replay a port answers otherwise."""
        # The request of a case, its event and its other members apart, so that a state is written out once.
        inputs = to_line(_inputs(world, state))[1:]
        questions = []
        for event, step in stepped:
            wanted = outcome_of(Seen(state, (step.told,))).line
            questions.append(Question(b'{"method":"replay","events":[%b],%b' % (to_line(tagged(event)), inputs), wanted))
        assert isinstance(panel, ReducerPanel), "the worlds are the reducer's"
        outcomes = panel.ports[port].ask_all(questions)
        found = []
        for index, (question, outcome) in enumerate(zip(questions, outcomes, strict=True)):
            if outcome.line != question.wanted:
                case = self.case(world, state, [stepped[index][0]], world.name)
                divergences = compare_outcomes(reference=Outcome(question.wanted), candidate=outcome, case=case)
                found += [(index, divergences)] if divergences else []
        return found

    def case(self, world: World, root: PairState, events: Sequence[Event], name: str) -> Case:
        """Return an ordinary case, whose origin is its world."""
        return Case(
            name=name,
            events=tuple(tagged(event) for event in events),
            metadata={"source": "exhaust", "subject": SUBJECT, "world": world.name},
            **_inputs(world, root),
        )


def _inputs(world: World, state: PairState) -> dict[str, Any]:
    return {"state": spell_out(encode(state)), **world.given}
