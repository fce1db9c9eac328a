"""The reference, with a shadow beside it: the caller gets Python's results, and the shadow a note of each call.

The names are the reference's own, or subclasses and functions that do what the reference does and note it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import astuple
from typing import Any, cast

import numpy.typing as npt

import hmm_regime_detector as _reference
from detector.series import Matrix
from doge_detector.notes import Training, kept, kept_snapshot, training_of
from doge_detector.noting import Noting
from doge_detector.settings import Kind
from doge_detector.turns import Turns
from hmm_regime_detector import IndicatorSnapshot, Regime, RegimeState, __version__

# The records have nothing to note.
__all__ = [*_reference.__all__, "IndicatorSnapshot", "Regime", "RegimeState", "__version__"]


class _Clocked:
    """A detector as the reference's method sees it, whose clock is noted."""

    def __init__(self, detector: Any, note: Noting) -> None:
        self._detector, self._note = detector, note

    def __getattr__(self, name: str) -> Any:
        return getattr(self._detector, name)

    def _now(self) -> float:
        at: float = self._detector._now()
        self._note.at(at)
        return at


class RegimeDetector(_reference.RegimeDetector):
    __doc__ = _reference.RegimeDetector.__doc__
    # Beside the instance's dictionary, which holds what the reference's holds.
    __slots__ = ("_shadow_training", "_shadow_turns")
    _shadow_training: tuple[Training, Any] | None
    _shadow_turns: Turns

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        self._shadow_training, self._shadow_turns = None, Turns()
        with Noting(Kind.CONSTRUCTOR, None, lambda: (kept(config),)) as note:
            super().__init__(config)
            note.answered(lambda: list(self._cfg.items()))

    def train(self, closes: npt.ArrayLike, volumes: npt.ArrayLike) -> bool:
        """Return what the reference returns."""
        with Noting(Kind.TRAIN, self, lambda: (kept(closes), kept(volumes))) as note:
            trained = super().train(closes, volumes)

            def value() -> Any:
                if trained:
                    self._shadow_training = training, _ = training_of(self._cfg, closes, volumes), self._model
                    note.trained(training)
                    note.at(self._last_train_ts)
                return {"returned": trained, "transmat": self.transmat if trained else None}

            note.answered(value)
        return trained

    def update(self, closes: npt.ArrayLike, volumes: npt.ArrayLike) -> RegimeState:
        """Return what the reference returns."""
        with Noting(Kind.UPDATE, self, lambda: (kept(closes), kept(volumes))) as note:
            previous, observed = self.state, self.last_observation
            state = super().update(closes, volumes)

            def value() -> Any:
                new, snapshot = state is not previous, self.last_observation
                if new:
                    note.at(state.last_update_ts)
                seen = None if snapshot is None or snapshot is observed else list(astuple(snapshot))
                return {"new": new, "state": state.to_dict(), "observation": seen}

            note.answered(value)
        return state

    def needs_retrain(self) -> bool:
        """Return what the reference returns."""
        with Noting(Kind.NEEDS_RETRAIN, self, tuple) as note:
            needed = _reference.RegimeDetector.needs_retrain(cast(_reference.RegimeDetector, _Clocked(self, note)))
            note.answered(lambda: needed)
        return needed


class FeatureExtractor(_reference.FeatureExtractor):
    __doc__ = _reference.FeatureExtractor.__doc__
    __slots__ = ()

    def extract(self, closes: npt.ArrayLike, volumes: npt.ArrayLike) -> Matrix:
        """Return what the reference returns."""
        with Noting(Kind.EXTRACT, None, lambda: (list(astuple(self)), kept(closes), kept(volumes))) as note:
            rows = super().extract(closes, volumes)
            note.answered(rows.copy)
        return rows


def _noted(kind: Kind, function: Callable[..., Any], kept_arguments: Callable[[Mapping[str, Any]], tuple[Any, ...]]) -> Any:
    """A function of the reference that is noted; `kept_arguments` gets the arguments by name."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def noted(*arguments: Any, **named: Any) -> Any:
        def given() -> tuple[Any, ...]:
            bound = signature.bind(*arguments, **named)
            bound.apply_defaults()
            return kept_arguments(bound.arguments)

        detector: Any = (
            (arguments[0] if arguments else named.get("detector")) if kind in (Kind.RESTORE, Kind.SERIALIZE) else None
        )
        with Noting(kind, detector, given) as note:
            result = function(*arguments, **named)

            def value() -> Any:
                if kind != Kind.RESTORE:
                    return kept(result)
                return {"state": detector.state.to_dict(), "last_train_ts": detector._last_train_ts}

            note.answered(value)
        return result

    return noted


def _bias_of(given: Mapping[str, Any]) -> tuple[Any, ...]:
    state = given["regime_state"]
    return kept(state.confidence), kept(state.bias_signal), kept(given["confidence_threshold"])


compute_grid_bias = _noted(Kind.GRID_BIAS, _reference.compute_grid_bias, _bias_of)
compute_blended_idle_target = _noted(
    Kind.IDLE_TARGET, _reference.compute_blended_idle_target, lambda given: tuple(map(kept, given.values()))
)
restore_from_snapshot = _noted(
    Kind.RESTORE, _reference.restore_from_snapshot, lambda given: (kept_snapshot(given["snapshot"]),)
)
serialize_for_snapshot = _noted(Kind.SERIALIZE, _reference.serialize_for_snapshot, lambda _given: ())
