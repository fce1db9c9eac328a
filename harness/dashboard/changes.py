"""Change points of a figure over records: where its level moved and stayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import ruptures

# A level lasts at least so many records; fewer are an outlier.
LENGTH_MIN = 5
# The neighbours that a record is smoothed with, and itself.
SMOOTH = 5
# A smaller move than this share is of no interest, however sure it is.
MOVE_MIN = 0.03
# How much better a further change must explain the records, in units of noise and of the logarithm of their number.
PENALTY = 10.0
# The noise is taken to be at least this share: figures that hardly vary would have a change at every hair.
NOISE_MIN = 0.002
# The median deviation of a normal distribution, in standard deviations.
MEDIAN_DEVIATION = 0.6745


@dataclass(frozen=True)
class Change:
    """A move of a level: the place of the first record after it, and the medians before and after."""

    place: int
    before: float
    after: float

    @property
    def move(self) -> float:
        """The move as a share of the level before."""
        return self.after / self.before - 1.0


def changes_in(values: Sequence[float]) -> list[Change]:
    """The change points of a series, by PELT on logarithms; none for a short one, or one that is not positive."""
    if len(values) < 2 * LENGTH_MIN or min(values) <= 0.0:
        return []
    logs = np.log(np.asarray(values, dtype=np.float64))
    noise = max(float(np.median(np.abs(np.diff(logs)))) / (MEDIAN_DEVIATION * 2.0**0.5), NOISE_MIN)
    # A median over neighbours takes single outliers away and leaves a step where it is.
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(np.pad(logs, SMOOTH // 2, mode="edge"), SMOOTH), axis=1)
    signal = ((smooth - np.median(smooth)) / noise).reshape(-1, 1)
    # Where the records are, rounded, so that the last bits of a processor's sums decide nothing.
    found = ruptures.KernelCPD(kernel="linear", min_size=LENGTH_MIN).fit(np.round(signal, 6))
    places = [int(place) for place in found.predict(pen=PENALTY * float(np.log(len(values))))]
    bounds = [0, *places]
    levels = [float(np.median(values[start:end])) for start, end in pairwise(bounds)]
    moves = [Change(place, before, after) for place, (before, after) in zip(places, pairwise(levels), strict=False)]
    return [each for each in moves if abs(each.move) >= MOVE_MIN]
