"""With a shadow, `doge_detector` is still the reference: its classes, copies, refusals and signatures."""

from __future__ import annotations

import copy
import inspect
import pickle
import threading
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from prometheus_client import CollectorRegistry, generate_latest

import doge_detector
import hmm_regime_detector as reference
from doge_detector import watching
from doge_detector.settings import KINDS
from doge_shadow.face import Found
from doge_shadow.prometheus import collector_of
from tests.shadow.watched import finds, journal_lines
from tests.shadow.watched_detector import CONFIG, candles, lived, settled, watching_detector


def test_every_name_is_the_references_own_or_does_the_same() -> None:
    for name in reference.__all__:
        found, own = getattr(watching, name), getattr(reference, name)
        assert found is own or (inspect.isclass(found) and issubclass(found, own)) or found.__wrapped__ is own
        assert inspect.getdoc(found) == inspect.getdoc(own)
        if name != "Regime":
            assert inspect.signature(found) == inspect.signature(own)
    assert watching.RegimeDetector.__name__ == "RegimeDetector"
    assert watching.RegimeDetector.DEFAULT_CONFIG is reference.RegimeDetector.DEFAULT_CONFIG
    for method in ("train", "update", "needs_retrain"):
        found, own = (getattr(each.RegimeDetector, method) for each in (watching, reference))
        assert inspect.signature(found) == inspect.signature(own)


def test_a_detector_has_the_attributes_of_the_references() -> None:
    detector = watching.RegimeDetector(config=CONFIG)
    assert isinstance(detector, reference.RegimeDetector)
    assert vars(detector).keys() == vars(reference.RegimeDetector(CONFIG)).keys()
    assert detector.cfg == reference.RegimeDetector(CONFIG).cfg
    detector.anything = 1
    assert vars(detector)["anything"] == 1


def test_an_extractor_is_frozen_compared_and_hashed_as_the_references() -> None:
    extractor = watching.FeatureExtractor(rsi_period=7)
    assert extractor == watching.FeatureExtractor(rsi_period=7)
    assert hash(extractor) == hash(reference.FeatureExtractor(rsi_period=7))
    assert not hasattr(extractor, "__dict__")
    assert repr(extractor) == repr(reference.FeatureExtractor(rsi_period=7))
    assert [each.name for each in fields(extractor)] == [each.name for each in fields(reference.FeatureExtractor)]
    assert replace(extractor, rsi_period=8).rsi_period == 8
    assert pickle.loads(pickle.dumps(extractor)) == extractor
    for name in ("rsi_period", "other"):
        said = [
            outcome(lambda each=each, name=name: setattr(each, name, 3)) for each in (extractor, reference.FeatureExtractor())
        ]
        assert said[0] == said[1] != "None"
    with pytest.raises(ValueError, match="rsi_period: must be an integer of at least 1; got 0"):
        watching.FeatureExtractor(rsi_period=0)


@pytest.mark.usefixtures("right")
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_copies_go_on_where_the_original_was(protocol: int, tmp_path: Path) -> None:
    closes, volumes = candles()
    with watching_detector(tmp_path) as watched:
        detector = watching.RegimeDetector(CONFIG)
        assert detector.train(closes, volumes)
        wanted = detector.update(closes[:500], volumes[:500])
        for other in (copy.copy(detector), copy.deepcopy(detector), pickle.loads(pickle.dumps(detector, protocol))):
            assert type(other) is watching.RegimeDetector
            found = other.update(closes[:500], volumes[:500])
            assert found.probabilities == wanted.probabilities
        # A copy that trains on other data leaves the original as it was.
        shallow = copy.copy(detector)
        assert shallow.train(closes[:400], volumes[:400])
        detector.update(closes, volumes)
        shallow.update(closes, volumes)
        found = settled(watched)
    assert (found["update_checks"], found["total_divergences"], found["shadow_failures"]) == (6, 0, 0)


@pytest.mark.usefixtures("right")
def test_a_subclass_is_watched_and_keeps_its_own_ways(tmp_path: Path) -> None:
    class Louder(watching.RegimeDetector):
        def __init__(self, name: str) -> None:
            super().__init__(CONFIG)
            self.name = name

        def update(self, closes: Any, volumes: Any) -> Any:
            super().update(closes, volumes)
            return self.name

    closes, volumes = candles()
    with watching_detector(tmp_path) as watched:
        detector = Louder("x")
        assert detector.train(closes, volumes)
        assert detector.update(closes, volumes) == "x"
        found = settled(watched)
    assert (found["compared"], found["total_divergences"], found["shadow_failures"]) == (3, 0, 0)


def test_the_clock_is_read_as_often_as_the_reference_reads_it(tmp_path: Path) -> None:
    closes, volumes = candles()
    with watching_detector(tmp_path, mode="control"):
        read = []
        for module in (reference, watching):
            ticks = iter(range(1, 100))
            detector = module.RegimeDetector(CONFIG)
            detector._now = lambda ticks=ticks: float(next(ticks))
            found = [detector.needs_retrain(), detector.train(closes, volumes), detector.needs_retrain()]
            read.append([*found, detector.update(closes, volumes).last_update_ts, next(ticks)])
    assert read[0] == read[1]


# Series and settings that the reference accepts or refuses, of kinds that a bot might pass.
ODD: list[tuple[Any, Any]] = [
    ([1.0, 2.0], [1.0]), ([[1.0], [2.0, 3.0]], [1.0]), ("closes", "volumes"), (None, None), ([True, 1.0], [1.0, 1.0]),
    (np.ones((3, 2)), np.ones(3)), ([Fraction(1, 3)] * 40, [1] * 40), (pandas.Series([1.0] * 40), tuple([2.0] * 40)),
    (np.ones(40, dtype=np.float32), np.ones(40, dtype=np.int64)),
    ([float("nan")] * 40, [float("inf")] * 40), ([10**400] * 40, [1] * 40),
]  # fmt: skip


@pytest.mark.usefixtures("right")
def test_odd_arguments_are_refused_or_taken_as_by_the_reference_and_compared(tmp_path: Path) -> None:
    with watching_detector(tmp_path) as watched:
        for given in ODD:
            said = []
            for module in (reference, watching):
                detector = module.RegimeDetector()
                calls = (detector.update, detector.train, module.FeatureExtractor().extract)
                said.append([outcome(lambda call=call, given=given: call(*given)) for call in calls])
            assert said[0] == said[1]
        for config in ({"HMM_BIAS_GAIN": np.float64(2.0)}, {"HMM_BIAS_GAIN": "x"}, [], {1: 2}, {"HMM_N_ITER": 10**400}):
            assert outcome(lambda config=config: reference.RegimeDetector(config).cfg) == outcome(
                lambda config=config: watching.RegimeDetector(config).cfg
            )
        state = reference.RegimeState()
        for threshold in (0.5, "x", None, float("nan")):
            assert outcome(lambda threshold=threshold: watching.compute_grid_bias(state, threshold)) == outcome(
                lambda threshold=threshold: reference.compute_grid_bias(state, threshold)
            )
        for snapshot in ({"_hmm_trained": 1}, [], {"_hmm_regime_state": {"confidence": 2}}, {"_hmm_last_train_ts": 5}):
            wanted = outcome(lambda snapshot=snapshot: reference.restore_from_snapshot(reference.RegimeDetector(), snapshot))
            assert wanted == outcome(
                lambda snapshot=snapshot: watching.restore_from_snapshot(watching.RegimeDetector(), snapshot)
            )
        found = settled(watched)
    assert (found["compared"], found["total_divergences"]) == (found["calls"], 0), found
    assert finds(tmp_path) == []


def outcome(call: Any) -> str:
    try:
        return repr(call())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("broken", ["state", "_cfg"])
def test_what_cannot_be_noted_is_counted_and_never_raised(broken: str, tmp_path: Path) -> None:
    closes, volumes = candles()
    with watching_detector(tmp_path, mode="control") as watched:
        detector = watching.RegimeDetector(CONFIG)
        if broken == "state":
            detector.state = object()
        else:
            detector._cfg = {**detector._cfg, "HMM_BIAS_GAIN": lambda: None}
        assert detector.train(closes, volumes)
        found = settled(watched)
    assert (found["train_checks"], found["shadow_failures"]) == (0, 1)


def test_what_is_no_refusal_is_the_callers_affair(tmp_path: Path) -> None:
    closes, volumes = candles()
    with watching_detector(tmp_path, mode="control") as watched:
        detector = watching.RegimeDetector(CONFIG)
        assert detector.train(closes, volumes)
        detector._now = lambda: next(iter(()))
        with pytest.raises(StopIteration):
            detector.needs_retrain()
        # Of a snapshot only the detector's part is noted, since the rest may be anything.
        watching.restore_from_snapshot(watching.RegimeDetector(), {"else": threading.Lock()})
        found = settled(watched)
    assert (found["calls"], found["compared"], found["needs_retrain_checks"]) == (4, 4, 0)


def test_a_difference_that_a_rule_excused_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with watching_detector(tmp_path, mode="control") as watched:
        monkeypatch.setattr(watched.comparer, "compare", lambda _call: Found((), 0.001, excused=("rounding",)))
        watching.RegimeDetector()
        found = settled(watched)
        watched.shadow.stop()
    assert (found["excused"], found["total_divergences"]) == ({"rounding": 1}, 0)
    assert sum(line.get("excused", 0) for line in journal_lines(tmp_path)) == 1


@pytest.mark.usefixtures("right")
def test_calls_of_one_detector_that_overlap_are_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closes, volumes = candles()
    inside, go_on = threading.Event(), threading.Event()
    with watching_detector(tmp_path) as watched:
        detector = watching.RegimeDetector(CONFIG)
        assert detector.train(closes, volumes)
        right_one = reference.RegimeDetector.update

        def slow(self: Any, *series: Any) -> Any:
            if threading.current_thread() is not threading.main_thread():
                inside.set()
                assert go_on.wait(30.0)
            return right_one(self, *series)

        monkeypatch.setattr(reference.RegimeDetector, "update", slow)
        other = threading.Thread(target=detector.update, args=(closes, volumes))
        other.start()
        assert inside.wait(30.0)
        detector.update(closes[:300], volumes[:300])
        go_on.set()
        other.join()
        detector.update(closes[:400], volumes[:400])
        found = settled(watched)
    assert (found["update_checks"], found["failures"], found["total_divergences"]) == (1, {"unclear": 2}, 0)
    assert "another thread" in found["last_shadow_error"]


@pytest.mark.usefixtures("right")
def test_a_bot_exports_what_its_shadow_counts(tmp_path: Path) -> None:
    with watching_detector(tmp_path) as watched:
        lived(watching)
        found = settled(watched)
        registry = CollectorRegistry()
        registry.register(collector_of("hmm_shadow", lambda: watched.shadow))
        scraped = generate_latest(registry).decode()
        watched.shadow.reset()
        assert (settled(watched)["calls"], watched.shadow.status()["candidate_seconds"]) == (0, {})
    assert f"hmm_shadow_calls_total {found['calls']:.1f}" in scraped
    assert 'hmm_shadow_compared_calls_total{kind="update"} 21.0' in scraped
    assert 'hmm_shadow_divergences_total{severity="high"} 0.0' in scraped


def test_a_shadow_that_is_off_has_the_same_keys(tmp_path: Path) -> None:
    with watching_detector(tmp_path, mode="control") as watched:
        watching.compute_blended_idle_target(0.1, 0.1, 0.5, 0.3, 0.2, 0.1, 0.6)
        on = settled(watched)
    off = doge_detector.get_shadow_metrics()
    assert off.keys() == on.keys()
    assert (off["enabled"], off["executable_available"], off["total_divergences"], off["severities"]) == (False, False, 0, {})
    assert all(off[f"{kind}_{what}"] == 0 for kind in KINDS for what in ("checks", "divergences"))
    doge_detector.reset_shadow_metrics()
    registry = CollectorRegistry()
    registry.register(doge_detector.shadow_collector())
    assert generate_latest(registry).decode().splitlines()[-1] == "hmm_shadow_enabled 0.0"
