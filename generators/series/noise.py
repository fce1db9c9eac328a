"""Randomness for series: every stream has its own generator, so that a case depends on nothing but its integers."""

from __future__ import annotations

import numpy as np

from generators.series.case import Floats

# Student's t with this many degrees of freedom has the tails of intraday returns.
TAIL_DEGREES = 3.0


def stream(*key: int) -> np.random.Generator:
    """The generator of a key; the same on every machine and in any order."""
    return np.random.Generator(np.random.PCG64(list(key)))


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
