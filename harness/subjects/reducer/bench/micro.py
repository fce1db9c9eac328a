"""Small calls of the reducer that are timed one by one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import state_machine as sm
from doge_core.codec import decode_answer, encode_json
from harness.subjects.reducer.bench.loads import Stream
from harness.subjects.reducer.bench.measure import Ports, Transition
from reducer.digest import state_digest
from reducer.pricing import compute_order_volume, entry_price, exit_price

# So many states are used for each call.
STATES_MAX = 40
Step = tuple[Stream, sm.PairState, sm.Event]


def reference_calls(load: Sequence[Stream]) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield calls of the reference by name, each over some states of the load."""
    steps = list(_steps(load))
    kinds = sorted({type(event).__name__ for _, _, event in steps})
    for kind in kinds:
        some = [step for step in steps if type(step[2]).__name__ == kind][:STATES_MAX]
        yield f"transition, {kind}", partial(_transitions, some)
    spread = steps[:: max(1, len(steps) // STATES_MAX)]
    states = [state for _, state, _ in spread]
    yield "check_invariants", lambda: [sm.check_invariants(state) for state in states]
    yield "digest", lambda: [state_digest(state) for state in states]
    yield "snapshot, there and back", lambda: [sm.from_dict(json.loads(json.dumps(sm.to_dict(state)))) for state in states]
    yield "prices and volume", lambda: [_prices(stream, state) for stream, state, _ in spread]


def port_calls(ports: Ports, load: Sequence[Stream]) -> dict[str, Callable[[], object]]:
    """Return calls of the port by name: a stream step by step in a session, and the same in one request."""
    stream = max(load, key=lambda each: len(each.events))
    return {
        "session, a stream": lambda: _walk(ports.session.transition, stream),
        "replay, a stream": lambda: decode_answer(ports.replay.request(encode_json(stream.case.request()))),
    }


def _steps(load: Sequence[Stream]) -> Iterator[Step]:
    for stream in load:
        state = stream.state
        for event in stream.events:
            yield stream, state, event
            state, _ = sm.transition(state, event, stream.cfg, stream.order_size_usd, stream.order_sizes)


def _transitions(steps: Sequence[Step]) -> None:
    for stream, state, event in steps:
        sm.transition(state, event, stream.cfg, stream.order_size_usd, stream.order_sizes)


def _walk(transition: Transition, stream: Stream) -> sm.PairState:
    state = stream.state
    for event in stream.events:
        state, _ = transition(state, event, stream.cfg, stream.order_size_usd, stream.order_sizes)
    return state


def _prices(stream: Stream, state: sm.PairState) -> object:
    price = entry_price(state, stream.cfg, "buy", "B")
    return exit_price(state, stream.cfg, "buy", price), compute_order_volume(price, stream.cfg, stream.order_size_usd)
