"""What the cases of a run reached: a check that never meets a phase or an event says nothing about it."""

from __future__ import annotations

from collections import Counter
from typing import Any, get_args

from generators.reducer.case import Case
from harness.comparators.divergence import event_type
from reducer.types import ACTION_TYPES, EVENT_TYPES, PairPhase

PHASES: tuple[str, ...] = get_args(PairPhase)
EVENTS = tuple(cls.__name__ for cls in EVENT_TYPES)
ACTIONS = tuple(cls.__name__ for cls in ACTION_TYPES)

WANTED: dict[str, tuple[str, ...]] = {"phase": PHASES, "event": EVENTS, "action": ACTIONS}


class Tally:
    """Counts of phases, accepted events and actions, and of refusals by their kind."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {kind: Counter() for kind in (*WANTED, "reason", "refused")}
        self.steps = 0

    def add(self, case: Case, answer: dict[str, Any]) -> None:
        """Count the reference's answer to a case."""
        if "error" in answer:
            self.counts["refused"][f"case: {answer['kind']}"] += 1
            return
        for event, step in zip(case.events, answer["steps"], strict=True):
            self._add_step(event, step)

    def _add_step(self, event: Any, step: dict[str, Any]) -> None:
        self.steps += 1
        self.counts["phase"][step["phase"]] += 1
        if "error" in step:
            self.counts["refused"][f"step: {step['kind']}"] += 1
            return
        self.counts["event"][event_type(event)] += 1
        for action in step["actions"]:
            self.counts["action"][action["_type"]] += 1
            if "reason" in action:
                self.counts["reason"][action["reason"]] += 1

    def never_hit(self) -> list[str]:
        """What no case reached, as `phase S2`."""
        return [f"{kind} {name}" for kind, names in WANTED.items() for name in names if not self.counts[kind][name]]

    def to_json(self) -> dict[str, dict[str, int]]:
        """The counts; what was wanted and never hit stands there with a zero."""
        return {
            kind: {name: counts[name] for name in dict.fromkeys([*WANTED.get(kind, ()), *sorted(counts)])}
            for kind, counts in self.counts.items()
        }
