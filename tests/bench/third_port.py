"""The cost of a replayed transition in each port: `python -m tests.bench.third_port [ROUNDS]`.

`doge-core-rs/build python` has to be run before. Every port answers the same `replay` requests, 4,000 steps driven by real
candles, in turns; a round is one pass over them. It is timed from the bytes of a request to the bytes of its answer, in which
every step has its actions, phase, violations and digest. `python transition` and `rust transition` are the reducer alone, from
event objects to states.
"""

from __future__ import annotations

import gc
import importlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import state_machine as sm
from doge_core.client import Server
from doge_core.locate import require_executable
from generators.candles import sample_candles
from generators.reducer.market import market_cases
from harness.subjects.reducer.bench.loads import Stream, streams
from reducer.wire import handle_line

CRATE = Path(__file__).resolve().parents[2] / "doge-core-rs"
RUST, EXTENSION = CRATE / "target" / "release" / "doge-core-rs", CRATE / "python" / "doge_core_rs.abi3.so"
ROUNDS, TIMEOUT_SEC = 15, 60.0
Answer = Callable[[bytes], bytes]


def cost_us(answer: Answer, lines: Sequence[bytes], steps: int) -> float:
    """The mean cost of a step in microseconds over one pass."""
    gc.collect()
    started = time.perf_counter()
    for line in lines:
        answer(line)
    return (time.perf_counter() - started) / steps * 1e6


def transitions_us(load: Sequence[Stream], steps: int) -> float:
    """The mean cost of the reference's `transition` alone."""
    gc.collect()
    started = time.perf_counter()
    for stream in load:
        state = stream.state
        for event in stream.events:
            state, _ = sm.transition(state, event, stream.cfg, stream.order_size_usd, stream.order_sizes)
    return (time.perf_counter() - started) / steps * 1e6


def rust_transitions_us(lines: Sequence[bytes]) -> float:
    """The mean cost of the Rust port's `transition` alone, as its example measures it."""
    command = ["cargo", "run", "--quiet", "--release", "--locked", "--example", "transitions"]
    done = subprocess.run(command, cwd=CRATE, input=b"\n".join(lines), capture_output=True, check=True)
    return int(done.stdout) / 1000.0


def in_process() -> Answer:
    """The extension's `replay`."""
    sys.path.insert(0, str(EXTENSION.parent))
    replay: Answer = importlib.import_module("doge_core_rs").replay
    return replay


def main(rounds: int) -> None:
    """Measure in turns, so that whatever else the machine does meets every port; print medians with their ranges."""
    load = streams(market_cases(sample_candles()))
    lines, steps = [stream.case.line for stream in load], sum(len(stream.events) for stream in load)
    haskell, rust = (Server([str(exe), "--server"], TIMEOUT_SEC) for exe in (require_executable(), RUST))
    replay = in_process()
    ports: dict[str, Callable[[], float]] = {
        "python replay": lambda: cost_us(handle_line, lines, steps),
        "haskell server": lambda: cost_us(haskell.request, lines, steps),
        "rust server": lambda: cost_us(rust.request, lines, steps),
        "rust in-process": lambda: cost_us(replay, lines, steps),
        "python transition": lambda: transitions_us(load, steps),
        "rust transition": lambda: rust_transitions_us(lines),
    }
    for measured in ports.values():
        measured()
    costs: dict[str, list[float]] = {name: [] for name in ports}
    for _ in range(rounds):
        for name, measured in ports.items():
            costs[name].append(measured())
    haskell.close()
    rust.close()
    print(f"microseconds per transition, median (lowest to highest) of {rounds} rounds over {len(load)} streams, {steps} steps")
    for name, found in costs.items():
        print(f"{name:18} {statistics.median(found):8.2f} ({min(found):.2f} to {max(found):.2f})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
