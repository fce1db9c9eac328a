"""Python's `round(x, n)` through the port: a million doubles, ties and the doubles next to halfway included.

With a price of 1.0 the volume is the size, rounded: `compute_order_volume` shows the rounding bare.
"""

from __future__ import annotations

import json
import math
import random
import struct
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from tests.parity.lines import Lines

VALUES = 1_000_000
DECIMALS_MAX = 12


def doubles(seed: int) -> Iterator[tuple[str, float, int]]:
    """Kinds of doubles that rounding gets wrong, each with decimals to round to."""
    rng = random.Random(seed)
    while True:
        decimals = rng.randint(0, DECIMALS_MAX)
        digits = rng.randint(0, 10 ** rng.randint(1, 15))
        yield "decimal", digits / 10 ** rng.randint(0, 15), decimals
        halfway = (2 * digits + 1) / (2 * 10**decimals)
        yield "halfway", halfway, decimals
        yield "above halfway", math.nextafter(halfway, math.inf), decimals
        yield "below halfway", math.nextafter(halfway, 0.0), decimals
        yield "exact tie", (2 * rng.randint(0, 10**6) + 1) / 2 ** (decimals + 1), decimals
        yield "price", rng.uniform(0.01, 1.0) * (1 + rng.uniform(-0.05, 0.05)), decimals
        bits = rng.getrandbits(63)
        value = struct.unpack("<d", struct.pack("<Q", bits))[0]
        if math.isfinite(value):
            yield "any bits", value, decimals


def request(value: float, decimals: int) -> bytes:
    config = {"volume_decimals": decimals, "min_volume": -1.0}
    return (
        json.dumps({"method": "compute_order_volume", "price": 1.0, "config": config, "order_size_usd": value}).encode() + b"\n"
    )


def rounded(value: float, decimals: int) -> float | None:
    if value <= 0:
        return None
    return float(round(value)) if decimals == 0 else round(value, decimals)


def test_a_million_doubles_round_as_python_rounds_them(executable: Path) -> None:
    wanted: list[tuple[str, float, int]] = []
    source = doubles(seed=1)

    def lines() -> Iterator[bytes]:
        for _ in range(VALUES):
            wanted.append(next(source))
            yield request(*wanted[-1][1:])

    kinds: Counter[str] = Counter()
    naive_differs = 0
    with Lines(executable) as server:
        for index, (_, answer) in enumerate(server.answers(lines())):
            kind, value, decimals = wanted[index]
            want = rounded(value, decimals)
            got = json.loads(answer)["volume"]
            assert repr(got) == repr(want), f"round({value!r}, {decimals})"
            kinds[kind] += 1
            naive_differs += want is not None and value < 1e15 and round(value * 10**decimals) / 10**decimals != want
    assert sum(kinds.values()) == VALUES
    assert min(kinds.values()) > VALUES / 8, kinds
    assert naive_differs > VALUES / 100, "the values would not show naive rounding"


def test_exact_ties_are_ties() -> None:
    ties = [(value, decimals) for kind, value, decimals in _some(2000) if kind == "exact tie"]
    exact = [Fraction(value) * 10**decimals % 1 == Fraction(1, 2) for value, decimals in ties]
    assert sum(exact) > 100


def _some(count: int) -> Iterator[tuple[str, float, int]]:
    source = doubles(seed=2)
    return (next(source) for _ in range(count))
