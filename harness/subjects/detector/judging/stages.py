"""The stages of the detector's calculation, in causal order: what differs at one stage makes the later ones differ too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.comparators.divergence import Divergence
from harness.comparators.path import Path

STAGES = (
    "features", "mean and deviation", "draws", "centres", "start", "rounds", "trained", "labels", "path",
    "posteriors and score", "inference",
)  # fmt: skip
# The stages of the names in what a training leaves; other names in it are about the training itself.
_OF_TRAINING = {"mean": "mean and deviation", "deviation": "mean and deviation", "labels": "labels", "transmat": "labels"}
_OF_MODEL = {
    "path": "path", "posteriors": "posteriors and score", "score": "posteriors and score", "scored": "posteriors and score",
    "decoded": "posteriors and score", "map": "posteriors and score", "aic": "posteriors and score",
    "bic": "posteriors and score", "stationary": "posteriors and score",
}  # fmt: skip


def stage_of(path: Path) -> str | None:
    """Return the stage that a path belongs to; None outside the chain (functions, refusals, side effects)."""
    match path.steps:
        case ("features", *_):
            return "features"
        case ("em", *_):
            return "rounds"
        case ("same_seed", "trainings", int(), *rest) | ("same_seed", *rest):
            return _of_training(rest)
        case ("inference", str(name), *_):
            return _OF_MODEL.get(name, "inference")
    return None


def _of_training(rest: Sequence[str | int]) -> str:
    match rest:
        case ("start", "value", ("draws" | "centres") as part, *_):
            return str(part)
        case ("start", *_):
            return "start"
        case (str(name), *_):
            return _OF_TRAINING.get(name) or _OF_MODEL.get(name) or "trained"
    return "trained"


def staged(divergences: Sequence[Divergence]) -> list[Divergence]:
    """Return the divergences in causal order; those in the chain carry the first stage at which the case differs.

    A difference of kind counts as a stage of its own: a missing value is another bug than a wrong one.
    """
    ranked = [(stage_of(each.path), each) for each in divergences]
    chain = sorted((pair for pair in ranked if pair[0] is not None), key=lambda pair: STAGES.index(str(pair[0])))
    rest = [each for stage, each in ranked if stage is None]
    if not chain:
        return rest
    first, kind = chain[0][0], chain[0][1].kind
    return [replace(each, stage=f"{first} ({kind})") for _, each in chain] + rest
