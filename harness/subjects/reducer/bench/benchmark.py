"""Benchmark of the reducer: costs as multiples of a bare echo over the same kind of pipe on the same CPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import state_machine as sm
from doge_core.client import Server
from doge_core.errors import ServerMissingError
from doge_core.locate import find_executable, require_executable
from generators.candles import read_candles, sample_candles
from generators.reducer.case import Case
from generators.reducer.market import market_cases
from golden.reducer.corpus import golden_cases
from harness.bench.result import Benchmark, BenchResult, Load, Micro
from harness.bench.timing import one_cpu
from harness.panel import MissingPortError
from harness.subjects.reducer.bench.loads import Stream, streams
from harness.subjects.reducer.bench.measure import TIMEOUT_SEC, Ports, answer_cost, transitions_cost
from harness.subjects.reducer.bench.micro import port_calls, reference_calls
from harness.subjects.reducer.bench.ratios import BACKTEST_TARGETS, TARGETS, measure_once, measure_round, summarise

# The replay of a shorter fixture mostly transfers its state, so it is shown separately, without targets.
JOURNEY_STEPS_MIN = 20
CANDLES = "candles"


class ReducerBenchmark(Benchmark):
    """The golden corpus, a market driven by candles, and the harness itself."""

    tells_alone = True

    def measure(self, candles: Path | None, rounds: int, cpu: int | None) -> BenchResult:
        """Measure every load in `rounds` rounds. Raises `MissingPortError` and `CandleError`."""
        try:
            executable = require_executable()
        except ServerMissingError as error:
            raise MissingPortError(f"port haskell is missing: {error}") from error
        loads = load_streams(candles)
        with one_cpu(cpu) as chosen:
            ports = Ports(executable)
            try:
                results = {name: _measure(ports, name, load, rounds) for name, load in loads.items()}
                fallbacks = ports.fallbacks()
            finally:
                ports.close()
        problems = [f"some calls fell back: {fallbacks}"] if fallbacks else []
        return BenchResult(cpu=chosen, rounds=rounds, loads=results, problems=problems)

    @contextmanager
    def alone(self, cases: Sequence[Case]) -> Iterator[Callable[[], Mapping[str, float]]]:
        """Measure the reference's call and the step of an answer that nobody reads."""
        # Of a case that is refused in part, it cannot be said what a step costs.
        load = streams(cases, steps_max=sum(len(case.events) for case in cases))
        server = Server([str(require_executable()), "--server"], TIMEOUT_SEC)
        try:
            yield lambda: {
                "python reference": transitions_cost(sm.transition, load).us,
                "replay step, unread": answer_cost(server, load).us,
            }
        finally:
            server.close()

    @contextmanager
    def micro(self) -> Iterator[Micro]:
        """Prices, transitions by event, invariants, digest, snapshots; a session step and a replay where the port is here."""
        load = golden_journeys()
        calls = dict(reference_calls(load))
        executable = find_executable()
        if executable is None:
            yield calls
            return
        ports = Ports(executable)
        try:
            yield {**calls, **port_calls(ports, load)}
        finally:
            ports.close()


def load_streams(candles: Path | None) -> dict[str, list[Stream]]:
    """Return the loads by name. Raises `CandleError`."""
    series = sample_candles() if candles is None else read_candles(candles)
    return {
        "golden": golden_journeys(),
        "golden, short fixtures": streams(case for case in golden_cases() if len(case.events) < JOURNEY_STEPS_MIN),
        CANDLES: streams(market_cases(series)),
    }


def golden_journeys() -> list[Stream]:
    """Return the fixtures that are long enough for targets."""
    return streams(case for case in golden_cases() if len(case.events) >= JOURNEY_STEPS_MIN)


def _measure(ports: Ports, name: str, load: list[Stream], rounds: int) -> Load:
    backtest = BACKTEST_TARGETS if name == CANDLES else ()
    targets = (*TARGETS, *backtest) if len(load[0].events) >= JOURNEY_STEPS_MIN else ()
    measure_round(ports, load)  # warms up caches; not counted
    costs = [measure_round(ports, load) for _ in range(rounds)]
    size = {"streams": len(load), "steps": sum(len(stream.events) for stream in load)}
    return summarise(costs, measure_once(ports, load), size, targets=targets)
