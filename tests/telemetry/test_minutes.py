"""So many minutes of a capture give so many pairs of trainings, as `docs/telemetry.md` says."""

from __future__ import annotations

import pytest

from harness.cli.telemetry import MINUTES
from harness.subjects.detector.telemetry import TRAIN_EVERY, TRAINING
from harness.telemetry.capture import TURN_SEC
from harness.telemetry.compare import PAIRS_MIN, _grouped, _is_enough
from harness.telemetry.loop import ROUNDS_PER_CANDLE, Metric
from harness.telemetry.recordings import Block

PACE = 50.0
METRIC = Metric(name=TRAINING, group="training", quantiles=(0.5,))


def turn_of(number: int) -> Block:
    """One turn with the trainings that fall into it."""
    candles = round(PACE * TURN_SEC / ROUNDS_PER_CANDLE)
    trainings = sum(each % TRAIN_EVERY == 0 for each in range(number * candles, (number + 1) * candles))
    return Block(
        process="p", start=0.0, end=1.0, histograms={}, counts={TRAINING: trainings}, cpu_sec=0.0, memory_bytes=0, dropped=0
    )


@pytest.mark.parametrize(("minutes", "pairs"), [(10.0, None), (11.0, 5), (MINUTES, 5), (60.0, 28)])
def test_the_default_just_suffices_to_compare_trainings(minutes: float, pairs: int | None) -> None:
    turns = [turn_of(number) for number in range(round(60.0 * minutes / (2 * TURN_SEC)))]
    found = _grouped([([each], [each]) for each in turns], lambda blocks: _is_enough(METRIC, 0.5, blocks))
    assert (None if found is None else len(found)) == pairs
    assert pairs is None or pairs >= PAIRS_MIN
