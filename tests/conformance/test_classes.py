"""The classes are Python's own in every way that somebody may rely on: extended, copied, pickled, collected."""

from __future__ import annotations

import copy
import gc
import inspect
import pickle
import weakref
from types import SimpleNamespace
from typing import Any

import pytest

from tests.detector_candles import market

RECORDS: dict[str, tuple[Any, ...]] = {"RegimeState": (), "IndicatorSnapshot": (1, 2, 3, 4), "FeatureExtractor": ()}


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_can_be_extended(hmm: Any, name: str) -> None:
    class Mine(getattr(hmm, name)):  # type: ignore[misc]
        @property
        def kind(self) -> str:
            return "mine"

    record, plain = Mine(*RECORDS[name]), getattr(hmm, name)(*RECORDS[name])
    assert record.kind == "mine"
    assert repr(record) == repr(plain).replace(f"{name}(", f"{Mine.__qualname__}(", 1)
    assert record == Mine(*RECORDS[name])
    assert record != plain
    for other in (copy.copy(record), copy.deepcopy(record)):
        assert type(other) is Mine
        assert other == record


def test_a_state_reads_back_as_its_own_class(hmm: Any) -> None:
    class Mine(hmm.RegimeState):  # type: ignore[misc]
        pass

    assert type(Mine.from_dict({"confidence": 0.5})) is Mine


def test_a_detector_can_be_extended_with_a_constructor_of_its_own(hmm: Any) -> None:
    class Mine(hmm.RegimeDetector):  # type: ignore[misc]
        def __init__(self, pair: str, *, rounds: int) -> None:
            super().__init__({"HMM_N_ITER": rounds})
            self.pair = pair

    detector = Mine("DOGE", rounds=7)
    assert (detector.cfg["HMM_N_ITER"], detector.pair) == (7, "DOGE")
    for other in (copy.copy(detector), copy.deepcopy(detector)):
        assert (type(other), other.pair, other.cfg) == (Mine, "DOGE", detector.cfg)


def test_a_detector_made_again_is_new(hmm: Any) -> None:
    detector = hmm.RegimeDetector()
    assert detector.train(*market(1, 600)) is True
    detector.update(*market(1, 600))
    detector.__init__({"HMM_N_ITER": 5})
    assert (detector._trained, detector.last_observation, detector.cfg["HMM_N_ITER"]) == (False, None, 5)
    assert detector.state == hmm.RegimeState()


def test_a_detector_takes_attributes_and_keeps_them(hmm: Any) -> None:
    detector = hmm.RegimeDetector()
    detector.pair = "DOGE"
    assert vars(detector)["pair"] == "DOGE"
    for other in (copy.copy(detector), copy.deepcopy(detector), pickle.loads(pickle.dumps(detector))):
        assert other.pair == "DOGE"


@pytest.mark.parametrize("way", ["attribute", "state", "observation", "list of the state"])
def test_a_detector_that_holds_itself_is_collected(hmm: Any, way: str) -> None:
    class Mine(hmm.RegimeDetector):  # type: ignore[misc]
        pass

    for kind in (hmm.RegimeDetector, Mine):
        detector = kind()
        if way == "attribute":
            detector.itself = detector
        elif way == "state":
            detector.state = detector
        elif way == "observation":
            detector.last_observation = [detector]
        else:
            detector.state.probabilities.append(detector)
        seen = weakref.ref(detector)
        del detector
        gc.collect()
        assert seen() is None


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_everything_pickles(hmm: Any, protocol: int) -> None:
    detector = hmm.RegimeDetector()
    detector.train(*market(1, 600))
    detector.update(*market(1, 600))
    again = pickle.loads(pickle.dumps(detector, protocol))
    assert (again.transmat, again.state, again.last_observation) == (
        detector.transmat,
        detector.state,
        detector.last_observation,
    )
    assert again.update(*market(2, 100)).probabilities == detector.update(*market(2, 100)).probabilities
    extractor = hmm.FeatureExtractor(macd_fast=3)
    assert pickle.loads(pickle.dumps(extractor, protocol)) == extractor
    assert pickle.loads(pickle.dumps(hmm.Regime.BULLISH, protocol)) is hmm.Regime.BULLISH


def test_a_stand_in_for_a_detector_has_a_snapshot_too(hmm: Any) -> None:
    double = SimpleNamespace(state=hmm.RegimeState(), _last_train_ts=0.0, _trained=False)
    snapshot = {"_hmm_regime_state": {"confidence": 0.5}, "_hmm_last_train_ts": 3}
    hmm.restore_from_snapshot(double, snapshot)
    assert hmm.serialize_for_snapshot(double)["_hmm_last_train_ts"] == 3.0
    assert double.state.confidence == 0.5
    with pytest.raises(AttributeError, match="state"):
        hmm.restore_from_snapshot(object(), snapshot)


SIGNATURES = ["RegimeDetector", "RegimeState", "IndicatorSnapshot", "compute_grid_bias", "compute_blended_idle_target"]


@pytest.mark.parametrize("name", [*SIGNATURES, "serialize_for_snapshot", "restore_from_snapshot"])
def test_arguments_have_the_names_of_the_contract(hmm: Any, name: str) -> None:
    import hmm_regime_detector

    theirs, mine = (inspect.signature(getattr(module, name)).parameters for module in (hmm_regime_detector, hmm))
    assert list(mine) == list(theirs)


class Unwritable:
    def __repr__(self) -> str:
        return "\ud800" * 90


def test_what_utf_8_cannot_write_is_shown_as_it_is(hmm: Any) -> None:
    shown = "\ud800" * 77 + "..."
    for call, sentence in [
        (
            lambda: hmm.RegimeState(confidence=Unwritable()),
            f"regime_state.confidence: must be a number from 0 to 1; got {shown}",
        ),
        (lambda: hmm.RegimeDetector({"\ud800": 1}), "\ud800: is no setting of the detector"),
        (
            lambda: hmm.restore_from_snapshot(hmm.RegimeDetector(), {"_hmm_regime_state": {"regime": Unwritable()}}),
            f"_hmm_regime_state.regime: must be 0, 1 or 2; got {shown}",
        ),
    ]:
        with pytest.raises(ValueError, match=r"must be|is no setting") as raised:
            call()
        assert str(raised.value) == sentence


def test_a_key_that_cannot_be_written_says_why(hmm: Any) -> None:
    class Key:
        def __format__(self, _: str) -> str:
            raise RuntimeError("no name")

    with pytest.raises(RuntimeError, match=r"^no name$"):
        hmm.RegimeDetector({Key(): 1})
