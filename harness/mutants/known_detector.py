"""The mutants of the detector that are equivalent: data for `harness.mutants.equivalents`."""

from __future__ import annotations

from harness.mutants.equivalents import Equivalent

EQUIVALENTS_DETECTOR: tuple[Equivalent, ...] = ()
