"""Measurements in microseconds per step, each over a whole load."""

from __future__ import annotations

import gc
import itertools
import json
import math
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import state_machine as sm
from doge_core.backend import Haskell
from doge_core.client import Server
from doge_core.codec import decode_answer, encode_json
from doge_core.locate import find_library
from doge_core.replaying import Replay
from doge_core.settings import Settings
from generators.reducer.patches import named
from harness.subjects.reducer.bench.loads import Stream
from reducer.types import replace

TIMEOUT_SEC = 60.0
WARM_UP_STEPS = 1
REPLAY_STEPS_MIN = 4000
_ECHO = "import os\nwhile data := os.read(0, 65536): os.write(1, data)"

Transition = Callable[..., tuple[sm.PairState, list[sm.Action]]]


@dataclass
class Cost:
    """The mean cost of a step in microseconds, and the number of steps it was measured over."""

    us: float
    steps: int


class Echo:
    """The baseline: a process that sends back what it reads, over the kind of pipe that the adapter uses."""

    def __init__(self, argv: Sequence[str]) -> None:
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._write_fd, self._read_fd = self.process.stdin.fileno(), self.process.stdout.fileno()

    @classmethod
    def in_python(cls) -> Echo:
        """Start an echo written in Python, which is available everywhere."""
        return cls([sys.executable, "-S", "-E", "-c", _ECHO])

    def cost(self, line_bytes: int, trips: int) -> Cost:
        """Measure the mean round trip of a line of this many bytes."""
        line = b"x" * (line_bytes - 1) + b"\n"
        write, read, write_fd, read_fd = os.write, os.read, self._write_fd, self._read_fd
        read_back = 0
        started = time.perf_counter()
        for _ in range(trips):
            write(write_fd, line)
            read_back += len(read(read_fd, 65536))
        elapsed = time.perf_counter() - started
        assert read_back == trips * line_bytes, "the echo answers in one piece"
        return Cost(elapsed / trips * 1e6, trips)

    def close(self) -> None:
        """Stop the process."""
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()
        self.process.wait()


def transitions_cost(transition: Transition, load: Sequence[Stream]) -> Cost:
    """Measure the mean call over all streams, except each stream's first, which opens a session."""
    elapsed, steps = 0.0, 0
    gc.collect()
    for stream in load:
        settings = (stream.cfg, stream.order_size_usd, stream.order_sizes)
        state = stream.state
        for event in stream.events[:WARM_UP_STEPS]:
            state, _ = transition(state, event, *settings)
        events = stream.events[WARM_UP_STEPS:]
        started = time.perf_counter()
        for event in events:
            state, _ = transition(state, event, *settings)
        elapsed += time.perf_counter() - started
        steps += len(events)
    return Cost(elapsed / steps * 1e6, steps)


Change = Callable[[Stream, sm.PairState, int], tuple[sm.PairState, sm.EngineConfig]]


def unknown_state(stream: Stream, state: sm.PairState, _: int) -> tuple[sm.PairState, sm.EngineConfig]:
    """Return an equal state of which no object is one that the adapter has seen, so that the whole of it is sent."""
    return sm.from_dict(json.loads(json.dumps(sm.to_dict(state)))), stream.cfg


def new_settings(stream: Stream, state: sm.PairState, _: int) -> tuple[sm.PairState, sm.EngineConfig]:
    """Return a new configuration of equal values."""
    return state, replace(stream.cfg)


def changed_state(stream: Stream, state: sm.PairState, step: int) -> tuple[sm.PairState, sm.EngineConfig]:
    """Do what a bot does to its state between two calls: a txid for each order that was placed, and another profit target."""
    return replace(named(state), profit_pct_runtime=1.0 + step % 3), stream.cfg


def as_a_bot(stream: Stream, state: sm.PairState, step: int) -> tuple[sm.PairState, sm.EngineConfig]:
    """Return both: a changed state and a new configuration."""
    return changed_state(stream, state, step)[0], replace(stream.cfg)


def changed_cost(transition: Transition, load: Sequence[Stream], change: Change) -> Cost:
    """Measure the mean call where the caller changes something before each; the change itself is not timed."""
    elapsed, steps = 0.0, 0
    gc.collect()
    clock = time.perf_counter
    for stream in load:
        size, sizes, state = stream.order_size_usd, stream.order_sizes, stream.state
        for step, event in enumerate(stream.events):
            given, cfg = change(stream, state, step)
            started = clock()
            state, _ = transition(given, event, cfg, size, sizes)
            if step >= WARM_UP_STEPS:
                elapsed += clock() - started
        steps += len(stream.events) - WARM_UP_STEPS
    return Cost(elapsed / steps * 1e6, steps)


def settling_cost(transition: Transition, load: Sequence[Stream]) -> Cost:
    """Measure the mean call right after the one that opened the session, where work left over by a large state shows."""
    elapsed = 0.0
    for stream in load:
        settings = (stream.cfg, stream.order_size_usd, stream.order_sizes)
        state, _ = transition(stream.state, stream.events[0], *settings)
        started = time.perf_counter()
        transition(state, stream.events[1], *settings)
        elapsed += time.perf_counter() - started
    return Cost(elapsed / len(load) * 1e6, len(load))


def booking_cost(transition: Transition, load: Sequence[Stream]) -> Cost:
    """Measure the mean of the calls that book a cycle; NaN if there are none."""
    elapsed, steps = 0.0, 0
    gc.collect()
    for stream in load:
        settings = (stream.cfg, stream.order_size_usd, stream.order_sizes)
        state = stream.state
        for index, event in enumerate(stream.events):
            started = time.perf_counter()
            after, actions = transition(state, event, *settings)
            spent = time.perf_counter() - started
            if index >= WARM_UP_STEPS and any(isinstance(action, sm.BookCycleAction) for action in actions):
                elapsed += spent
                steps += 1
            state = after
    return Cost(elapsed / steps * 1e6 if steps else math.nan, steps)


def _per_step(load: Sequence[Stream], call: Callable[[Stream], None]) -> Cost:
    """Measure the mean step of calls for whole streams.

    A small load is repeated until `REPLAY_STEPS_MIN` steps are timed, because a single pass takes a millisecond, most of it
    the cost of cold caches.
    """
    elapsed, steps = 0.0, 0
    gc.collect()
    for stream in itertools.cycle(load):
        if steps >= REPLAY_STEPS_MIN:
            break
        started = time.perf_counter()
        call(stream)
        elapsed += time.perf_counter() - started
        steps += len(stream.events)
    return Cost(elapsed / steps * 1e6, steps)


def replay_cost(server: Server, load: Sequence[Stream]) -> Cost:
    """Measure the mean step of one `replay` request per stream, including encoding and decoding."""

    def asked(stream: Stream) -> None:
        answer = decode_answer(server.request(encode_json(stream.case.request())))
        assert len(answer["steps"]) == len(stream.events), answer.get("error")

    return _per_step(load, asked)


def answer_cost(server: Server, load: Sequence[Stream]) -> Cost:
    """Measure the mean step of one `replay` request per stream, encoded before, whose answer is not decoded."""
    lines = {id(stream): stream.case.line for stream in load}

    def asked(stream: Stream) -> None:
        server.request(lines[id(stream)])

    return _per_step(load, asked)


def adapter_replay_cost(replay: Callable[..., Replay], load: Sequence[Stream]) -> Cost:
    """Measure the mean event of the adapter's `replay`, a call for each stream."""

    def called(stream: Stream) -> None:
        replay(stream.state, stream.events, stream.cfg, stream.order_size_usd, stream.order_sizes)

    return _per_step(load, called)


class Ports:
    """Every way of calling the reducer that is measured; `inproc` is None where the library is not here."""

    def __init__(self, executable: Path) -> None:
        exe = str(executable)
        self.session = Haskell(Settings(backend="haskell", exe=exe, timeout_sec=TIMEOUT_SEC))
        # States with history get a server of their own, because they would stay in the sessions of the other one.
        self.aged = Haskell(Settings(backend="haskell", exe=exe, timeout_sec=TIMEOUT_SEC))
        self.inproc = None if find_library() is None else Haskell(Settings(backend="haskell-inproc", exe=exe))
        self.once = Haskell(Settings(backend="haskell", exe=exe, persistent=False, timeout_sec=TIMEOUT_SEC))
        self.replay = Server([exe, "--server"], TIMEOUT_SEC)
        self.echo = Echo.in_python()

    def close(self) -> None:
        """Stop every process."""
        self.session.close()
        self.aged.close()
        self.replay.close()
        self.echo.close()

    def fallbacks(self) -> dict[str, int]:
        """Return the number of calls that fell back to another way; if there are any, the figures are invalid."""
        counted: Counter[str] = Counter()
        for adapter in (self.session, self.aged, self.once, *filter(None, (self.inproc,))):
            counted.update(adapter.status()["fallbacks"])
        return dict(counted)
