"""Descriptions of the records for `dataclasses`, so that `fields`, `asdict` and `replace` work as with the reference."""

from __future__ import annotations

import dataclasses
from typing import Any

from doge_hmm._native import FeatureExtractor, IndicatorSnapshot, Regime, RegimeState


def _describe(record: type, fields: list[tuple[str, Any, Any]]) -> None:
    template: Any = dataclasses.make_dataclass(record.__name__, fields)
    record.__dataclass_fields__ = template.__dataclass_fields__  # type: ignore[attr-defined]
    record.__dataclass_params__ = template.__dataclass_params__  # type: ignore[attr-defined]


def describe_records() -> None:
    """Describe every record to `dataclasses`."""
    periods = FeatureExtractor()
    _describe(FeatureExtractor, [(name, int, getattr(periods, name)) for name in FeatureExtractor.__match_args__])
    _describe(IndicatorSnapshot, [(name, float, dataclasses.MISSING) for name in IndicatorSnapshot.__match_args__])
    probabilities = dataclasses.field(default_factory=lambda: [0.0, 1.0, 0.0])
    state = RegimeState()
    kinds = {"regime": Regime, "probabilities": list[float], "observation_count": int}
    defaults = {name: getattr(state, name) for name in RegimeState.__match_args__} | {"probabilities": probabilities}
    _describe(RegimeState, [(name, kinds.get(name, float), default) for name, default in defaults.items()])
