"""A capture: bots under a paced market, one process a side, measured in turns on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generators.errors import ParityError
from harness import ROOT
from harness.parts import part_class
from harness.subject import Subject
from harness.telemetry.loop import OF_THE_LOOP, Metric, Share

TURN_SEC = 8.0
PREFIXES = ("DOGE_", "OMP_", "OPENBLAS_")


class CaptureError(ParityError):
    """A capture that cannot be made, or whose bot ended. The message says why."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to capture: sides, a file for each of them, the pace in rounds a second, and turns a side."""

    sides: Sequence[str]
    folder: Path
    candles: Path | None
    rounds_per_sec: float
    turns: int

    def file_of(self, side: str) -> Path:
        """The recording of a side."""
        return self.folder / f"{side}.jsonl"


def shares_of(subjects: Sequence[Subject[Any]]) -> dict[str, type[Share]]:
    """The classes of the shares in a bot's loop, by subject; without the subjects that have none."""
    return {about.name: part_class(about.name, about.parts, "telemetry") for about in subjects if "telemetry" in about.parts}


def metrics_of(subjects: Sequence[Subject[Any]]) -> list[Metric]:
    """The metrics of the loop and of every share in it."""
    return [*OF_THE_LOOP, *(metric for share in shares_of(subjects).values() for metric in share.metrics)]


def capture(plan: Plan, subjects: Sequence[Subject[Any]], advance: Callable[[], None] = lambda: None) -> int:
    """Make all turns; return how many rounds began late, because those before took longer than the pace has room for.

    The order of the sides changes from turn to turn. Raises `CaptureError`.
    """
    shares = shares_of(subjects)
    rounds = max(1, round(TURN_SEC * plan.rounds_per_sec))
    asked = {"rounds": rounds, "period_sec": 1.0 / plan.rounds_per_sec}
    late = 0
    with ExitStack() as stack:
        bots = [stack.enter_context(_Bot(side, plan, shares)) for side in plan.sides]
        for turn in range(plan.turns):
            for bot in bots if turn % 2 == 0 else reversed(bots):
                late += bot.turn(asked)
                advance()
    return late


class _Bot:
    """A process that makes rounds when it is told to."""

    def __init__(self, side: str, plan: Plan, shares: Mapping[str, type[Share]]) -> None:
        recording = str(plan.file_of(side).resolve())
        # Whatever is set here for a bot must not decide about what is measured.
        environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIXES)}
        for share in shares.values():
            environment |= share.environment(side, recording)
        paths = [str(ROOT), *filter(None, [environment.get("PYTHONPATH")])]
        candles = "-" if plan.candles is None else str(plan.candles.resolve())
        command = [sys.executable, "-m", "harness.telemetry.worker", recording, candles, *shares]
        self._side = side
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment | {"PYTHONPATH": os.pathsep.join(paths)},
            text=True,
        )

    def __enter__(self) -> _Bot:
        self._answer()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
            self._process.wait(timeout=10.0)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def turn(self, asked: Mapping[str, float]) -> int:
        """Let it make a turn; return how many rounds began late."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
        except OSError:
            pass  # it ended, as its answer shows
        answer = self._answer()
        if answer["problem"] is not None:
            raise CaptureError(f"telemetry: the bot of the {self._side}: {answer['problem']}")
        return int(answer["late"])

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            raise CaptureError(f"telemetry: the bot of the {self._side} ended with exit code {code}; its last words are above")
        answer: dict[str, Any] = json.loads(line)
        return answer
