"""Bulk generation of reducer cases. A seed and an index determine a case, on every machine and in any order."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

from generators.dial import CHOICE_BITS, CHOICE_MAX, weighted
from generators.reducer.case import Case
from generators.reducer.choices import (
    BROKEN_EVENTS,
    BROKEN_STATE,
    COINCIDENT,
    DISTORTED_STATE,
    ORDINARY,
    WILD,
    CaseChoices,
    decode_seen,
)
from generators.reducer.configs import FIELD_COUNT
from generators.reducer.events import EventChoice
from generators.reducer.stepping import Seen

EVENTS_MAX = 40
# The prefix, played before the first event, is shorter than this.
PREFIX_END = 12

# Integers from which the distortions of a state are decoded, one each, and all coincidences of a state together.
DISTORTIONS_MAX, COINCIDENCES = 3, 8

# Ordinary traffic is where money is lost, so most cases are ordinary.
_FLAVOURS = weighted((ORDINARY, 18), (DISTORTED_STATE, 3), (WILD, 2), (BROKEN_EVENTS, 4), (BROKEN_STATE, 5), (COINCIDENT, 10))
# A configuration in which most fields are unusual seldom trades, so fields keep their defaults with one of these probabilities.
_DEFAULT_SHARES = (0.6, 0.8, 0.9, 0.96)
# Round values may meet in one field only if several others are round, too.
_ROUND_SHARES = (0.5, 0.7, 0.85)


def _generator(seed: int, index: int) -> random.Random:
    """Return the random generator of one case; each has its own, so that a shard may start at any index."""
    key = hashlib.sha256(f"doge-parity case {seed} {index}".encode()).digest()
    return random.Random(int.from_bytes(key[:16], "big"))


def _choice(rng: random.Random) -> int:
    # As `randrange(CHOICE_MAX)` draws, without its checks.
    choice = rng.getrandbits(CHOICE_BITS)
    while choice >= CHOICE_MAX:
        choice = rng.getrandbits(CHOICE_BITS)
    return choice


def _event_choices(rng: random.Random, count: int) -> tuple[EventChoice, ...]:
    return tuple((_choice(rng), _choice(rng), _choice(rng)) for _ in range(count))


def draw_choices(seed: int, index: int, *, events_max: int = EVENTS_MAX) -> CaseChoices:
    """Draw the integers of case number `index` of `seed`, which has at most `events_max` events.

    Raises `ValueError` when `index` is negative or `events_max` is below one.
    """
    if index < 0 or events_max < 1:
        raise ValueError(f"index {index} must be 0 or more, and events_max {events_max} 1 or more")
    rng = _generator(seed, index)
    flavour = rng.choice(_FLAVOURS)
    default_share = rng.choice(_ROUND_SHARES if flavour == COINCIDENT else _DEFAULT_SHARES)
    distortions = COINCIDENCES if flavour == COINCIDENT else rng.randint(1, DISTORTIONS_MAX)
    return CaseChoices(
        flavour=flavour,
        config=tuple(0 if rng.random() < default_share else _choice(rng) for _ in range(FIELD_COUNT)),
        start=_choice(rng),
        prefix=_event_choices(rng, rng.randrange(PREFIX_END)),
        events=_event_choices(rng, rng.randint(1, events_max)),
        distortions=tuple(_choice(rng) for _ in range(distortions)),
    )


def generate_case(seed: int, index: int, *, events_max: int = EVENTS_MAX) -> Case:
    """Generate case number `index` of `seed`. Raises `ValueError` as `draw_choices` does."""
    return generate_seen(seed, index, events_max=events_max)[0]


def generate_seen(seed: int, index: int, *, events_max: int = EVENTS_MAX) -> tuple[Case, Seen | None]:
    """Generate the same case with the steps of the reference that it was decoded by, as `decode_seen` does."""
    choices = draw_choices(seed, index, events_max=events_max)
    metadata = {"source": "generated", "seed": seed, "index": index, "events_max": events_max}
    return decode_seen(choices, name=f"generated-{seed}-{index}", metadata=metadata)


def generate_cases(seed: int, count: int, *, events_max: int = EVENTS_MAX) -> Iterator[Case]:
    """Generate the cases 0 to `count` - 1 of `seed`."""
    for index in range(count):
        yield generate_case(seed, index, events_max=events_max)
