"""Ratios of measurements, and their targets."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import state_machine as sm
from harness.bench.result import Load, Target, spread_of
from harness.subjects.reducer.bench.loads import Stream
from harness.subjects.reducer.bench.measure import (
    Ports,
    adapter_replay_cost,
    as_a_bot,
    booking_cost,
    changed_cost,
    changed_state,
    new_settings,
    replay_cost,
    settling_cost,
    transitions_cost,
    unknown_state,
)

HISTORY_CYCLES = 10_000
BARE_TRIPS = 4000
REQUEST_BYTES = 140
HISTORY_STREAMS = 4
ONE_SHOT_STEPS = 20
# The ratios must not exceed these targets.
TARGETS = (
    Target("session call / bare round trip", "session", 4.0, "a session call is one round trip and little else"),
    Target("call with new equal settings / bare round trip", "new settings", 3.6, "a bot makes new settings for every call"),
    Target("call with a changed state / bare round trip", "changed state", 5.0, "a bot changes the state between two calls"),
    Target("call as the bot makes it / bare round trip", "as a bot", 6.0, "a bot does both"),
    Target("replay step / bare round trip", "replay", 1.0, "a batch must beat a trip a step, digests and violations included"),
    Target("session call, 10,000 cycles / none", "history", 1.5, "cost must not depend on history"),
)
# A replay is for back-tests: these hold for the load of candles. Fills, of which the golden corpus is full, cost every
# language more.
BACKTEST_TARGETS = (
    Target("event of a replay / python reference", "replay, to python", 0.5, "a back-test must gain by it"),
    Target("in-process, as the bot makes it / python", "in-process, as a bot, to python", 1.0, "a cut-over must not cost"),
    Target("in-process, event of a replay / python", "in-process, replay, to python", 0.35, "a back-test must gain more by it"),
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
        "new equal settings": changed_cost(session, load, new_settings).us,
        "changed state": changed_cost(session, load, changed_state).us,
        "as the bot calls it": changed_cost(session, load, as_a_bot).us,
        "full-state call": changed_cost(session, load, unknown_state).us,
        "replay by the adapter, an event": adapter_replay_cost(ports.session.replay, load).us,
        **_inproc(ports, load),
        "python reference": transitions_cost(sm.transition, load).us,
        "python reference, as the bot calls it": changed_cost(sm.transition, load, as_a_bot).us,
    }
    ports.aged.close()
    costs["bare round trip, after"] = ports.echo.cost(REQUEST_BYTES, BARE_TRIPS).us
    return costs


def _inproc(ports: Ports, load: Sequence[Stream]) -> dict[str, float]:
    inproc = ports.inproc
    if inproc is None:
        return {}
    return {
        "in-process, session call": transitions_cost(inproc.transition, load).us,
        "in-process, as the bot calls it": changed_cost(inproc.transition, load, as_a_bot).us,
        "in-process, replay, an event": adapter_replay_cost(inproc.replay, load).us,
    }


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
        "new settings": costs["new equal settings"] / bare,
        "changed state": costs["changed state"] / bare,
        "as a bot": costs["as the bot calls it"] / bare,
        "as a bot, to python": costs["as the bot calls it"] / costs["python reference, as the bot calls it"],
        "replay, to python": costs["replay by the adapter, an event"] / costs["python reference"],
        **{
            ratio: costs[name] / costs[base]
            for ratio, name, base in (
                ("in-process, to python", "in-process, session call", "python reference"),
                (
                    "in-process, as a bot, to python",
                    "in-process, as the bot calls it",
                    "python reference, as the bot calls it",
                ),
                ("in-process, replay, to python", "in-process, replay, an event", "python reference"),
            )
            if name in costs
        },
        "full-state": costs["full-state call"] / bare,
        "python": costs["python reference"] / bare,
    }


def summarise(rounds: Sequence[dict[str, float]], once_us: float, size: dict[str, int], *, targets: Sequence[Target]) -> Load:
    """Return medians over the rounds, the spread of each ratio, and the verdict on every target."""
    per_round = [ratios(costs) for costs in rounds]
    spread = {name: spread_of([ratio[name] for ratio in per_round]) for name in per_round[0]}
    microseconds = {name: statistics.median(costs[name] for costs in rounds) for name in rounds[0]}
    microseconds["one-shot call"] = once_us
    bare = {name: us / microseconds["bare round trip"] for name, us in microseconds.items()}
    verdicts = [target.verdict(spread) for target in targets]
    return Load(columns={"us": microseconds, "bare round trips": bare}, ratios=spread, targets=verdicts, size=size)
