"""Ratios of measurements, and their targets."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import state_machine as sm
from harness.bench.result import Load, Target, spread_of
from harness.subjects.reducer.bench.loads import Stream
from harness.subjects.reducer.bench.measure import Ports, booking_cost, replay_cost, settling_cost, transitions_cost

HISTORY_CYCLES = 10_000
BARE_TRIPS = 4000
REQUEST_BYTES = 140
HISTORY_STREAMS = 4
ONE_SHOT_STEPS = 20
# The ratios must not exceed these targets.
TARGETS = (
    Target("session call / bare round trip", "session", 4.0, "a session call is one round trip and little else"),
    Target("replay step / bare round trip", "replay", 1.0, "a batch must beat a trip a step, digests and violations included"),
    Target("session call, 10,000 cycles / none", "history", 1.5, "cost must not depend on history"),
)


def measure_round(ports: Ports, load: Sequence[Stream]) -> dict[str, float]:
    """Measure everything once, in microseconds per step. Costs of one round are comparable."""
    longest = sorted(load, key=lambda stream: len(stream.events))[-HISTORY_STREAMS:]
    aged = [stream.with_history(HISTORY_CYCLES) for stream in longest]
    session, history = ports.session.transition, ports.aged.transition
    bare = ports.echo.cost(REQUEST_BYTES, BARE_TRIPS)
    costs = {
        "bare round trip": bare.us,
        "session call": transitions_cost(session, load).us,
        "replay step": replay_cost(ports.replay, load).us,
        "session call, no history": transitions_cost(history, longest).us,
        "session call, 10,000 cycles": transitions_cost(history, aged).us,
        "call after opening, no history": settling_cost(history, longest).us,
        "call after opening, 10,000 cycles": settling_cost(history, aged).us,
        "booking session call, no history": booking_cost(history, longest).us,
        "booking session call, 10,000 cycles": booking_cost(history, aged).us,
        "full-state call": transitions_cost(session, load, copied=True).us,
        "python reference": transitions_cost(sm.transition, load).us,
    }
    ports.aged.close()
    costs["bare round trip, after"] = ports.echo.cost(REQUEST_BYTES, BARE_TRIPS).us
    return costs


def measure_once(ports: Ports, load: Sequence[Stream]) -> float:
    """Measure a one-shot call in microseconds. It starts a process, so a few calls are enough."""
    longest = max(load, key=lambda stream: len(stream.events))
    short = Stream(
        longest.state,
        longest.events[:ONE_SHOT_STEPS],
        longest.cfg,
        longest.order_size_usd,
        longest.order_sizes,
        longest.case,
    )
    return transitions_cost(ports.once.transition, [short]).us


def ratios(costs: dict[str, float]) -> dict[str, float]:
    """Return the ratios of one round to the bare round trip, whose mean is taken of one before and one after the round."""
    bare = (costs["bare round trip"] + costs["bare round trip, after"]) / 2
    return {
        "session": costs["session call"] / bare,
        "replay": costs["replay step"] / bare,
        "history": costs["session call, 10,000 cycles"] / costs["session call, no history"],
        "history, booking calls": costs["booking session call, 10,000 cycles"] / costs["booking session call, no history"],
        "full-state": costs["full-state call"] / bare,
        "python": costs["python reference"] / bare,
    }


def summarise(rounds: Sequence[dict[str, float]], once_us: float, size: dict[str, int], *, with_targets: bool) -> Load:
    """Return medians over the rounds, the spread of each ratio, and the verdict on every target."""
    per_round = [ratios(costs) for costs in rounds]
    spread = {name: spread_of([ratio[name] for ratio in per_round]) for name in per_round[0]}
    microseconds = {name: statistics.median(costs[name] for costs in rounds) for name in rounds[0]}
    microseconds["one-shot call"] = once_us
    bare = {name: us / microseconds["bare round trip"] for name, us in microseconds.items()}
    targets = [target.verdict(spread) for target in (TARGETS if with_targets else ())]
    return Load(columns={"us": microseconds, "bare round trips": bare}, ratios=spread, targets=targets, size=size)
