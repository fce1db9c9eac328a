"""What is mutated of the reference detector, and what is not."""

from __future__ import annotations

from collections.abc import Mapping

from harness.mutants.catalogue import Source

# What no case can tell from others, so that no comparison of ports could: why.
BEYOND_THE_CALLS: Mapping[str, str] = {
    "training._count_cores": "keeps a warning about the machine from being taken for one about a training; no call reaches it",
    "training.log": "who says a thing is not compared: where hmmlearn logs, a port has a logger of its own",
    "regime_detector.log": "who says a thing is not compared: where hmmlearn logs, a port has a logger of its own",
}

DETECTOR = Source(
    "detector",
    (
        "types", "features", "standardise", "training", "inference", "regime_detector", "blending", "snapshot", "checks",
        "series", "config",
    ),
    BEYOND_THE_CALLS,
    constants=True,
)  # fmt: skip
