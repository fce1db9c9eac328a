"""The loads of the benchmark: realistic streams of events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import state_machine as sm
from generators.reducer.case import Case
from reducer.requests import read_config, read_event, read_sizes
from reducer.snapshot import read_state
from reducer.types import CycleRecord, replace

STEPS_MAX = 4000
_RECORD = CycleRecord("B", 1, 0.1, 0.101, 20.0, 0.02, 0.01, 0.01, 1.0, 2.0)


@dataclass(frozen=True)
class Stream:
    """One case as the adapter takes it, and as a `replay` request."""

    state: sm.PairState
    events: list[sm.Event]
    cfg: sm.EngineConfig
    order_size_usd: float
    order_sizes: Mapping[str, float] | None
    case: Case

    def with_history(self, cycles: int) -> Stream:
        """Return the same stream on a pair with this many completed cycles."""
        history = (_RECORD,) * cycles
        state = replace(self.state, completed_cycles=history, total_round_trips=cycles)
        return Stream(state, self.events, self.cfg, self.order_size_usd, self.order_sizes, self.case)


def streams(cases: Iterable[Case], steps_max: int = STEPS_MAX) -> list[Stream]:
    """Return the cases in which no step raises an error, whose cost would differ, up to `steps_max` steps in all."""
    chosen: list[Stream] = []
    steps = 0
    for case in cases:
        if steps >= steps_max:
            break
        stream = _stream(case, steps_max - steps)
        if stream is not None and len(stream.events) > 2:
            chosen.append(stream)
            steps += len(stream.events)
    return chosen


def _stream(case: Case, steps_max: int) -> Stream | None:
    plain = case.events[:steps_max]
    try:
        stream = Stream(
            state := read_state(case.state, "state"),
            [read_event(data) for data in plain],
            read_config(case.config),
            float(case.order_size_usd),
            read_sizes(case.order_sizes),
            Case(
                name=case.name,
                state=case.state,
                config=case.config,
                order_size_usd=case.order_size_usd,
                order_sizes=case.order_sizes,
                events=plain,
            ),
        )
        for event in stream.events:
            state, _ = sm.transition(state, event, stream.cfg, stream.order_size_usd, stream.order_sizes)
    except (ValueError, TypeError, OverflowError):
        return None
    return stream
