"""The settings of the detector: their defaults, ranges and checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from detector.checks import read_duration, read_finite, read_fraction, read_integer, read_mapping, refusal

DEFAULTS: dict[str, Any] = {
    "HMM_N_STATES": 3,
    "HMM_N_ITER": 100,
    "HMM_COVARIANCE_TYPE": "diag",
    "HMM_INFERENCE_WINDOW": 50,
    "HMM_CONFIDENCE_THRESHOLD": 0.15,
    "HMM_RETRAIN_INTERVAL_SEC": 86400.0,
    "HMM_MIN_TRAIN_SAMPLES": 500,
    "HMM_BIAS_GAIN": 1.0,
    "HMM_BLEND_WITH_TREND": 0.5,
}


def read_config(config: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return all settings in the order of `DEFAULTS`, with the given ones in place of the defaults.

    Raises `ValueError` that names the first setting out of range in the order of `DEFAULTS`, or else the first unknown one.
    """
    given = {} if config is None else read_mapping("config", config)
    settings = {}
    for name, default in DEFAULTS.items():
        settings[name] = _READERS[name](name, given.get(name, default))
    for name in given:
        if name not in DEFAULTS:
            raise ValueError(f"{name}: is no setting of the detector")
    return settings


def _read_positive(path: str, value: object) -> int:
    return read_integer(path, value, at_least=1)


def _read_n_states(path: str, value: object) -> int:
    try:
        n_states = read_integer(path, value, at_least=3)
    except ValueError:
        n_states = 0
    if n_states != 3:
        raise refusal(path, "3", value)
    return n_states


def _read_covariance_type(path: str, value: object) -> str:
    if not isinstance(value, str) or value != "diag":
        raise refusal(path, "'diag'", value)
    return "diag"


_READERS: dict[str, Callable[[str, object], Any]] = {
    "HMM_N_STATES": _read_n_states,
    "HMM_N_ITER": _read_positive,
    "HMM_COVARIANCE_TYPE": _read_covariance_type,
    "HMM_INFERENCE_WINDOW": _read_positive,
    "HMM_CONFIDENCE_THRESHOLD": read_fraction,
    "HMM_RETRAIN_INTERVAL_SEC": read_duration,
    "HMM_MIN_TRAIN_SAMPLES": _read_positive,
    "HMM_BIAS_GAIN": read_finite,
    "HMM_BLEND_WITH_TREND": read_fraction,
}
