"""The reducer's cases, and the properties that they are counted by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from generators.plain import Json
from generators.reducer.bulk import EVENTS_MAX, generate_case
from generators.reducer.case import Case, from_json
from generators.reducer.market import market_cases
from golden.reducer.corpus import golden_cases
from harness.comparators.divergence import event_type
from harness.subject import Cases, Tally
from harness.subjects.reducer.ports.base import Outcome
from reducer.types import ACTION_TYPES, EVENT_TYPES, PairPhase

PHASES: tuple[str, ...] = get_args(PairPhase)
EVENTS = tuple(cls.__name__ for cls in EVENT_TYPES)
ACTIONS = tuple(cls.__name__ for cls in ACTION_TYPES)
WANTED: Mapping[str, Sequence[str]] = {"phase": PHASES, "event": EVENTS, "action": ACTIONS}
# Fewer generated cases need not meet every phase, event and action.
CASES_TO_MEET_ALL = 200


class ReducerCases(Cases[Case]):
    """Generated event streams, fixtures, and market traffic made from candles."""

    def generate(self, seed: int, index: int, settings: Mapping[str, int]) -> Case:
        """Generate a case; the setting `events_max` limits its events."""
        return generate_case(seed, index, events_max=settings.get("events_max", EVENTS_MAX))

    def encode(self, case: Case) -> bytes:
        """Encode the case as its `replay` request."""
        return case.line

    def from_json(self, data: Mapping[str, Any]) -> Case:
        """Read a case from plain data. Raises `ValueError`."""
        return from_json(data)

    def golden(self) -> Sequence[Case]:
        """Read the cases of the fixtures. Raises `FixtureError`."""
        return golden_cases()

    def market(self, candles: Path | None, seed: int, windows_max: int | None) -> Sequence[Case]:
        """Make market traffic from candles. Raises `CandleError`."""
        del windows_max
        return list(market_cases(candles, seed=seed))


class ReducerTally(Tally[Case]):
    """Counts phases, accepted events, actions with their reasons, and refusals by their kind."""

    def met(self, case: Case, expected: Outcome) -> Iterator[tuple[str, str]]:
        """Yield each phase, event, action, reason and refusal in the reference's answer to a case."""
        answer: Json = expected.answer
        if "error" in answer:
            yield "refused", f"case: {answer['kind']}"
            return
        for event, step in zip(case.events, answer["steps"], strict=True):
            yield "phase", step["phase"]
            if "error" in step:
                yield "refused", f"step: {step['kind']}"
                continue
            yield "event", event_type(event)
            for action in step["actions"]:
                yield "action", action["_type"]
                if "reason" in action:
                    yield "reason", action["reason"]

    def steps(self, case: Case, expected: Outcome) -> int:
        """Return the number of steps that were replayed."""
        return len(expected.answer.get("steps", ()))

    def wanted(self, cases: int) -> Mapping[str, Sequence[str]]:
        """Return the phases, events and actions that so many cases must meet."""
        return WANTED if cases >= CASES_TO_MEET_ALL else {}
