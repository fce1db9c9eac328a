"""A detector is used from within itself: by its clock, by whoever listens to its log, by the values that it is given."""

from __future__ import annotations

import copy
import logging
import pickle
from typing import Any

import pytest

from tests.detector_candles import market

CLOSES, VOLUMES = market(1, 700)
LOG = logging.getLogger("hmm_regime_detector")


def use(hmm: Any, detector: Any) -> None:
    """Everything that can be done with a detector."""
    detector.update(CLOSES[:100], VOLUMES[:100])
    detector.train(CLOSES[:600], VOLUMES[:600])
    detector.needs_retrain()
    hmm.restore_from_snapshot(detector, hmm.serialize_for_snapshot(detector))
    copy.copy(detector), copy.deepcopy(detector), pickle.dumps(detector.state)
    assert detector.cfg
    assert detector.transmat
    assert detector._model
    assert detector._label_map
    detector.state, detector.last_observation = hmm.RegimeState(), None
    detector._extractor = hmm.FeatureExtractor()


@pytest.mark.parametrize("method", ["train", "update", "needs_retrain"])
def test_a_clock_may_use_the_detector(hmm: Any, method: str) -> None:
    class Curious(hmm.RegimeDetector):  # type: ignore[misc]
        calls = 0

        def _now(self) -> float:
            self.calls += 1
            if self.calls == 2:
                use(hmm, self)
            return 7.0

    detector = Curious()
    assert detector.train(CLOSES, VOLUMES) is True
    if method == "needs_retrain":
        assert detector.needs_retrain() is False
    else:
        getattr(detector, method)(CLOSES, VOLUMES)
    assert detector.calls > 2
    assert detector._last_train_ts == 7.0


def test_a_log_handler_may_use_the_detector(hmm: Any) -> None:
    detector = hmm.RegimeDetector({"HMM_MIN_TRAIN_SAMPLES": 1})
    heard = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage().partition(":")[0])
            if len(heard) < 5:
                use(hmm, detector)

    listener = Listener()
    LOG.addHandler(listener)
    try:
        detector.train(CLOSES[:16], VOLUMES[:16])
        detector.train([1.0] * 60, [1.0] * 60)
        detector.update([close * 1e200 for close in CLOSES], VOLUMES)
    finally:
        LOG.removeHandler(listener)
    assert heard == [
        "training failed, the previous model stays",
        "training found fewer clusters in the observations than the 3 states",
        "inference failed, the previous state stays",
    ]


def test_a_number_may_use_the_record_that_it_is_assigned_to(hmm: Any) -> None:
    state, snapshot = hmm.RegimeState(), hmm.IndicatorSnapshot(0, 0, 0, 0)

    class Curious(float):
        def __float__(self) -> float:
            state.bias_signal = 0.5
            snapshot.volume_ratio = 3.0
            assert state == copy.copy(state)
            assert repr(snapshot)
            return 0.25

    state.confidence, snapshot.rsi_zone = Curious(1.0), Curious(1.0)
    state.probabilities = [Curious(1.0), 0.0, 0.0]
    # Python takes a float subclass for what it is, unless it is asked for another number.
    assert (state.confidence, snapshot.rsi_zone, state.probabilities[0]) == (0.25, 0.25, 0.25)
    assert (state.bias_signal, snapshot.volume_ratio) == (0.5, 3.0)


def test_a_record_may_be_changed_while_it_is_compared_and_shown(hmm: Any) -> None:
    state, other = hmm.RegimeState(), hmm.RegimeState()

    class Meddler:
        def __eq__(self, _: object) -> bool:
            state.confidence = 0.5
            return True

        def __repr__(self) -> str:
            state.confidence = 0.75
            return "meddler"

        __hash__ = None  # type: ignore[assignment]

    state.probabilities.append(Meddler())
    other.probabilities.append(Meddler())
    assert state == other
    assert state.confidence == 0.5
    assert "meddler" in repr(state)
    assert state.confidence == 0.75


def test_volumes_may_change_the_closes_while_they_are_read(hmm: Any) -> None:
    import numpy as np

    closes = np.array(CLOSES)

    class Meddler:
        def __array__(self, *_: Any, **__: Any) -> Any:
            closes[:] = 0.0
            return np.array(VOLUMES)

    rows = hmm.FeatureExtractor().extract(closes, Meddler())
    assert rows.shape == (len(CLOSES) - 14, 4)


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (-1.0, "regime_state.last_update_ts: must be a finite number of at least 0; got -1.0"),
        (float("nan"), "regime_state.last_update_ts: must be a finite number of at least 0; got nan"),
        (True, "regime_state.last_update_ts: must be a finite number of at least 0; got True"),
        ("noon", "regime_state.last_update_ts: must be a finite number of at least 0; got 'noon'"),
        (None, "regime_state.last_update_ts: must be a finite number of at least 0; got None"),
        pytest.param(RuntimeError("no clock \ud800"), "no clock \ud800", id="surrogate"),
    ],
)
def test_a_clock_that_is_wrong_keeps_the_state_and_is_said(
    hmm: Any, caplog: pytest.LogCaptureFixture, now: Any, why: str
) -> None:
    class Clocked(hmm.RegimeDetector):  # type: ignore[misc]
        now: Any = 5.0

        def _now(self) -> Any:
            if isinstance(self.now, Exception):
                raise self.now
            return self.now

    detector = Clocked()
    assert detector.train(CLOSES, VOLUMES) is True
    state, detector.now = detector.state, now
    assert detector.update(CLOSES, VOLUMES) is state
    assert detector.state is state
    assert [record.getMessage() for record in caplog.records] == [f"inference failed, the previous state stays: {why}"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_gets_through(hmm: Any, stop: type[BaseException]) -> None:
    class Stopping(hmm.RegimeDetector):  # type: ignore[misc]
        def _now(self) -> float:
            raise stop

    class Series:
        def __array__(self, *_: Any, **__: Any) -> Any:
            raise stop

    detector = hmm.RegimeDetector()
    with pytest.raises(stop):
        detector.update(Series(), VOLUMES)
    with pytest.raises(stop):
        Stopping().train(CLOSES, VOLUMES)
