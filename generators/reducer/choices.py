"""The decoder of all generated reducer cases: integers in, a case out, with the simplest options first.

Hypothesis draws the integers where failures must shrink (`generators.reducer.strategies`), a random generator per case where
many are needed (`generators.reducer.bulk`). Decoding steps the reference, so that events fit the state they will meet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from typing import Any

import state_machine as sm
from generators.dial import CHOICE_BITS, Dial, weighted
from generators.plain import Json, spell_out
from generators.reducer.adversary import (
    break_event,
    break_settings,
    crowd_recovery_orders,
    distort_event,
    distort_state,
    near_overflow,
)
from generators.reducer.case import Case
from generators.reducer.coincidences import coincident_event, coincident_state
from generators.reducer.configs import decode_config
from generators.reducer.events import EventChoice, decode_event
from generators.reducer.stepping import REFUSED, Seen, Settings, Step
from reducer.domain import KINDS, check_state
from reducer.requests import read_settings
from reducer.snapshot import encode, read_state
from reducer.types import EngineConfig, Event, PairState, replace

MARKETS = (0.1, 0.0987654, 0.07, 0.19712, 1.0, 3.14159, 25_000.0, 0.00001234, 1e-09)
ROUND_MARKETS = (1.0, 2.0, 0.5)
ROUND_SIZES_USD = weighted((40.0, 4), (20.0, 2), (2.0, 1), (1.0, 1), (0.5, 2))
ODD_NAME = " e\u0301 q\u0323\u0307"
STARTS = (0.0, 1_700_000_000.0, 1_748_623_500.25, -50.0)
LOSSES = weighted((0, 3), (2, 1), (4, 1))
# Consecutive refreshes, and the time until which they cool down.
REFRESHES = weighted(((0, 0.0), 3), ((3, 0.0), 1), ((3, 0.5), 1))
BOTH, LONG_ONLY, SHORT_ONLY, NO_ORDERS = range(4)
MODES = weighted((BOTH, 16), (LONG_ONLY, 2), (SHORT_ONLY, 1), (NO_ORDERS, 1))
# A second dial starts above the low bits of an integer, which the first one uses.
CROWDING_SHIFT, DISTURBANCE_SHIFT, BROKEN_SHIFT, SETTINGS_SHIFT = 20, 16, 20, 40
PER_MILLE = 1000
# Events of a case that is refused whole, of which nobody reads more than that they are there.
REFUSED_EVENTS = 3
# Events of a coincident case that a scene expects.
EARLY = 3
# The fields of a state that may be infinite.
COOLDOWNS = tuple(name for name, kind in KINDS[PairState].items() if kind.name == "Cooldown")
# Now and then, an event is repeated: once in so many times.
REPEATED_ONE_IN = 40


@dataclass(frozen=True, kw_only=True)
class CaseChoices:
    """The integers of a case. If all are zero, it has the default configuration, both entries on the book and no events.

    `flavour` is an index into `FLAVOURS` and limits how unusual the case may be.
    """

    flavour: int = 0
    config: tuple[int, ...] = ()
    start: int = 0
    prefix: tuple[EventChoice, ...] = ()
    events: tuple[EventChoice, ...] = ()
    distortions: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Flavour:
    """The ways in which a case may be unusual. The numbers are shares of events, in thousandths."""

    wild_config: bool = False
    distorted_state: bool = False
    broken_state: bool = False
    coincident: bool = False
    distorted_events: int = 0
    broken_events: int = 0


ORDINARY, DISTORTED_STATE, WILD, BROKEN_EVENTS, BROKEN_STATE, COINCIDENT = range(6)
FLAVOURS: tuple[Flavour, ...] = (
    Flavour(),
    Flavour(distorted_state=True),
    Flavour(wild_config=True, distorted_state=True, distorted_events=100),
    Flavour(distorted_events=60, broken_events=300),
    Flavour(broken_state=True),
    Flavour(coincident=True),
)


def decode_case(choices: CaseChoices, *, name: str, metadata: Mapping[str, Any]) -> Case:
    """Decode the integers into a case."""
    return decode_seen(choices, name=name, metadata=metadata)[0]


def decode_seen(choices: CaseChoices, *, name: str, metadata: Mapping[str, Any]) -> tuple[Case, Seen | None]:
    """Decode the integers into a case, with the steps of the reference; None where it refuses the whole case."""
    flavour = FLAVOURS[choices.flavour % len(FLAVOURS)]
    cfg = decode_config(choices.config, wild=flavour.wild_config, coincident=flavour.coincident)
    dial = Dial(choices.start)
    state, settings = decode_start(dial, cfg, coincident=flavour.coincident)
    # As if the bot had been restarted, with fewer slots (several recovery orders are evicted at once) or with sticky mode.
    earlier = replace(cfg, max_recovery_slots=5, sticky_mode_enabled=False)
    state = advance(state, replace(settings, cfg=earlier) if dial.flag(4) else settings, choices.prefix)
    if cfg.sticky_mode_enabled and dial.pick(2):
        # Sticky mode was turned on in the middle of S2.
        state = replace(state, s2_entered_at=state.now)
    if flavour.coincident:
        state, cfg = coincident_state(_joined(choices.distortions), state, cfg)
        settings = replace(settings, cfg=cfg)
    plain = plain_state(state)
    if flavour.wild_config:
        plain = near_overflow(dial, plain)
    first = choices.distortions[0] if choices.distortions else 0
    crowding = Dial(first >> CROWDING_SHIFT)
    if flavour.distorted_state and crowding.flag(3):
        plain = crowd_recovery_orders(crowding, plain)
        settings = replace(settings, cfg=replace(cfg, max_recovery_slots=crowding.of((1, 2, 3))))
    # A broken state is refused before broken settings are read.
    settings_alone = flavour.broken_state and Dial(first >> SETTINGS_SHIFT).flag(2)
    if flavour.distorted_state or (flavour.broken_state and not settings_alone):
        for choice in choices.distortions:
            plain = distort_state(Dial(choice), plain, broken=flavour.broken_state)
    given: Json = spell_out(
        {
            "config": encode(settings.cfg),
            "order_size_usd": settings.order_size_usd,
            "order_sizes": settings.order_sizes,
        }
    )
    if flavour.broken_state:
        given = break_settings(Dial(first) if settings_alone else dial, given, surely=settings_alone)
    # What the reference reads of the case is what it is stepped from; a state that is its own it reads as it is.
    start, sent = _read(plain if flavour.distorted_state or flavour.broken_state else state, given)
    refused = start is None or sent is None
    events, steps = step_events(
        start or state, sent or settings, choices.events[: REFUSED_EVENTS if refused else None], flavour
    )
    case = Case(name=name, state=plain, **given, events=tuple(events), metadata=metadata)
    return case, None if start is None or sent is None else Seen(start, tuple(steps))


def _joined(choices: Sequence[int]) -> Dial:
    """Return one dial over several integers, for more choices than one of them holds."""
    return Dial(sum(choice << CHOICE_BITS * number for number, choice in enumerate(choices)))


def decode_start(dial: Dial, cfg: EngineConfig, *, coincident: bool = False) -> tuple[PairState, Settings]:
    """Decode a bootstrapped pair, and the sizes that it trades with; if `coincident`, in round numbers."""
    market = dial.of(ROUND_MARKETS if coincident else MARKETS)
    fitting = max(2.0, market * 20.0)
    fixed = tuple((size_usd, 1) for size_usd in (10.0, 50.0, 2.0, 0.5, 0.0, -1.0))
    size = dial.of(ROUND_SIZES_USD if coincident else weighted((fitting, 8), (fitting * 1.37, 6), (fitting * 5.0, 4), *fixed))
    sizes = dial.of((*[None] * 4, {}, {"A": size * 1.5}, {"A": size, "B": size * 2.0}, {"B": 0.0}, {"C": 1.0}))
    settings = Settings(cfg, size, sizes)
    state = PairState(market_price=market, now=dial.of(STARTS))
    profit_pct = dial.of((state.profit_pct_runtime, 0.0, 0.5, -0.0, 2.25))
    cycle_b, losses_a, losses_b = dial.of((1, 1, 7)), dial.of(LOSSES), dial.of(LOSSES)
    refreshes, refresh_cooldown_until = dial.of(REFRESHES)
    state = replace(
        state,
        profit_pct_runtime=profit_pct,
        cycle_b=cycle_b,
        consecutive_losses_a=losses_a,
        consecutive_losses_b=losses_b,
        consecutive_refreshes_a=refreshes,
        consecutive_refreshes_b=refreshes,
        refresh_cooldown_until_a=refresh_cooldown_until,
        refresh_cooldown_until_b=refresh_cooldown_until,
    )
    try:
        state, _, orders = sm.bootstrap_orders(state, cfg, size, bool(dial.pick(2)), bool(dial.pick(2)))
    except REFUSED:
        return state, settings
    mode = dial.of(MODES)
    if mode == LONG_ONLY:
        orders = orders[:1]
        state = replace(state, long_only=True, mode_source="regime")
    elif mode == SHORT_ONLY:
        orders = orders[1:]
        state = replace(state, short_only=True, mode_source="balance")
    elif mode == NO_ORDERS:
        orders = ()
    return with_txids(replace(state, orders=orders), odd=True), settings


def with_txids(state: PairState, *, odd: bool = False) -> PairState:
    """Return the state with exchange ids on two orders of three, so that orders with and without one stay on the book.

    `odd` gives some of them an id that Unicode normalisation would change.
    """
    for order in state.orders:
        if order.local_id % 3 and not order.txid:
            state = sm.apply_order_txid(
                state, order.local_id, f"OTX-{order.local_id}{ODD_NAME if odd and order.local_id % 4 == 1 else ''}"
            )
    return state


def advance(state: PairState, settings: Settings, prefix: Sequence[EventChoice]) -> PairState:
    """Return the state after some ordinary events, its orders named as the runtime would."""
    for choice in prefix:
        state = with_txids(settings.step(state, decode_event(choice, state, settings.cfg)), odd=True)
    return state


def _read(told: Json | PairState, given: Json) -> tuple[PairState | None, Settings | None]:
    """Read the state and the settings of a case as the reference does; what it refuses is None."""
    start = settings = None
    with suppress(*REFUSED):
        start = check_state(told) if isinstance(told, PairState) else read_state(told, "state")
    with suppress(*REFUSED):
        settings = Settings(*read_settings(given))
    return start, settings


def plain_state(state: PairState) -> Json:
    """Return the state as plain data in the wire format."""
    plain: Json = sm.to_dict(state)
    for name in COOLDOWNS:
        plain[name] = spell_out(plain[name])
    return plain


def tagged(event: Event) -> Json:
    """Return the event as plain data in the wire format."""
    # Its attributes are its fields, in their order; none of them is a list.
    plain = {"_type": type(event).__name__, **vars(event)}
    for value in plain.values():
        if type(value) is float and not isfinite(value):
            spelled: Json = spell_out(plain)
            return spelled
    return plain


def decode_events(state: PairState, settings: Settings, choices: Sequence[EventChoice], flavour: Flavour) -> list[Any]:
    """Decode the events, each chosen for the state that the earlier ones lead to."""
    return step_events(state, settings, choices, flavour)[0]


def step_events(
    state: PairState, settings: Settings, choices: Sequence[EventChoice], flavour: Flavour
) -> tuple[list[Any], list[Step]]:
    """Decode the events, with the reference's step for each of them."""
    events: list[Any] = []
    steps: list[Step] = []
    for choice in choices:
        made = decode_event(choice, state, settings.cfg)
        if flavour.coincident:
            made = coincident_event(Dial(choice[2] >> BROKEN_SHIFT), made, state, settings.cfg, early=len(events) < EARLY)
        plain = tagged(made)
        data = _disturb(choice, plain, events, flavour)
        events.append(data)
        step = settings.outcome(state, made) if data is plain else None
        if step is None or isinstance(step, Exception):
            # An error has the words for an event that was sent.
            step = settings.outcome_of_sent(state, data)
        steps.append(step)
        if not isinstance(step, Exception):
            state = step[0]
    return events, steps


def _disturb(choice: EventChoice, event: Json, earlier: Sequence[Any], flavour: Flavour) -> Any:
    """Return the event as decoded, or distorted or broken as the flavour allows; sometimes repeat the previous event."""
    share = choice[0] >> DISTURBANCE_SHIFT
    if earlier:
        share, picked = divmod(share, REPEATED_ONE_IN)
        if picked == REPEATED_ONE_IN - 1:
            return earlier[-1]
    share %= PER_MILLE
    if share >= PER_MILLE - flavour.broken_events:
        return break_event(Dial(choice[2] >> BROKEN_SHIFT), event)
    if share >= PER_MILLE - flavour.broken_events - flavour.distorted_events:
        return distort_event(Dial(choice[2] >> BROKEN_SHIFT), event)
    return event
