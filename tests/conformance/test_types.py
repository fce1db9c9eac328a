"""The records of the detector are what the contract says, and hold nothing else."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import pickle
from typing import Any

import numpy as np
import pytest

SURFACE = [
    "FeatureExtractor", "IndicatorSnapshot", "Regime", "RegimeDetector", "RegimeState", "compute_blended_idle_target",
    "compute_grid_bias", "restore_from_snapshot", "serialize_for_snapshot",
]  # fmt: skip

FULL = {
    "regime": 2,
    "probabilities": [0.1, 0.2, 0.7],
    "confidence": 0.5,
    "bias_signal": 0.6,
    "last_update_ts": 12.5,
    "observation_count": 50,
}


def test_it_exports_the_whole_surface(hmm: Any) -> None:
    assert set(SURFACE) <= set(hmm.__all__)
    assert [name for name in dir(hmm) if name[0].isupper() and name not in hmm.__all__] == []
    assert all(hasattr(hmm, name) for name in hmm.__all__)
    assert hmm.__version__ == "0.1.0"


def test_a_regime_is_a_number_and_a_name(hmm: Any) -> None:
    assert [(regime.name, int(regime)) for regime in hmm.Regime] == [("BEARISH", 0), ("RANGING", 1), ("BULLISH", 2)]
    assert hmm.Regime.BULLISH > hmm.Regime.BEARISH


def test_fields_stand_in_the_order_of_the_contract(hmm: Any) -> None:
    assert [field.name for field in dataclasses.fields(hmm.RegimeState)] == list(FULL)
    assert [field.name for field in dataclasses.fields(hmm.IndicatorSnapshot)] == [
        "macd_hist_slope",
        "ema_spread_pct",
        "rsi_zone",
        "volume_ratio",
    ]


def test_a_new_state_ranges_and_knows_nothing(hmm: Any) -> None:
    assert hmm.RegimeState().to_dict() == {
        "regime": 1,
        "probabilities": [0.0, 1.0, 0.0],
        "confidence": 0.0,
        "bias_signal": 0.0,
        "last_update_ts": 0.0,
        "observation_count": 0,
    }


def test_two_states_share_no_list(hmm: Any) -> None:
    one, other = hmm.RegimeState(), hmm.RegimeState()
    one.probabilities[0] = 0.5
    assert other.probabilities == [0.0, 1.0, 0.0]
    one.to_dict()["probabilities"][0] = 0.75
    assert one.probabilities[0] == 0.5


def test_a_state_comes_back_from_its_json(hmm: Any) -> None:
    state = hmm.RegimeState.from_dict(FULL)
    again = hmm.RegimeState.from_dict(json.loads(json.dumps(state.to_dict())))
    assert again == state
    assert again.regime is hmm.Regime.BULLISH
    assert list(state.to_dict()) == list(FULL)
    assert type(state.to_dict()["regime"]) is int


def test_unknown_keys_are_ignored_and_missing_ones_take_the_defaults(hmm: Any) -> None:
    assert hmm.RegimeState.from_dict({"colour": "red"}) == hmm.RegimeState()
    assert hmm.RegimeState.from_dict({"confidence": 1}) == hmm.RegimeState(confidence=1.0)


def test_numbers_are_converted_to_plain_ones(hmm: Any) -> None:
    state = hmm.RegimeState(
        regime=np.int64(0),
        probabilities=(np.float64(1.0), 0, 0.0),
        confidence=1,
        bias_signal=np.float32(-0.5),
        observation_count=np.int32(7),
    )
    assert state.regime is hmm.Regime.BEARISH
    assert [type(item) for item in state.probabilities] == [float] * 3
    assert [type(item) for item in (state.confidence, state.bias_signal, state.observation_count)] == [float, float, int]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("regime", 7, "must be 0, 1 or 2; got 7"),
        ("regime", -1, "must be 0, 1 or 2; got -1"),
        ("regime", True, "must be 0, 1 or 2; got True"),
        ("regime", 1.0, "must be 0, 1 or 2; got 1.0"),
        ("regime", None, "must be 0, 1 or 2; got None"),
        ("regime", "BULLISH", "must be 0, 1 or 2; got 'BULLISH'"),
        ("probabilities", [0.5, 0.5], "must be a list of three numbers from 0 to 1; got [0.5, 0.5]"),
        ("probabilities", [0.5, 0.5, "x"], "must be a list of three numbers from 0 to 1; got [0.5, 0.5, 'x']"),
        ("probabilities", [0.5, 0.5, 1.5], "must be a list of three numbers from 0 to 1; got [0.5, 0.5, 1.5]"),
        ("probabilities", [0.5, 0.5, math.nan], "must be a list of three numbers from 0 to 1; got [0.5, 0.5, nan]"),
        ("probabilities", {0: 1, 1: 0, 2: 0}, "must be a list of three numbers from 0 to 1; got {0: 1, 1: 0, 2: 0}"),
        ("confidence", 1.01, "must be a number from 0 to 1; got 1.01"),
        ("confidence", False, "must be a number from 0 to 1; got False"),
        ("bias_signal", -1.01, "must be a number from -1 to 1; got -1.01"),
        ("bias_signal", math.nan, "must be a number from -1 to 1; got nan"),
        ("last_update_ts", math.inf, "must be a finite number of at least 0; got inf"),
        ("last_update_ts", -1, "must be a finite number of at least 0; got -1"),
        ("observation_count", -1, "must be an integer of at least 0; got -1"),
        ("observation_count", 2.0, "must be an integer of at least 0; got 2.0"),
        ("observation_count", 2**31, "must be an integer of at most 2147483647; got 2147483648"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_wherever_it_comes_from(hmm: Any, field: str, value: Any, sentence: str) -> None:
    state = hmm.RegimeState.from_dict(FULL)
    attempts = [
        lambda: hmm.RegimeState.from_dict({field: value}),
        lambda: hmm.RegimeState(**{field: value}),
        lambda: setattr(state, field, value),
    ]
    for attempt in attempts:
        with pytest.raises(ValueError, match=r"^regime_state") as raised:
            attempt()
        assert str(raised.value) == f"regime_state.{field}: {sentence}"
    assert state.to_dict() == FULL


def test_the_first_wrong_field_is_named(hmm: Any) -> None:
    with pytest.raises(ValueError, match=r"^regime_state\.regime: "):
        hmm.RegimeState.from_dict({"observation_count": -1, "regime": 9})


@pytest.mark.parametrize(("data", "kind"), [([], "list"), (None, "NoneType"), ("{}", "str")])
def test_a_state_is_read_from_a_mapping_only(hmm: Any, data: Any, kind: str) -> None:
    with pytest.raises(ValueError, match=f"^regime_state: expected a mapping, got {kind}$"):
        hmm.RegimeState.from_dict(data)


def test_a_long_value_is_shown_in_part_and_one_that_cannot_be_written_by_its_type(hmm: Any) -> None:
    with pytest.raises(ValueError, match=r"got 'x+\.\.\.$") as raised:
        hmm.RegimeState(confidence="x" * 1000)
    assert len(str(raised.value).partition("got ")[2]) == 80
    with pytest.raises(ValueError, match=r"^regime_state\.observation_count: .*; got <int>$"):
        hmm.RegimeState(observation_count=10**5000)
    with pytest.raises(ValueError, match=r"^regime_state\.confidence: .*; got <int>$"):
        hmm.RegimeState(confidence=10**5000)


def test_a_record_has_no_other_attributes(hmm: Any) -> None:
    with pytest.raises(AttributeError, match="mood"):
        hmm.RegimeState().mood = 1
    with pytest.raises(AttributeError, match="mood"):
        hmm.IndicatorSnapshot(0, 0, 0, 0).mood = 1


def test_a_record_copies_pickles_and_compares_by_its_fields(hmm: Any) -> None:
    for record in (hmm.RegimeState(hmm.Regime.BULLISH, [0.0, 0.0, 1.0]), hmm.IndicatorSnapshot(0.5, 0.0, -1.0, 2.0)):
        for other in (copy.copy(record), copy.deepcopy(record), pickle.loads(pickle.dumps(record))):
            assert other == record
            assert type(other) is type(record)
            assert repr(other) == repr(record)
        assert record != dataclasses.asdict(record)
        with pytest.raises(TypeError, match="unhashable"):
            hash(record)


def test_no_copy_shares_its_list(hmm: Any) -> None:
    state = hmm.RegimeState()
    assert copy.copy(state).probabilities is not state.probabilities
    assert copy.deepcopy(state).probabilities is not state.probabilities
    assert dataclasses.replace(state, confidence=1).confidence == 1.0


def test_records_are_written_like_dataclasses(hmm: Any) -> None:
    assert repr(hmm.RegimeState()) == (
        "RegimeState(regime=<Regime.RANGING: 1>, probabilities=[0.0, 1.0, 0.0], confidence=0.0, bias_signal=0.0, "
        "last_update_ts=0.0, observation_count=0)"
    )
    assert repr(hmm.IndicatorSnapshot(1, 2, 3, 4)) == (
        "IndicatorSnapshot(macd_hist_slope=1.0, ema_spread_pct=2.0, rsi_zone=3.0, volume_ratio=4.0)"
    )


@pytest.mark.parametrize(
    ("value", "shown"), [(math.nan, "nan"), ("1", "'1'"), (None, "None"), (True, "True"), (math.inf, "inf")]
)
def test_a_snapshot_of_indicators_holds_finite_numbers_only(hmm: Any, value: Any, shown: str) -> None:
    with pytest.raises(ValueError, match=rf"^indicator_snapshot\.rsi_zone: must be a finite number; got {shown}$"):
        hmm.IndicatorSnapshot(0.0, 0.0, value, 0.0)
