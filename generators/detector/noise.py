"""Randomness for series: every stream has its own generator, so that a case depends on nothing but its integers."""

from __future__ import annotations

import numpy as np

from generators.detector.case import Floats

# ln 2 in two parts: the first has so few bits that its product with a small whole number is exact.
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
# Terms of the series of exp below ln 2 / 2, after which the next one no longer changes a double.
EXP_TERMS = 14
# Student's t with this many degrees of freedom has the tails of intraday returns.
TAIL_DEGREES = 3.0


def stream(*key: int) -> np.random.Generator:
    """The generator of a key; the same on every machine and in any order."""
    return np.random.Generator(np.random.PCG64(list(key)))


def exp(values: Floats) -> Floats:
    """The exponential of each value, from operations that IEEE 754 rounds in one way only.

    `np.exp` has other last bits on a processor with AVX-512 than on one without, so that cases would not be the same
    everywhere. The error of this one is below two units in the last place.
    """
    halvings = np.rint(values / (LN2_HIGH + LN2_LOW))
    rest = values - halvings * LN2_HIGH - halvings * LN2_LOW
    total = np.ones_like(rest)
    for term in range(EXP_TERMS, 0, -1):
        total = 1.0 + rest / term * total
    return np.ldexp(total, halvings.astype(np.int64))


def shocks(rng: np.random.Generator, shape: tuple[int, ...], *, heavy: bool) -> Floats:
    """Noise of about unit size, with heavy tails on demand."""
    if not heavy:
        return rng.standard_normal(shape)
    tailed: Floats = rng.standard_t(TAIL_DEGREES, shape) / np.sqrt(TAIL_DEGREES)
    return tailed


def regimes(rng: np.random.Generator, length: int, count: int, *, stay: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """A path of a sticky Markov chain: which regime holds at each place."""
    jumps = rng.random(length) >= stay
    fresh = rng.integers(0, count, length)
    places = np.where(jumps, np.arange(length), 0)
    if length:
        places = np.maximum.accumulate(places)
    return fresh[places]
