"""Nothing that Python code does ends the process, deadlocks or leaks: `doge_hmm` from threads, forks and interpreters."""

from __future__ import annotations

import _thread
import copy
import gc
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import psutil
import pytest

from tests.detector_candles import market
from tests.native import environment, load_native

CLOSES, VOLUMES = (np.array(series) for series in market(1, 4100))


@pytest.fixture(scope="module")
def hmm() -> Any:
    return load_native()


@pytest.fixture(scope="module")
def trained(hmm: Any) -> Any:
    detector = hmm.RegimeDetector()
    assert detector.train(CLOSES[:900], VOLUMES[:900]) is True
    return detector


def side_by_side(*jobs: Callable[[int], None], seconds: float = 0.7) -> list[BaseException]:
    """Repeat every job in a thread of its own; what they raised."""
    raised: list[BaseException] = []
    end = time.monotonic() + seconds

    def work(job: Callable[[int], None]) -> None:
        turn = 0
        while time.monotonic() < end and not raised:
            try:
                job(turn)
            except BaseException as error:
                raised.append(error)
            turn += 1

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return raised


def test_one_detector_serves_many_threads(hmm: Any, trained: Any) -> None:
    detector = copy.deepcopy(trained)

    def train(turn: int) -> None:
        assert detector.train(CLOSES[: 600 + turn % 50], VOLUMES[: 600 + turn % 50]) is True

    def update(turn: int) -> None:
        state = detector.update(CLOSES[: 100 + turn % 300], VOLUMES[: 100 + turn % 300])
        assert sum(state.probabilities) == pytest.approx(1.0)
        detector.state, detector.last_observation = hmm.RegimeState(), None

    def vote(_: int) -> None:
        assert pickle.loads(pickle.dumps(detector)).transmat is not None
        assert sorted(detector._label_map.values()) == [0, 1, 2]
        assert detector._model.means_.shape == (3, 4)
        assert detector.needs_retrain() in (True, False)

    def replace(turn: int) -> None:
        hmm.restore_from_snapshot(detector, hmm.serialize_for_snapshot(detector))
        detector._extractor = hmm.FeatureExtractor(rsi_period=14 + turn % 3)
        detector.__setstate__(detector.__getstate__())

    assert side_by_side(train, update, vote, replace, update, train) == []


def test_one_record_serves_many_threads(hmm: Any) -> None:
    state, model = hmm.RegimeState(), hmm.GaussianHMM(2, random_state=1).fit(np.random.default_rng(0).normal(size=(50, 2)))
    stream = model.filter()

    class Slow(float):
        def __float__(self) -> float:
            time.sleep(0.0001)
            return 0.5

    def assign(_: int) -> None:
        state.confidence, state.probabilities = Slow(0.1), [Slow(0.1), 0.0, 0.5]
        stream.step([Slow(1.0), 1.0])

    def vote(_: int) -> None:
        assert state == state
        assert "RegimeState" in repr(state)
        assert len(stream.probabilities) == 2
        stream.reset()

    # A comparison reads both sides one after the other, so that a first assignment between them makes a difference.
    assign(0)
    assert side_by_side(assign, vote, assign, vote, seconds=0.3) == []


def test_an_array_that_changes_its_type_meanwhile_ends_nothing(hmm: Any) -> None:
    series = np.random.default_rng(0).normal(size=200_000) + 100.0
    matrix = np.random.default_rng(0).normal(size=(30_000, 2))
    model = hmm.GaussianHMM(2, random_state=1).fit(matrix[:500])

    def turn_over(_: int) -> None:
        for array in (series, matrix):
            array.dtype = np.float32
            time.sleep(0)
            array.dtype = np.float64
            array.fill(100.0)

    def read(call: Callable[[], Any]) -> Callable[[int], None]:
        def job(_: int) -> None:
            try:
                with np.errstate(all="ignore"):
                    call()
            except (ValueError, TypeError, RuntimeWarning):
                pass  # it was float32, or not finite, just then

        return job

    jobs = [
        lambda: hmm.FeatureExtractor().extract(series, series),
        lambda: model.score(matrix),
        lambda: model.filter_proba(matrix),
    ]
    assert side_by_side(turn_over, *(read(job) for job in jobs)) == []


def test_a_series_that_changes_the_other_one_meanwhile_ends_nothing(hmm: Any) -> None:
    closes = np.array(CLOSES[:100])

    class Meddler:
        def __array__(self, *_: Any, **__: Any) -> Any:
            closes.dtype = np.float32
            return VOLUMES[:100]

    with pytest.raises(TypeError):
        hmm.FeatureExtractor().extract(closes, Meddler())


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # Python 3.12 on: there are other threads
def test_two_threads_train_nearly_twice_as_fast(hmm: Any) -> None:
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one processor")

    def work() -> None:
        detector = hmm.RegimeDetector()
        for _ in range(15):
            assert detector.train(CLOSES, VOLUMES) is True

    def seconds(kind: Any, number: int) -> float:
        started = time.perf_counter()
        running = [kind(target=work) for _ in range(number)]
        for each in running:
            each.start()
        for each in running:
            each.join()
        return time.perf_counter() - started

    # A machine that does something else too has no second processor to give, not even to processes: the best try counts.
    process = multiprocessing.get_context("fork").Process
    threads = processes = 0.0
    for _ in range(10):
        alone = seconds(threading.Thread, 1)
        threads = max(threads, 2.0 * alone / seconds(threading.Thread, 2))
        processes = max(processes, 2.0 * alone / seconds(process, 2))
        if threads >= 1.7:
            break
    assert threads >= min(1.7, 0.9 * processes)


@pytest.mark.parametrize("n_iter", [10**9, 2**70])
def test_a_fit_without_end_can_be_interrupted(hmm: Any, n_iter: int) -> None:
    rows = np.random.default_rng(0).normal(size=(2000, 3))
    model = hmm.GaussianHMM(3, random_state=1, n_iter=n_iter, tol=-np.inf)
    threading.Timer(0.3, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(rows)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # Python 3.12 on: there are other threads
def test_a_fork_has_a_server_of_its_own(trained: Any) -> None:
    detector, stop = copy.deepcopy(trained), threading.Event()

    def busy() -> None:
        while not stop.is_set():
            detector.train(CLOSES[:600], VOLUMES[:600])

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        for _ in range(5):
            child = os.fork()
            if child == 0:
                detector.update(CLOSES[:100], VOLUMES[:100])
                os._exit(0 if detector.train(CLOSES[:600], VOLUMES[:600]) else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        stop.set()
        thread.join()


def run(program: str, *options: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, *options, "-c", program]
    return subprocess.run(command, env=environment(), input=given, capture_output=True, check=False, timeout=120)


def test_a_detector_travels_to_another_process(trained: Any) -> None:
    program = """
import pickle, sys
from tests.detector_candles import market
detector = pickle.load(sys.stdin.buffer)
print(detector.update(*market(1, 900)).probabilities)
"""
    done = run(program, given=pickle.dumps(trained))
    assert done.stderr == b""
    expected = copy.deepcopy(trained).update(CLOSES[:900], VOLUMES[:900]).probabilities
    assert done.stdout.decode().strip() == str(expected)


def test_no_warning_comes_of_it_in_development_mode() -> None:
    program = """
import numpy as np, doge_hmm as hmm
from tests.detector_candles import market
detector = hmm.RegimeDetector()
assert detector.train(*market(1, 600))
detector.update(*market(1, 600))
rows = np.random.default_rng(0).normal(size=(200, 3))
model = hmm.GaussianHMM(3, random_state=1).fit(rows)
model.score(rows), model.predict(rows), model.filter_proba(rows), model.filter().step(rows[0]), model.sample(4)
print("done")
"""
    done = run(program, "-X", "dev", "-W", "error")
    assert (done.stdout, done.stderr) == (b"done\n", b"")


def test_a_second_interpreter_is_refused_and_not_crashed() -> None:
    program = """
import doge_hmm, _xxsubinterpreters as interpreters
other = interpreters.create()
try:
    interpreters.run_string(other, "import doge_hmm")
except interpreters.RunFailedError as error:
    print("ImportError" in str(error))
"""
    done = run(program)
    assert (done.returncode, done.stdout) == (0, b"True\n")


def test_nothing_leaks(hmm: Any, trained: Any) -> None:
    rows = np.random.default_rng(0).normal(size=(300, 4))
    model, process = trained._model, psutil.Process()
    closes, volumes = CLOSES[:600], VOLUMES[:600]

    def refused() -> None:
        for call in (lambda: hmm.RegimeState(confidence="x" * 1000), lambda: model.score(rows, [3])):
            with pytest.raises(ValueError, match=r"must be|lengths"):
                call()

    calls = {
        "extract": lambda: hmm.FeatureExtractor().extract(closes.tolist(), volumes),
        "update": lambda: trained.update(closes, volumes),
        "copy": lambda: pickle.loads(pickle.dumps(copy.copy(trained))),
        "predict": lambda: model.predict_proba(rows),
        "step": lambda: model.filter().step([0.0, 0.0, 0.0, 0.0]),
        "refused": refused,
        "cycle": lambda: setattr(other := hmm.RegimeDetector(), "itself", other),
    }
    for name, call in calls.items():
        for _ in range(300):
            call()
        gc.collect()
        before = process.memory_info().rss
        for _ in range(1000):
            call()
        gc.collect()
        assert process.memory_info().rss - before < 500_000, name


def test_contiguous_float64_is_read_where_it_lies(hmm: Any) -> None:
    series = np.ones(5_000_000)
    never = hmm.FeatureExtractor(rsi_period=2**31 - 1)
    before = psutil.Process().memory_info().rss
    assert never.extract(series, series).shape == (0, 4)
    assert psutil.Process().memory_info().rss - before < series.nbytes // 4
