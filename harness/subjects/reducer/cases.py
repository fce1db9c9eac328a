"""The reducer's cases, and the properties that they are counted by."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any, get_args

from generators.candles import CandleSeries
from generators.plain import Json
from generators.reducer.bulk import EVENTS_MAX, generate_case, generate_seen
from generators.reducer.case import Case, from_json
from generators.reducer.market import market_cases
from generators.reducer.stepping import Seen
from golden.reducer.corpus import golden_cases
from harness.comparators.divergence import event_type
from harness.subject import Cases, Tally
from harness.subjects.reducer.ports.base import Outcome
from reducer.types import (
    ACTION_TYPES,
    EVENT_TYPES,
    CycleRecord,
    FillEvent,
    OrderState,
    PairPhase,
    PairState,
    PlaceOrderAction,
    PriceTick,
    RecoveryFillEvent,
    RecoveryOrder,
)

PHASES: tuple[str, ...] = get_args(PairPhase)
EVENTS = tuple(cls.__name__ for cls in EVENT_TYPES)
ACTIONS = tuple(cls.__name__ for cls in ACTION_TYPES)
FILLS = (FillEvent.__name__, RecoveryFillEvent.__name__)
# Every type that a state is made of, with the fields that have a default. Where a field never has another value, a port that
# forgets it is not noticed.
DEFAULTS = {
    cls.__name__: tuple((each.name, [] if each.default == () else each.default) for each in known)
    for cls in (PairState, OrderState, RecoveryOrder, CycleRecord)
    if (known := [each for each in fields(cls) if each.default is not MISSING])
}
LISTS = {"orders": "OrderState", "recovery_orders": "RecoveryOrder", "completed_cycles": "CycleRecord"}
FIELDS = tuple(f"{cls}.{name}" for cls, known in DEFAULTS.items() for name, _ in known)
WANTED: Mapping[str, Sequence[str]] = {"phase": PHASES, "event": EVENTS, "action": ACTIONS}
# Fewer generated cases need not meet every phase, event and action.
CASES_TO_MEET_ALL = 200
# A field that only distorted states meet has another value in one of 1,500 cases: a night meets it, but for once in a
# million nights, and a run before a merge does not always.
CASES_TO_MEET_FIELDS = 20_000
# If none of n different prices is wrong, at most 3 / n of all prices are, with 95 % confidence. With fewer than 30, one price
# in ten could be wrong: that is no check. Whoever asks for a few windows only must see their share of them.
ORDER_PRICES_MIN, ORDER_PRICES_PER_WINDOW = 30, 6
# A market without S0, S1a or S1b trades on one side alone or not at all; S2 takes two fills on opposite sides.
PHASES_MIN = 3


class ReducerCases(Cases[Case]):
    """Generated event streams, fixtures, and market traffic made from candles."""

    def generate(self, seed: int, index: int, settings: Mapping[str, int]) -> Case:
        """Generate a case; the setting `events_max` limits its events."""
        return generate_case(seed, index, events_max=settings.get("events_max", EVENTS_MAX))

    def generate_seen(self, seed: int, index: int, settings: Mapping[str, int]) -> tuple[Case, Seen | None]:
        """Generate a case with the steps of the reference that its events were chosen by."""
        return generate_seen(seed, index, events_max=settings.get("events_max", EVENTS_MAX))

    def encode(self, case: Case) -> bytes:
        """Encode the case as its `replay` request."""
        return case.line

    def from_json(self, data: Mapping[str, Any]) -> Case:
        """Read a case from plain data. Raises `ValueError`."""
        return from_json(data)

    def golden(self) -> Sequence[Case]:
        """Read the cases of the fixtures. Raises `FixtureError`."""
        return golden_cases()

    def market(self, candles: CandleSeries, seed: int, windows_max: int | None) -> Sequence[Case]:
        """Make market traffic from candles; a case is a window of them."""
        return market_cases(candles, seed=seed, windows_max=windows_max)


class ReducerTally(Tally[Case]):
    """Counts phases, accepted events, actions with their reasons, refusals by their kind, and fields that begin unusually."""

    def met(self, case: Case, expected: Outcome) -> Iterator[tuple[str, str]]:
        """Yield each phase, event, action, reason and refusal in the reference's answer, and the fields of the first state."""
        answer: Json = expected.answer
        if "error" in answer:
            yield "refused", f"case: {answer['kind']}"
            return
        yield from (("field", name) for name in unusual_fields(case.state))
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
        """Return the phases, events, actions and fields that so many cases must meet."""
        wanted = WANTED if cases >= CASES_TO_MEET_ALL else {}
        return {**wanted, "field": FIELDS} if cases >= CASES_TO_MEET_FIELDS else wanted

    def values(self, case: Case, expected: Outcome) -> Iterator[tuple[str, Hashable]]:
        """Yield the prices of orders and of the market, the fills and the phases in the reference's answer to a case."""
        answer: Json = expected.answer
        for index, (event, step) in enumerate(zip(case.events, answer.get("steps", ()), strict=False)):
            yield "phases", step["phase"]
            if "error" in step:
                continue
            if event_type(event) in FILLS:
                yield "fills", (case.name, index)
            elif event_type(event) == PriceTick.__name__:
                yield "market prices", event["price"]
            for action in step["actions"]:
                if action["_type"] == PlaceOrderAction.__name__:
                    yield "order prices", action["price"]

    def values_wanted(self, cases: int) -> Mapping[str, int]:
        """Return the fewest different prices, fills (one a window) and phases that windows of a market may have."""
        if not cases:
            return {}
        prices = min(ORDER_PRICES_MIN, ORDER_PRICES_PER_WINDOW * cases)
        return {"order prices": prices, "fills": cases, "phases": PHASES_MIN}


def unusual_fields(state: Json) -> set[str]:
    """The fields of a state, and of all that lies in it, that have another value than their default, as `Type.field`."""
    found = {f"PairState.{name}" for name, default in DEFAULTS["PairState"] if state.get(name, default) != default}
    for place, cls in LISTS.items():
        for item in state.get(place, ()):
            found |= {f"{cls}.{name}" for name, default in DEFAULTS[cls] if item.get(name, default) != default}
    return found
