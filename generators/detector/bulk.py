"""Bulk generation of detector cases. A seed and an index determine a case, on every machine and in any order."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

from generators.detector.case import DetectorCase, Kind
from generators.detector.choices import DEGENERATE, ODD, REALISTIC, SHORT, DetectorChoices, decode_case
from generators.dial import CHOICE_MAX, weighted
from generators.plain import Json

# Weights: the everyday work of the detector and realistic data come most often.
_KIND_WEIGHTS: dict[Kind, int] = {
    "features": 4, "em": 3, "fit": 6, "detector": 3, "inference": 2, "functions": 2, "errors": 1,
}  # fmt: skip
_KINDS = weighted(*_KIND_WEIGHTS.items())
_FLAVOURS = weighted((REALISTIC, 13), (ODD, 4), (DEGENERATE, 2), (SHORT, 1))
# The seed of a case's noise is an unsigned 32-bit integer, as numpy takes it.
NOISE_SEEDS = 2**32


def draw_choices(seed: int, index: int) -> tuple[DetectorChoices, str, Json]:
    """Draw the integers of a case; return them with its name and metadata. Raises `ValueError` when `index` is negative."""
    if index < 0:
        raise ValueError(f"index {index} must be 0 or more")
    key = hashlib.sha256(f"doge-parity series {seed} {index}".encode()).digest()
    rng = random.Random(int.from_bytes(key[:16], "big"))
    choices = DetectorChoices(
        kind=rng.choice(_KINDS),
        flavour=rng.choice(_FLAVOURS),
        size=rng.randrange(CHOICE_MAX),
        settings=rng.randrange(CHOICE_MAX),
        process=rng.randrange(CHOICE_MAX),
        twist=rng.randrange(CHOICE_MAX),
        form=rng.randrange(CHOICE_MAX),
        noise=rng.randrange(NOISE_SEEDS),
    )
    return choices, f"series-{seed}-{index}", {"source": "generated", "seed": seed, "index": index}


def generate_case(seed: int, index: int) -> DetectorCase:
    """Generate case number `index` of `seed`. Raises `ValueError` when `index` is negative."""
    choices, name, metadata = draw_choices(seed, index)
    return decode_case(choices, name=name, metadata=metadata)


def generate_cases(seed: int, count: int) -> Iterator[DetectorCase]:
    """Generate the cases 0 to `count` - 1 of `seed`."""
    for index in range(count):
        yield generate_case(seed, index)
