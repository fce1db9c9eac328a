"""Randomness for series. Every stream has its own generator, so a case depends only on its integers."""

from __future__ import annotations

import numpy as np

from generators.detector.case import Floats

# ln 2 in two parts: the first has so few bits that its product with a small whole number is exact.
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
# Number of Taylor terms of exp for arguments up to ln 2 / 2; the next term no longer changes a double.
EXP_TERMS = 14
# Student's t with this many degrees of freedom has the tails of intraday returns.
TAIL_DEGREES = 3.0


def stream(*key: int) -> np.random.Generator:
    """Return the random generator of a key, the same on every machine and in any order."""
    return np.random.Generator(np.random.PCG64(list(key)))


def exp(values: Floats) -> Floats:
    """Return the exponential of each value, computed from correctly rounded IEEE 754 operations only.

    The last bits of `np.exp` depend on whether the processor has AVX-512, so cases would differ between machines. The
    error of this function is below two units in the last place.
    """
    halvings = np.rint(values / (LN2_HIGH + LN2_LOW))
    rest = values - halvings * LN2_HIGH - halvings * LN2_LOW
    total = np.ones_like(rest)
    for term in range(EXP_TERMS, 0, -1):
        total = 1.0 + rest / term * total
    return np.ldexp(total, halvings.astype(np.int64))


def shocks(rng: np.random.Generator, shape: tuple[int, ...], *, heavy: bool) -> Floats:
    """Return noise of about unit variance, with heavy tails if `heavy`."""
    if not heavy:
        return rng.standard_normal(shape)
    tailed: Floats = rng.standard_t(TAIL_DEGREES, shape) / np.sqrt(TAIL_DEGREES)
    return tailed


def regimes(rng: np.random.Generator, length: int, count: int, *, stay: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return a path of a sticky Markov chain: `length` regimes from 0 to `count` - 1, each kept with probability `stay`."""
    jumps = rng.random(length) >= stay
    fresh = rng.integers(0, count, length)
    places = np.where(jumps, np.arange(length), 0)
    if length:
        places = np.maximum.accumulate(places)
    return fresh[places]
