"""The reducer's cases and what they are counted by."""

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
# Fewer generated cases are a spot check.
CASES_TO_MEET_ALL = 200


class ReducerCases(Cases[Case]):
    """Event streams decoded from integers, fixtures, and candles turned into traffic."""

    def generate(self, seed: int, index: int, settings: Mapping[str, int]) -> Case:
        """A generated case; `events_max` bounds its events."""
        return generate_case(seed, index, events_max=settings.get("events_max", EVENTS_MAX))

    def encode(self, case: Case) -> bytes:
        """The case's `replay` request."""
        return case.line

    def from_json(self, data: Mapping[str, Any]) -> Case:
        """Read a case back. Raises `ValueError`."""
        return from_json(data)

    def golden(self) -> Sequence[Case]:
        """The fixtures' cases. Raises `FixtureError`."""
        return golden_cases()

    def market(self, candles: Path | None, seed: int, windows_max: int | None) -> Sequence[Case]:
        """Traffic made of candles. Raises `CandleError`."""
        del windows_max
        return list(market_cases(candles, seed=seed))


class ReducerTally(Tally[Case]):
    """Counts phases, accepted events, actions with their reasons, and refusals by their kind."""

    def met(self, case: Case, expected: Outcome) -> Iterator[tuple[str, str]]:
        """The things that the reference's answer to a case shows."""
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
        """The steps that were replayed."""
        return len(expected.answer.get("steps", ()))

    def wanted(self, cases: int) -> Mapping[str, Sequence[str]]:
        """Every phase, event and action."""
        return WANTED if cases >= CASES_TO_MEET_ALL else {}
