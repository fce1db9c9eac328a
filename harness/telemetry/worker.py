"""A bot in a process of its own: `python -m harness.telemetry.worker RECORDING CANDLES SUBJECT…`.

For every line `{"rounds": …, "period_sec": …}` on its standard input it makes so many rounds of the loop, writes a block of
telemetry, and answers with a line. CANDLES is a file, or `-` for the series that is shipped.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from doge_telemetry.recorder import recorder_for
from generators.candles import CandleSeries, read_candles, sample_candles
from harness.parts import part_of
from harness.subjects.registry import subject_called
from harness.telemetry.loop import ROUNDS_PER_CANDLE, Share


def main(recording: str, candles: str, names: Sequence[str]) -> None:
    """Answer lines until there are no more."""
    # What is measured may print; the answers have a stream of their own.
    answers, sys.stdout = sys.stdout, sys.stderr
    series = sample_candles() if candles == "-" else read_candles(Path(candles))
    shares: list[Share] = [part_of(subject_called(name), "telemetry") for name in names]
    for share in shares:
        share.begin(series)
    recorder = recorder_for(Path(recording))
    rounds = _rounds(series, max(share.warm_up for share in shares))
    # The first rounds start servers and load what is loaded late; they are no part of what is compared.
    _turn(shares, rounds, 2 * ROUNDS_PER_CANDLE, 0.0, None)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        # What was measured before this turn is no part of it.
        recorder.drop_block()
        late = _turn(shares, rounds, asked["rounds"], asked["period_sec"], recorder.note)
        problem = next((found for share in shares if (found := share.problem()) is not None), None)
        if problem is None:
            recorder.end_block()
        else:
            # What is not of its side must not be found in its recording.
            recorder.drop_block()
        print(json.dumps({"late": late, "problem": problem}), file=answers, flush=True)
    recorder.close()


def _rounds(series: CandleSeries, first: int) -> Iterator[tuple[int, int]]:
    """Candle and corner of each round, over and over."""
    while True:
        for candle in range(first, len(series.candles)):
            for corner in range(ROUNDS_PER_CANDLE):
                yield candle, corner


def _turn(
    shares: Sequence[Share],
    rounds: Iterator[tuple[int, int]],
    number: int,
    period_sec: float,
    note: Callable[[str, float], None] | None,
) -> int:
    """Make so many rounds, one each period; return how many began late, because those before took longer."""
    due, late = time.perf_counter(), 0
    for _ in range(number):
        candle, corner = next(rounds)
        began = time.perf_counter()
        for share in shares:
            share.round(candle, corner)
        if note is not None:
            note("loop", time.perf_counter() - began)
        due += period_sec
        pause = due - time.perf_counter()
        if pause > 0.0:
            time.sleep(pause)
        elif period_sec > 0.0:
            late, due = late + 1, time.perf_counter()
    return late


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2], sys.argv[3:])
    except (KeyboardInterrupt, BrokenPipeError):
        # Whoever asked has ended; a turn that was not made to its end is none.
        recorder_for(Path(sys.argv[1])).drop_block()
        sys.exit(130)
