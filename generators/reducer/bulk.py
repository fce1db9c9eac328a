"""Many cases fast: case `index` of `seed` is the same on every machine and in any order."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

from generators.dial import CHOICE_MAX
from generators.reducer.case import Case
from generators.reducer.choices import CaseChoices, decode_case
from generators.reducer.configs import FIELD_COUNT
from generators.reducer.events import EventChoice

EVENTS_MAX = 40

# Ordinary traffic is where money is lost, so most cases are ordinary.
_FLAVOUR_SHARES = (0,) * 14 + (1,) * 3 + (2,) * 2 + (3,) * 2 + (4,) * 2


def _generator(seed: int, index: int) -> random.Random:
    """A generator of its own for every case, so that a shard may start anywhere."""
    key = hashlib.sha256(f"doge-parity case {seed} {index}".encode()).digest()
    return random.Random(int.from_bytes(key[:16], "big"))


def _choice(rng: random.Random) -> int:
    return rng.randrange(CHOICE_MAX)


def _event_choices(rng: random.Random, count: int) -> tuple[EventChoice, ...]:
    return tuple((_choice(rng), _choice(rng), _choice(rng)) for _ in range(count))


def draw_choices(seed: int, index: int, *, events_max: int = EVENTS_MAX) -> CaseChoices:
    """The integers of case number `index` of `seed`, which has at most `events_max` events.

    Raises `ValueError` when `index` is negative or `events_max` is below one.
    """
    if index < 0 or events_max < 1:
        raise ValueError(f"index {index} must be 0 or more, and events_max {events_max} 1 or more")
    rng = _generator(seed, index)
    # A field keeps its default more often than not: a case in which everything is unusual seldom gets anywhere.
    default_share = rng.choice((0.6, 0.8, 0.9, 0.96))
    return CaseChoices(
        flavour=rng.choice(_FLAVOUR_SHARES),
        config=tuple(0 if rng.random() < default_share else _choice(rng) for _ in range(FIELD_COUNT)),
        start=_choice(rng),
        prefix=_event_choices(rng, rng.randrange(12)),
        events=_event_choices(rng, rng.randint(1, events_max)),
        distortions=tuple(_choice(rng) for _ in range(rng.randint(1, 3))),
    )


def generate_case(seed: int, index: int, *, events_max: int = EVENTS_MAX) -> Case:
    """Case number `index` of `seed`; see `draw_choices`."""
    choices = draw_choices(seed, index, events_max=events_max)
    metadata = {"source": "generated", "seed": seed, "index": index, "events_max": events_max}
    return decode_case(choices, name=f"generated-{seed}-{index}", metadata=metadata)


def generate_cases(seed: int, count: int, *, events_max: int = EVENTS_MAX) -> Iterator[Case]:
    """Cases 0 to `count` - 1 of `seed`."""
    for index in range(count):
        yield generate_case(seed, index, events_max=events_max)
