"""How a bug gets into a detector: parts of the reference's own classes, replaced or subclassed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from hmmlearn.hmm import GaussianHMM

import detector.features as features
import detector.regime_detector as life
import detector.training as training
import hmm_regime_detector as reference
from detector.types import RegimeState
from harness.subjects.detector.ports.modules import NAMES

Parts = dict[str, Any]


@contextmanager
def swapped(module: ModuleType, **values: Any) -> Iterator[None]:
    """The names of a module stand for something else meanwhile."""
    before = {name: getattr(module, name) for name in values}
    for name, value in values.items():
        setattr(module, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)


def with_model(model: type[GaussianHMM]) -> Parts:
    """A detector that trains another model."""
    model.__name__ = "GaussianHMM"

    class RegimeDetector(reference.RegimeDetector):
        def train(self, closes: Any, volumes: Any) -> bool:
            with swapped(training, GaussianHMM=model):
                return super().train(closes, volumes)

    return {"GaussianHMM": model, "RegimeDetector": RegimeDetector}


def with_detector(**values: Any) -> Parts:
    """A detector whose modules hold other functions."""

    class RegimeDetector(reference.RegimeDetector):
        def train(self, closes: Any, volumes: Any) -> bool:
            with swapped(life, **values):
                return super().train(closes, volumes)

        def update(self, closes: Any, volumes: Any) -> RegimeState:
            with swapped(life, **values):
                return super().update(closes, volumes)

    return {"RegimeDetector": RegimeDetector}


def with_extractor(**values: Any) -> Parts:
    """An extractor, and a detector that uses it."""

    class FeatureExtractor(reference.FeatureExtractor):
        def extract(self, closes: Any, volumes: Any) -> Any:
            with swapped(features, **values):
                return super().extract(closes, volumes)

    return {"FeatureExtractor": FeatureExtractor, **with_detector(FeatureExtractor=FeatureExtractor)}


def planted(name: str, parts: Parts, *, without: str | None = None) -> str:
    """Make a module of a bug's parts, leave out a name on demand, and return the module's name."""
    module = ModuleType(f"planted_{name}" + ("" if without is None else "_without"))
    for known in NAMES:
        if known != without:
            setattr(module, known, GaussianHMM if known == "GaussianHMM" else getattr(reference, known))
    for known, value in parts.items():
        setattr(module, known, value)
    sys.modules[module.__name__] = module
    return module.__name__
