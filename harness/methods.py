"""A case compared through and through: its replay, and the methods that replay does not ask for but production does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, cast

import state_machine as sm
from doge_core.client import Server
from doge_core.errors import ServerError
from doge_core.session import Sessions
from generators.case import Case, Json
from generators.choices import REFUSED
from harness.comparators.divergence import Divergence
from harness.comparators.exact import compare, locate
from harness.comparators.spelling import misspelled
from harness.judge import compare_outcomes, judge
from harness.ports.base import Outcome, Port
from harness.ports.process import ServerPort
from reducer.snapshot import encode, read_state
from reducer.types import Action, PairState
from reducer.wire import error_object, handle_line, read_config, read_event, read_sizes, tagged, with_sessions

# Enough to meet every branch of a long case without doubling the work of a run.
STEPS_MAX = 12

# Size, price, decimals, least volume and least cost of volumes that lie half-way between two, or seem to, or just at a limit.
VOLUMES = (
    (20.5, 1.0, 0, 1.0, 0.0),
    (10.75, 0.5, 0, 1.0, 0.0),
    (20.15, 1.0, 1, 1.0, 0.0),
    (2.675, 1.0, 2, 1.0, 0.0),
    (20.25, 1.0, 1, 1.0, 20.25),
    (20.0, 0.5, 0, 1.0, 20.0),
    (0.0, 1.0, 0, -9.0, 0.0),
    (-0.5, 1.0, 0, -9.0, 0.0),
    (0.4, 0.25, 0, 0.0, 0.5),
    (0.6, 0.25, 0, 0.0, 0.55),
    (3.0, 1.0, 0, 0.0, 4.0),
)

# What is no state at all, or holds no orders where orders have to be.
NO_STATES = (5, None, {"orders": [5]}, {"recovery_orders": "none"})
# The ways in which a cooldown can be no time.
COOLDOWNS = ("NaN", "Infinity", "-Infinity", -(10**400), "soon")
# Fields of a state and a configuration under which a bootstrap comes to the end of something: of the ids, of a price's digits
# (a back-off shows in the last one), at a price of nothing, of a double.
BOOTSTRAPS: tuple[tuple[Json, Json], ...] = (
    ({"next_order_id": 2**63 - 1, "market_price": 0.1}, {}),
    (
        {"consecutive_losses_a": 3, "consecutive_losses_b": 4, "market_price": 3.101},
        {"entry_pct": 16.4, "price_decimals": 17, "loss_backoff_start": 1, "backoff_factor": 0.76},
    ),
    (
        {"consecutive_losses_b": 2, "market_price": 0.1},
        {"entry_pct": 50.0, "loss_backoff_start": 2, "backoff_factor": 1.0},
    ),
    ({"market_price": 1.6e308}, {"price_decimals": -308, "min_volume": 0.0}),
)

Transition = Callable[..., tuple[PairState, list[Action]]]


def sampled_requests(case: Case, answer: Json) -> Iterator[tuple[str, Json]]:
    """Requests of the methods beyond replay, made from a case and the reference's answer to it."""
    for state in NO_STATES:
        yield "derive_phase", {"state": state}
    states = [case.state] if "state" not in answer else [case.state, answer["state"]]
    for state in states:
        yield "check_invariants", {"state": state}
        yield "derive_phase", {"state": state}
        if isinstance(state, dict):
            yield "check_invariants", {"state": _unsound(state)}
            for cooldown in COOLDOWNS:
                yield "derive_phase", {"state": {**state, "cooldown_until_a": cooldown}}
        settings = {"state": state, "config": case.config, "order_size_usd": case.order_size_usd}
        yield "bootstrap_orders", settings
        yield "bootstrap_orders", {**settings, "allow_long_only": False, "allow_short_only": True}
        if isinstance(state, dict):
            for fields, config in BOOTSTRAPS:
                yield "bootstrap_orders", {"state": {**state, **fields}, "config": config, "order_size_usd": 200.0}
        for config in _one_sided(case.config):
            for allowed in (True, False):
                one_sided = {**settings, "config": config}
                yield "bootstrap_orders", {**one_sided, "allow_long_only": allowed, "allow_short_only": allowed}
    for price in _prices(case):
        yield "compute_order_volume", {"price": price, "config": case.config, "order_size_usd": case.order_size_usd}
    for size, price, volume_decimals, min_volume, min_cost_usd in VOLUMES:
        limits = {"volume_decimals": volume_decimals, "min_volume": min_volume, "min_cost_usd": min_cost_usd}
        yield "compute_order_volume", {"price": price, "config": limits, "order_size_usd": size}


def _unsound(state: Json) -> Json:
    """The state with everything wrong at once: violations have an order."""
    orders = state.get("orders")
    if not isinstance(orders, list):
        return state
    wrong = {"cycle": 0, "role": "exit", "entry_price": 0.0, "volume": 0.0}
    unsound = [{**order, **wrong} if isinstance(order, dict) else order for order in orders]
    return {**state, "s2_entered_at": 1.0, "cycle_a": 0, "orders": unsound}


def _one_sided(config: Any) -> Iterator[Json]:
    """Configurations under which only one of the first two entries has a price above zero."""
    if isinstance(config, dict):
        yield {**config, "entry_pct_b": 120.0}
        yield {**config, "entry_pct": -120.0, "entry_pct_a": None, "entry_pct_b": 0.5}


def _prices(case: Case) -> list[Any]:
    prices = [event["price"] for event in case.events if isinstance(event, dict) and "price" in event]
    return [*prices[:3], 0.0, -0.0, 5e-324]


def compare_case(
    *, case: Case, reference: Outcome, candidate: Outcome, reference_port: Port, port: Port, thorough: bool
) -> list[Divergence]:
    """The divergences of a port on a case whose replay is already there; empty at parity.

    `thorough` goes on, where the replay agrees, with single transitions, the other methods and a session.
    """
    found = judge(case=case, reference=reference, candidate=candidate, reference_port=reference_port, port=port)
    if found or not thorough:
        return found
    found = compare_methods(case=case, answer=reference.answer, reference_port=reference_port, port=port)
    if not found and isinstance(port, ServerPort):
        found = compare_session(case=case, port=port)
    return found


def compare_methods(*, case: Case, answer: Json, reference_port: Port, port: Port) -> list[Divergence]:
    """Divergences of the methods beyond replay, with the method at the head of the path."""
    found: list[Divergence] = []
    for method, request in sampled_requests(case, answer):
        reference, candidate = reference_port.call(method, request), port.call(method, request)
        found += compare_outcomes(reference=reference, candidate=candidate, case=case, path=f"$.{method}")
        if candidate.line is None:
            # Whatever fails once may fail at every request, and each may cost its whole timeout.
            return found
    return found + compare_transitions(case=case, reference_port=reference_port, port=port)


def compare_transitions(*, case: Case, reference_port: Port, port: Port, steps_max: int = STEPS_MAX) -> list[Divergence]:
    """Divergences of single transitions, each from the state that the reference's last one led to."""
    state = case.state
    for step, event in enumerate(case.events[:steps_max]):
        request = {**case.inputs(), "state": state, "event": event}
        reference, candidate = reference_port.transition(request), port.transition(request)
        found = compare_outcomes(reference=reference, candidate=candidate, case=case, path=f"$.steps[{step}]")
        if found:
            return found
        state = reference.answer.get("state", state)
    return []


class Overheard:
    """A server, to its client; every answer that passes is held against that of the reference's own session."""

    def __init__(self, server: Server, case: Case) -> None:
        self.path = "$"
        self.found: list[Divergence] = []
        self._server = server
        self._case = case
        self._methods = with_sessions()

    def request(self, line: bytes) -> bytes:
        """The server's answer. Raises `ServerError`."""
        answer = self._server.request(line)
        reference = Outcome(handle_line(line, self._methods).rstrip(b"\n"))
        candidate = Outcome(answer)
        # What is not JSON is for the client to refuse.
        if candidate.is_json():
            self.found += compare_outcomes(
                reference=Outcome(_determined(reference)),
                candidate=Outcome(_determined(candidate)),
                case=self._case,
                path=self.path,
            )
            self.found += [
                locate(path=where, kind=kind, reference=left, candidate=right, events=self._case.events)
                for where, kind, left, right in misspelled(reference=reference.answer, line=answer, path=self.path)
            ]
        return answer


def _determined(outcome: Outcome) -> bytes:
    """What of a step's answer can be written in one way only: equal orders can be listed by either's index."""
    free = ("orders", "recovery_orders")
    return json.dumps({key: value for key, value in outcome.answer.items() if key not in free}).encode()


def compare_session(*, case: Case, port: ServerPort) -> list[Divergence]:
    """Divergences between the production client's session and the reference, step by step."""
    try:
        state = read_state(case.state, "state")
        settings = (read_config(case.config), case.order_size_usd, read_sizes(case.order_sizes))
    except REFUSED:
        return []
    overheard: Overheard | None = None
    held = state
    for step, event in readable_events(case):
        path = f"$.steps[{step}]"
        reference, state = _outcome(sm.transition, state, event, settings)
        try:
            if overheard is None:
                overheard = Overheard(port.server(), case)
                sessions = Sessions(cast(Server, overheard))
            overheard.path = f"{path}.session"
            candidate, held = _outcome(sessions.transition, held, event, settings)
        except ServerError as error:
            port.close()
            failure = f"{error.cause}: {error}"
            where = f"{path}.session"
            return [locate(path=where, kind="error", reference="a step", candidate=failure, events=case.events)]
        found = compare(reference=reference, candidate=candidate, events=case.events, path=path)
        found += overheard.found
        if found:
            return found
    return []


def readable_events(case: Case) -> Iterator[tuple[int, Any]]:
    """The events that a Python caller could make, with their steps."""
    for step, data in enumerate(case.events):
        try:
            yield step, read_event(data)
        except REFUSED:
            continue


def _outcome(transition: Transition, state: PairState, event: Any, settings: tuple[Any, ...]) -> tuple[Json, PairState]:
    try:
        after, actions = transition(state, event, *settings)
    except REFUSED as error:
        return error_object(error), state
    return {"state": encode(after), "actions": [tagged(action) for action in actions]}, after
