"""The settings of the detector: what is accepted, and what is refused in which words."""

from __future__ import annotations

import math
from collections import ChainMap
from typing import Any

import numpy as np
import pytest

DEFAULTS = {
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


@pytest.mark.parametrize("config", [None, {}])
def test_the_defaults_are_the_contracts_in_its_order(hmm: Any, config: Any) -> None:
    assert list(hmm.RegimeDetector.DEFAULT_CONFIG.items()) == list(DEFAULTS.items())
    assert list(hmm.RegimeDetector(config).cfg.items()) == list(DEFAULTS.items())


def test_given_settings_override_in_the_order_of_the_defaults(hmm: Any) -> None:
    cfg = hmm.RegimeDetector({"HMM_BIAS_GAIN": 2, "HMM_N_ITER": 7}).cfg
    assert list(cfg) == list(DEFAULTS)
    assert cfg == {**DEFAULTS, "HMM_BIAS_GAIN": 2.0, "HMM_N_ITER": 7}


def test_any_mapping_will_do(hmm: Any) -> None:
    assert hmm.RegimeDetector(ChainMap({"HMM_N_ITER": 7})).cfg["HMM_N_ITER"] == 7


def test_numbers_become_plain_ones_of_the_settings_own_kind(hmm: Any) -> None:
    given = {
        "HMM_N_STATES": np.int64(3),
        "HMM_N_ITER": np.uint8(9),
        "HMM_CONFIDENCE_THRESHOLD": 1,
        "HMM_RETRAIN_INTERVAL_SEC": np.float32(0.5),
        "HMM_COVARIANCE_TYPE": np.str_("diag"),
    }
    cfg = hmm.RegimeDetector(given).cfg
    assert [type(value) for value in cfg.values()] == [type(value) for value in DEFAULTS.values()]
    assert cfg["HMM_CONFIDENCE_THRESHOLD"] == 1.0


def test_changing_a_copy_of_the_settings_changes_no_detector(hmm: Any) -> None:
    given: dict[str, Any] = {"HMM_N_ITER": 7}
    detector = hmm.RegimeDetector(given)
    given["HMM_N_ITER"] = 8
    detector.cfg["HMM_N_ITER"] = 9
    assert detector.cfg["HMM_N_ITER"] == 7


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("HMM_FOO", 1, "is no setting of the detector"),
        (1, 1, "is no setting of the detector"),
        ("HMM_N_STATES", 4, "must be 3; got 4"),
        ("HMM_N_STATES", 2, "must be 3; got 2"),
        ("HMM_N_STATES", 3.0, "must be 3; got 3.0"),
        ("HMM_N_STATES", "3", "must be 3; got '3'"),
        ("HMM_COVARIANCE_TYPE", "full", "must be 'diag'; got 'full'"),
        ("HMM_COVARIANCE_TYPE", None, "must be 'diag'; got None"),
        ("HMM_N_ITER", 0, "must be an integer of at least 1; got 0"),
        ("HMM_N_ITER", 1.0, "must be an integer of at least 1; got 1.0"),
        ("HMM_N_ITER", True, "must be an integer of at least 1; got True"),
        ("HMM_N_ITER", 2**31, "must be an integer of at most 2147483647; got 2147483648"),
        ("HMM_INFERENCE_WINDOW", -5, "must be an integer of at least 1; got -5"),
        ("HMM_MIN_TRAIN_SAMPLES", None, "must be an integer of at least 1; got None"),
        ("HMM_CONFIDENCE_THRESHOLD", 1.5, "must be a number from 0 to 1; got 1.5"),
        ("HMM_CONFIDENCE_THRESHOLD", math.nan, "must be a number from 0 to 1; got nan"),
        ("HMM_CONFIDENCE_THRESHOLD", True, "must be a number from 0 to 1; got True"),
        ("HMM_RETRAIN_INTERVAL_SEC", -1.0, "must be a finite number of at least 0; got -1.0"),
        ("HMM_RETRAIN_INTERVAL_SEC", math.inf, "must be a finite number of at least 0; got inf"),
        ("HMM_RETRAIN_INTERVAL_SEC", "60", "must be a finite number of at least 0; got '60'"),
        ("HMM_BIAS_GAIN", math.nan, "must be a finite number; got nan"),
        ("HMM_BIAS_GAIN", 10**400, "must be a finite number; got 1" + "0" * 76 + "..."),
        ("HMM_BLEND_WITH_TREND", -0.1, "must be a number from 0 to 1; got -0.1"),
    ],
)
def test_an_invalid_setting_is_named(hmm: Any, name: Any, value: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}") as raised:
        hmm.RegimeDetector({name: value})
    assert str(raised.value) == f"{name}: {sentence}"


def test_values_come_before_unknown_settings_and_in_the_order_of_the_defaults(hmm: Any) -> None:
    with pytest.raises(ValueError, match=r"^HMM_N_ITER: "):
        hmm.RegimeDetector({"HMM_FOO": 1, "HMM_BIAS_GAIN": None, "HMM_N_ITER": 0})


@pytest.mark.parametrize(("config", "kind"), [([], "list"), ("HMM_N_ITER", "str"), (3, "int")])
def test_a_configuration_is_a_mapping(hmm: Any, config: Any, kind: str) -> None:
    with pytest.raises(ValueError, match=f"^config: expected a mapping, got {kind}$"):
        hmm.RegimeDetector(config)
