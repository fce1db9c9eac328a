"""Benchmark of the detector's port: ratios to the reference in one run, round by round, on the same candles."""

from __future__ import annotations

import importlib
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from generators.candles import CandleError, read_candles
from generators.detector.candles import market
from generators.detector.case import Floats
from generators.dial import Dial
from harness.bench.result import Benchmark, BenchResult, Load, Micro, Target, spread_of
from harness.bench.timing import one_cpu, seconds_of
from harness.panel import MissingPortError
from harness.subjects.detector.asking.capture import listening
from harness.subjects.detector.ports.modules import DetectorPort, python, rust
from harness.subjects.detector.ports.threads import one_thread

TRAIN_CANDLES = (500, 2000, 4000)
EXTRACT_CANDLES, UPDATE_CANDLES, MICRO_CANDLES = 4000, 100, 500
# The extractor drops the first candles, so the default of 500 would refuse the smallest training.
CONFIG = {"HMM_MIN_TRAIN_SAMPLES": 400}
SCALING = "python, scaling"
THREADS, THREADED_CANDLES, THREADED_TRAININGS = 2, 2000, 8
# Additions that take about as long as the trainings of a thread, and the gain of two processes below which the machine has no
# second CPU to give.
ARITHMETIC, YARDSTICK_MIN = 1_000_000, 1.5
_at_least = partial(Target, floor=True)
# The ratios must reach these targets.
TARGETS = (
    _at_least("train, 2,000 candles", "train 2000", 25.0, "a training must not be felt by the bot's loop"),
    _at_least("train, 4,000 candles", "train 4000", 20.0, "the same, where memory starts to count"),
    _at_least("extract, 4,000 candles", "extract 4000", 100.0, "loops over floats are what compiled code is for"),
    _at_least("update, 100 candles", "update 100", 60.0, "an update comes with every candle of every pair"),
    _at_least("two threads / two processes, training", "two threads", 0.85, "a training releases the interpreter"),
)


@dataclass(frozen=True)
class Stretch:
    """The candles of one measurement."""

    closes: Floats
    volumes: Floats

    def last(self, count: int) -> Stretch:
        """Return the last `count` candles."""
        return Stretch(self.closes[-count:], self.volumes[-count:])


def load_candles(path: Path | None, rounds: int) -> list[Stretch]:
    """Return 4,000 candles for each round, from a sliding window of the file or of a generated market. Raises `CandleError`."""
    longest = max(TRAIN_CANDLES)
    if path is None:
        made = [market(Dial(0), 1000 + number, longest) for number in range(rounds)]
        return [Stretch(each.closes, each.volumes) for each in made]
    candles = read_candles(path).candles
    if len(candles) < longest:
        raise CandleError(f"{path}: holds {len(candles)} candles; the benchmark needs {longest} or more")
    closes = np.array([candle.close for candle in candles])
    volumes = np.array([candle.volume for candle in candles])
    starts = [number * (len(candles) - longest) // max(1, rounds - 1) for number in range(rounds)]
    return [Stretch(closes[start : start + longest].copy(), volumes[start : start + longest].copy()) for start in starts]


def tasks(port: DetectorPort, stretch: Stretch) -> dict[str, Callable[[], Any]]:
    """Return the calls to time on one thread, by name."""
    found: dict[str, Callable[[], Any]] = {}
    for count in TRAIN_CANDLES:
        part, detector = stretch.last(count), port["RegimeDetector"](dict(CONFIG))
        assert detector.train(part.closes, part.volumes), "only a training that succeeds is timed"
        found[f"train {count}"] = partial(detector.train, part.closes, part.volumes)
    extractor, whole = port["FeatureExtractor"](), stretch.last(EXTRACT_CANDLES)
    found[f"extract {EXTRACT_CANDLES}"] = partial(extractor.extract, whole.closes, whole.volumes)
    recent = stretch.last(UPDATE_CANDLES)
    found[f"update {UPDATE_CANDLES}"] = partial(detector.update, recent.closes, recent.volumes)
    return found


def trainings_per_sec(port: DetectorPort, stretch: Stretch, threads: int) -> float:
    """Measure the trainings per second of `threads` threads, each with its own detector."""
    part = stretch.last(THREADED_CANDLES)
    detectors = [port["RegimeDetector"](dict(CONFIG)) for _ in range(threads)]
    barrier = threading.Barrier(threads + 1)

    def work(detector: Any) -> None:
        barrier.wait()
        for _ in range(THREADED_TRAININGS):
            detector.train(part.closes, part.volumes)
        barrier.wait()

    workers = [threading.Thread(target=work, args=(detector,)) for detector in detectors]
    for worker in workers:
        worker.start()
    barrier.wait()
    started = time.perf_counter()
    barrier.wait()
    elapsed = time.perf_counter() - started
    for worker in workers:
        worker.join()
    return threads * THREADED_TRAININGS / elapsed


@contextmanager
def with_scaling() -> Iterator[None]:
    """Let the reference use hmmlearn's scaling implementation inside the block, for comparison."""
    training = importlib.import_module("detector.training")
    before = training.GaussianHMM
    training.GaussianHMM = partial(before, implementation="scaling")  # type: ignore[attr-defined]
    try:
        yield
    finally:
        training.GaussianHMM = before  # type: ignore[attr-defined]


def measure_round(reference: DetectorPort, port: DetectorPort, stretch: Stretch) -> dict[str, dict[str, float]]:
    """Time every task once: seconds by implementation and task. Times that are compared are taken one right after the other."""
    costs: dict[str, dict[str, float]] = {reference.name: {}, port.name: {}, SCALING: {}}
    of_port = tasks(port, stretch)
    for name, call in tasks(reference, stretch).items():
        costs[reference.name][name] = seconds_of(call)
        costs[port.name][name] = seconds_of(of_port[name])
        with with_scaling():
            # Each training makes a new model, so the same call now uses the other implementation.
            costs[SCALING][name] = seconds_of(call)
    return costs


def measure_threads(port: DetectorPort, stretch: Stretch) -> float | None:
    """Return what two threads gain in training, as a share of what two processes of plain arithmetic gain in the same round.

    None if the machine has no second CPU to give: one alone, or one that other programs keep busy.
    """
    if len(os.sched_getaffinity(0)) < THREADS:
        return None
    yardstick = arithmetic_gain(THREADS)
    one = trainings_per_sec(port, stretch, 1)
    gain = trainings_per_sec(port, stretch, THREADS) / one
    return gain / yardstick if yardstick >= YARDSTICK_MIN else None


def arithmetic_gain(processes: int) -> float:
    """Return the rate of so many processes of plain arithmetic as a multiple of one process's."""
    with get_context("fork").Pool(processes) as pool:
        pool.map(_arithmetic, [1] * processes)  # starts them; not counted
        alone = seconds_of(lambda: pool.map(_arithmetic, [ARITHMETIC]))
        together = seconds_of(lambda: pool.map(_arithmetic, [ARITHMETIC] * processes, chunksize=1))
    return processes * alone / together


def _arithmetic(count: int) -> float:
    total = 0.0
    for number in range(count):
        total += number * 0.5
    return total


class DetectorBenchmark(Benchmark):
    """Training, features and updates on candles, in Rust and in Python."""

    def measure(self, candles: Path | None, rounds: int, cpu: int | None) -> BenchResult:
        """Time every task in `rounds` rounds. Raises `MissingPortError` and `CandleError`."""
        reference, port = python(), rust()
        for needed in (reference, port):
            available = needed.availability()
            if not available.available:
                raise MissingPortError(f"port {needed.name} is missing: {available.sentence}")
        stretches = load_candles(candles, rounds)
        # Convergence warnings are captured, since they would fill the terminal.
        with one_thread(), listening():
            with one_cpu(cpu) as chosen:
                measure_round(reference, port, stretches[0].last(max(TRAIN_CANDLES)))  # warms up caches; not counted
                costs = [measure_round(reference, port, stretch) for stretch in stretches]
            threads = [measure_threads(port, stretch) for stretch in stretches]
        load = summarise(costs, threads, reference.name, port.name)
        return BenchResult(cpu=chosen, rounds=rounds, loads={"candles": load})

    @contextmanager
    def micro(self) -> Iterator[Micro]:
        """Features, one round of EM, a training and an update, of the reference and of the Rust port if it is here."""
        stretch = load_candles(None, 1)[0]
        known = [python(), rust()]
        with one_thread(), listening():
            yield {
                f"{port.name}: {name}": call
                for port in known
                if port.availability().available
                for name, call in micro_calls(port, stretch).items()
            }


def micro_calls(port: DetectorPort, stretch: Stretch) -> dict[str, Callable[[], Any]]:
    """Return small calls by name."""
    part, recent = stretch.last(MICRO_CANDLES), stretch.last(UPDATE_CANDLES)
    once, trained = port["RegimeDetector"]({**CONFIG, "HMM_N_ITER": 1}), port["RegimeDetector"](dict(CONFIG))
    trained.train(part.closes, part.volumes)
    extractor = port["FeatureExtractor"]()
    return {
        "features": partial(extractor.extract, part.closes, part.volumes),
        "k-means and one round of EM": partial(once.train, part.closes, part.volumes),
        "update": partial(trained.update, recent.closes, recent.volumes),
    }


def summarise(costs: Sequence[dict[str, dict[str, float]]], threads: Sequence[float | None], reference: str, port: str) -> Load:
    """Return medians over the rounds, the spread of each ratio, and the verdict on every target."""
    names = list(costs[0][reference])
    ratios = {name: [each[reference][name] / each[port][name] for each in costs] for name in names}
    ratios |= {
        f"{name}, scaling": [each[SCALING][name] / each[port][name] for each in costs]
        for name in names
        if name.startswith("train")
    }
    measured = [ratio for ratio in threads if ratio is not None]
    if measured:
        ratios["two threads"] = measured
    spread = {name: spread_of(values) for name, values in ratios.items()}
    microseconds = {
        f"{who}, us": {name: statistics.median(each[who][name] for each in costs) * 1e6 for name in names} for who in costs[0]
    }
    return Load(columns=microseconds, ratios=spread, targets=[target.verdict(spread) for target in TARGETS])
