"""Sessions: a state kept by the server, which is opened, advanced or lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import state_machine as sm
from generators.plain import Json
from golden.reducer.cases.build import (
    BUY_ENTRY,
    NOW,
    called,
    fill,
    in_s1a,
    in_s2,
    order,
    pair,
    recovery,
    tick,
    timer,
    wire,
)
from golden.reducer.corpus import Call, Definition
from reducer.digest import state_digest
from reducer.requests import read_event, read_patch
from reducer.types import EngineConfig


def _digests(start: Json, events: Sequence[Json]) -> list[str]:
    """Return the digest of the state before each event, with default settings."""
    state = sm.from_dict(start)
    digests = []
    for event in events:
        digests.append(state_digest(state))
        state, _ = sm.transition(state, read_event(event), EngineConfig(), 2.0)
    return digests


def _open(session: Any, start: Json, event: Any, **settings: Any) -> Call:
    return wire("step", session=session, state=start, **{"config": {}, "order_size_usd": 2.0, **settings}, event=event)


def _session(session: int, start: Json, events: Sequence[Json]) -> list[Call]:
    """Return the calls of a session that the first event opens and the others continue."""
    digests = _digests(start, events)
    known = zip(digests[1:], events[1:], strict=True)
    steps = [wire("step", session=session, digest=digest, event=event) for digest, event in known]
    return [_open(session, start, events[0]), *steps]


ROUND_TRIP = (
    fill(1, 0.0998), tick(0.1004, NOW + 30.0), fill(2, 0.1002, NOW + 40.0, side="sell"), timer(NOW + 50.0),
    tick(0.101, NOW + 90.0), fill(3, 0.1008, NOW + 95.0, side="sell"), tick(0.0991, NOW + 200.0), fill(4, 0.0992, NOW + 210.0),
    timer(NOW + 300.0),
)  # fmt: skip
SESSIONS_KEPT = 64
BARE: Json = {"market_price": 0.1, "now": NOW}
AFTER_BARE = _digests(BARE, [timer(), timer()])[1]
AT_PAIR = _digests(pair(), [timer()])[0]
AFTER_TIMER = _digests(pair(), [timer(), timer()])[1]

IN_S1A = in_s1a(recovery_orders=[recovery(1, "B", 0.12)], next_recovery_id=2)
HELD, _ = sm.transition(sm.from_dict(IN_S1A), read_event(timer()), EngineConfig(), 2.0)
RECORD: Json = {
    "trade_id": "A", "cycle": 1, "entry_price": 0.1, "exit_price": 0.099, "volume": 20.0, "gross_profit": 0.02, "fees": 0.01,
    "net_profit": 0.01,
}  # fmt: skip
PATCHES: tuple[Json, ...] = (
    {}, {"now": 5}, {"profit_pct": 3.0},
    {"total_fees": -0.0, "today_realized_loss": 0, "mode_source": " Regime ", "long_only": True, "unknown": [1]},
    {"cooldown_until_a": "Infinity", "s2_entered_at": None, "last_refresh_direction_b": "up"},
    {"orders": [1, 0]}, {"orders": [0, 0]}, {"orders": []},
    {"orders": [[0, {"txid": "OTX-1", "price": 5, "unknown": None}], [1, {}]], "recovery_orders": [[0, {"reason": "x"}], 0]},
    {"orders": [{**BUY_ENTRY, "txid": "OTX-é"}, 1], "recovery_orders": []},
    {"recovery_orders": [0, recovery(2, "A", 0.09)]}, {"orders": [0, order(9, "sell", "entry", "A", 0.2)], "next_order_id": 10},
    {"completed_cycles": [RECORD, {**RECORD, "from_recovery": True}], "total_round_trips": 2}, {"completed_cycles": []},
)  # fmt: skip
BROKEN_PATCHES: tuple[Any, ...] = (
    None, [], 7, {"now": None}, {"now": "NaN"}, {"cycle_a": 1.5}, {"mode_source": 3}, {"orders": None},
    {"orders": [2]}, {"orders": [-1]}, {"orders": [2**64]}, {"orders": [True]}, {"orders": [0.0]}, {"orders": [None]},
    {"orders": [0, {**BUY_ENTRY, "price": "Infinity"}]}, {"recovery_orders": [0, [1]]}, {"recovery_orders": [1], "now": None},
    {"orders": [5], "now": None}, {"now": None, "orders": [5]}, {"completed_cycles": [0]}, {"completed_cycles": {}},
    {"completed_cycles": [{**RECORD, "cycle": None}]}, {"orders": [{}]},
    {"orders": [[0, {"price": None}]]}, {"orders": [[0, None]]},
    {"orders": [[2, {}]]}, {"orders": [[-1, {}]]}, {"orders": [[2**64, {}]]},
    {"orders": [[0]]}, {"orders": [[0, {}, {}]]}, {"orders": [[True, {}]]}, {"orders": [[0.0, {}]]}, {"orders": [[]]},
    {"orders": [[0, {"local_id": 2**63}]]}, {"completed_cycles": [[0, {}]]}, {"orders": [[5, None]], "now": None},
)  # fmt: skip


def _patched(patch: Json) -> list[Call]:
    """Return the calls that open a session, ask for the invariants of what a patch makes of it, and step from there, twice."""
    state = read_patch(patch, HELD)
    after, _ = sm.transition(state, read_event(timer(NOW + 2.0)), EngineConfig(), 2.0)
    return [
        _open(11, IN_S1A, timer()), wire("check_invariants", session=11, digest=state_digest(state), patch=patch),
        wire("step", session=11, digest=state_digest(state), event=timer(NOW + 2.0), patch=patch),
        wire("step", session=11, digest=state_digest(after), event=tick(0.1011, NOW + 3.0)),
    ]  # fmt: skip


# An index that no order has, and the orders that a lenient port would take it for.
TAKEN_FOR: tuple[tuple[int, list[int]], ...] = (
    (-1, [0]), (-1, [1]), (-1, []), (2, []), (2, [1]), (2**64, []), (2**64, [0]),
)  # fmt: skip


def _taken_for_another(session: int) -> list[Call]:
    """Return steps whose patch has an index that no order has, with the digest of what a lenient port would make of it."""
    calls = []
    for index, taken in TAKEN_FOR:
        digest = state_digest(read_patch({"orders": taken}, HELD))
        for patch in ({"orders": [index]}, {"orders": [[index, {}]]}):
            calls.append(wire("step", session=session, digest=digest, event=timer(NOW + 2.0), patch=patch))
    return calls


BROKEN_EVENTS: tuple[Any, ...] = (
    None, {}, 7, [None], [timer(NOW + 2.0), {}], [timer(NOW + 2.0), tick("x"), None], [fill(1, 1.79e308)],
    [timer(NOW + 2.0), fill(1, 1.79e308, NOW + 3.0), None],
)  # fmt: skip


def _at_once(patch: Json, *events: Json) -> list[Call]:
    """Return the calls that open a session, and step from what a patch makes of its state by several events."""
    return [
        _open(15, IN_S1A, timer()),
        wire("step", session=15, digest=state_digest(read_patch(patch, HELD)), events=list(events), patch=patch),
    ]  # fmt: skip


DEFINITIONS: tuple[Definition, ...] = (
    called("session_round_trip", "A round trip of both trades, told by what changes.", *_session(0, pair(), ROUND_TRIP)),
    called(
        "session_orphans", "An orphaning moves an order from one list to the other.",
        *_session(7, in_s1a(), (timer(NOW + 1350.0), timer(NOW + 1351.0))),
        *_session(7, in_s2(s2_entered_at=NOW), (timer(NOW + 1800.0), timer(NOW + 4000.0))),
    ),
    called(
        "session_is_lost", "A session that was never opened, has another state, or another number.",
        wire("step", session=3, digest=AT_PAIR, event=timer()), _open(3, pair(), timer()),
        wire("step", session=3, digest=AT_PAIR, event=timer()), wire("step", session=4, digest=AFTER_TIMER, event=timer()),
        wire("step", session=3, event=timer()), wire("step", session=3, digest=AFTER_TIMER, event=timer(NOW + 2.0)),
        wire("step", digest=AFTER_TIMER, event=timer()), wire("step", session=3, digest=5, event=timer()),
    ),
    called(
        "session_refuses_and_goes_on", "A step that fails changes neither the state nor the settings.",
        _open(1, pair(), timer()),
        wire("step", session=1, digest=AFTER_TIMER, event=tick("x")), wire("step", session=1, digest=AFTER_TIMER, event=None),
        wire("step", session=1, digest=AFTER_TIMER, event=tick(0.1015), config={"refresh_pct": 50.0}, order_size_usd=True),
        wire("step", session=1, digest=AFTER_TIMER, event=tick(0.1015)),
    ),
    called(
        "session_settings_change", "Settings sent with a step are remembered.",
        _open(2, pair(), timer(), config={"refresh_pct": 0.5}),
        wire("step", session=2, digest=AFTER_TIMER, event=tick(0.1015), config={}, order_size_usd=5.0, order_sizes={"B": 8.0}),
        wire("check_invariants", session=2, digest=AFTER_TIMER), wire("check_invariants", session=9, digest=AFTER_TIMER),
    ),
    called(
        "session_64_are_kept", "The first of 64 sessions can still go on, and so can the last.",
        *(_open(number, BARE, timer()) for number in range(100, 100 + SESSIONS_KEPT)),
        *(wire("step", session=number, digest=AFTER_BARE, event=timer(NOW + 2.0)) for number in (100, 101, 163)),
    ),
    called(
        "session_patched", "A patch is applied to the state that is held, and the digest is that of the patched state.",
        *(call for patch in PATCHES for call in _patched(patch)),
    ),
    called(
        "session_patches_refused", "A broken patch, the digest of the state without it, and an index that names no order.",
        _open(12, IN_S1A, timer()),
        *(wire("step", session=12, digest=state_digest(HELD), event=timer(NOW + 2.0), patch=patch) for patch in BROKEN_PATCHES),
        wire("step", session=12, digest=state_digest(HELD), event=timer(NOW + 2.0), patch={"now": 5.0}),
        *_taken_for_another(12),
        wire("step", session=13, digest=state_digest(HELD), event=timer(NOW + 2.0), patch={"now": None}),
        wire("step", session=12, digest=state_digest(HELD), event=None, patch={"now": None}),
        wire("step", session=12, digest=state_digest(HELD), event=tick("x"), patch={}),
        wire("step", session=12, digest=state_digest(HELD), event=timer(NOW + 2.0)),
    ),
    called(
        "session_of_events", "Several events in one step, at a state that is sent, held and patched.",
        wire("step", session=14, state=pair(), config={}, order_size_usd=2.0, events=list(ROUND_TRIP)),
        *_at_once({"total_fees": 3.5, "orders": []}, *ROUND_TRIP[:3]), *_at_once({}), *_at_once({}, timer(NOW + 2.0)),
        wire("step", session=14, state=pair(), config={}, order_size_usd=2.0, event=tick("ignored"), events=[timer()]),
    ),
    called(
        "session_of_events_refused", "The first event that fails fails the step, and is named; nothing changes.",
        _open(16, IN_S1A, timer()),
        *(wire("step", session=16, digest=state_digest(HELD), events=events) for events in BROKEN_EVENTS),
        wire("step", session=16, digest=state_digest(HELD), events=[None], order_size_usd=True),
        wire("step", session=16, digest=state_digest(HELD), events=5, order_size_usd=True),
        wire("step", session=16, digest=state_digest(HELD), events=[timer(NOW + 2.0)]),
    ),
    called(
        "session_numbers", "What is no session number.",
        *(_open(number, pair(), timer()) for number in (-1, 1.5, True, None, "0", 2**63, 2**63 - 1)),
    ),
)  # fmt: skip
