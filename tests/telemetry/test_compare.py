"""Two recordings: what is slower is worse, what was not measured in turns cannot be told, and no margin hides a change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.telemetry.compare import BETTER, NO_WORSE, UNKNOWN, WORSE, Compared, compare_recordings
from harness.telemetry.loop import Metric
from harness.telemetry.recordings import read_recording
from tests.telemetry.recorded import HERE, block, written

LOOP = Metric(name="loop", group="loop")
CPU = Metric(name="cpu", group="usage", kind="cpu", per="loop")
MEMORY = Metric(name="memory", group="usage", kind="memory")
RATE = Metric(name="violations", group="violations", kind="rate", per="loop")
CADENCE = Metric(name="trainings", group="training", kind="rate", per="loop", either_way=True)
ALL = (LOOP, CPU, MEMORY, RATE)
PAIRS = 12


def turns(path: Path, side: int, scale: float, seed: int = 0, **changed: Any) -> Path:
    """Turns of a loop of 20 ms, of one side of two that alternate."""
    rng = np.random.default_rng((seed, side))
    blocks = []
    for turn in range(PAIRS):
        place = 2 * turn + (side if turn % 2 == 0 else 1 - side)
        machine = 1.0 + 0.02 * np.random.default_rng((seed, turn, 9)).normal()
        seconds = 0.02 * scale * machine * np.exp(0.3 * rng.normal(size=500))
        counts = changed.get("counts", {"violations": 5})
        rest = {name: value for name, value in changed.items() if name != "counts"}
        known = {"cpu_sec": 2.0 * scale * machine, "memory_bytes": round(2**26 * scale), "counts": counts}
        blocks.append(block(10.0 * place, {"loop": [float(each) for each in seconds]}, **{**known, **rest}))
    return written(path, blocks)


def compared(
    folder: Path, ours: Callable[[Path], Path], theirs: Callable[[Path], Path], metrics: Sequence[Metric]
) -> list[Compared]:
    one, other = (read_recording(make(folder / name), HERE) for make, name in ((ours, "a"), (theirs, "b")))
    return compare_recordings(one, other, metrics)


def verdicts(folder: Path, scale: float, seed: int = 0, metrics: Sequence[Metric] = ALL, **changed: Any) -> dict[str, str]:
    found = compared(folder, lambda at: turns(at, 0, 1.0, seed), lambda at: turns(at, 1, scale, seed, **changed), metrics)
    return {f"{each.metric} {each.what}": each.verdict for each in found}


@pytest.mark.parametrize("seed", range(10))
def test_two_equal_builds_are_no_worse(tmp_path: Path, seed: int) -> None:
    assert WORSE not in verdicts(tmp_path, 1.0, seed).values()


@pytest.mark.parametrize("seed", range(10))
def test_a_build_that_is_a_third_slower_is_worse_in_all_that_grew(tmp_path: Path, seed: int) -> None:
    found = verdicts(tmp_path, 1.33, seed)
    assert {name for name, verdict in found.items() if verdict == WORSE} == {
        "loop p50", "loop p95", "loop p99", "cpu for each loop", "memory largest",
    }  # fmt: skip


def test_a_build_that_is_faster_is_better(tmp_path: Path) -> None:
    found = verdicts(tmp_path, 0.7)
    assert found == {
        **dict.fromkeys(["loop p50", "loop p95", "loop p99", "cpu for each loop", "memory largest"], BETTER),
        "violations for each loop": NO_WORSE,
    }


def steady(path: Path, side: int, seconds: float) -> Path:
    return written(path, [block(20.0 * turn + 10.0 * side, {"loop": [seconds] * 500}) for turn in range(PAIRS)])


@pytest.mark.parametrize(("theirs", "expected"), [(0.0011, NO_WORSE), (0.0014, WORSE)])
def test_a_millisecond_more_is_allowed_whatever_its_share_is(tmp_path: Path, theirs: float, expected: str) -> None:
    found = compared(tmp_path, lambda at: steady(at, 0, 0.0002), lambda at: steady(at, 1, theirs), [LOOP])
    assert [each.verdict for each in found] == [expected] * 3


@pytest.mark.parametrize(("theirs", "expected"), [(0.103, NO_WORSE), (0.109, WORSE)])
def test_a_twentieth_more_is_allowed_whatever_its_length_is(tmp_path: Path, theirs: float, expected: str) -> None:
    found = compared(tmp_path, lambda at: steady(at, 0, 0.1), lambda at: steady(at, 1, theirs), [LOOP])
    assert [each.verdict for each in found] == [expected] * 3


def test_a_change_at_the_margin_cannot_be_told(tmp_path: Path) -> None:
    found = verdicts(tmp_path, 1.05, metrics=[LOOP])
    assert set(found.values()) == {UNKNOWN}


def test_the_power_is_stated(tmp_path: Path) -> None:
    found = compared(tmp_path, lambda at: turns(at, 0, 1.0), lambda at: turns(at, 1, 1.0), [LOOP])
    for each in found:
        assert each.seen is not None
        assert each.low is not None
        assert each.high is not None
        assert each.ratio is not None
        assert each.low < each.ratio < each.high
        assert each.seen == pytest.approx(each.high / each.ratio - 1.0)
        assert 0.0 < each.seen < 0.2


@pytest.mark.parametrize(("counts", "expected"), [(0, NO_WORSE), (5, NO_WORSE), (6, UNKNOWN), (50, WORSE)])
def test_a_rate_is_worse_where_it_is_higher_than_chance_makes_it(tmp_path: Path, counts: int, expected: str) -> None:
    assert verdicts(tmp_path, 1.0, metrics=[RATE], counts={"violations": counts})["violations for each loop"] == expected


@pytest.mark.parametrize(("theirs", "expected"), [(0, WORSE), (30, NO_WORSE), (60, WORSE)])
def test_a_cadence_may_change_neither_way(tmp_path: Path, theirs: int, expected: str) -> None:
    found = compared(
        tmp_path,
        lambda at: turns(at, 0, 1.0, counts={"trainings": 30}),
        lambda at: turns(at, 1, 1.0, counts={"trainings": theirs}),
        [CADENCE],
    )
    assert [each.verdict for each in found] == [expected]


def one_after_the_other(path: Path) -> Path:
    blocks = [block(1000.0 + 8.5 * turn, {"loop": [0.02] * 500}) for turn in range(PAIRS)]
    return written(path, blocks)


def a_day_later(path: Path) -> Path:
    return written(path, [block(86400.0 + 20.0 * turn, {"loop": [0.02] * 500}) for turn in range(PAIRS)])


def at_once(path: Path) -> Path:
    return written(path, [block(20.0 * turn + 4.0, {"loop": [0.02] * 500}) for turn in range(PAIRS)])


def far_apart(path: Path) -> Path:
    return written(path, [block(1000.0 * turn + 500.0, {"loop": [0.02] * 500}) for turn in range(PAIRS)])


def into_the_next(path: Path) -> Path:
    blocks = [block(20.0 * turn + 10.0, {"loop": [0.02] * 500}, to=20.0 * turn + 25.0) for turn in range(PAIRS)]
    return written(path, blocks)


def fewer(path: Path) -> Path:
    return written(path, [block(20.0 * turn + 10.0, {"loop": [0.02] * 500}) for turn in range(PAIRS - 1)])


def elsewhere(path: Path) -> Path:
    made = turns(path, 1, 1.0)
    made.write_text(made.read_text().replace('"processor": "one"', '"processor": "two"'))
    return made


@pytest.mark.parametrize("theirs", [one_after_the_other, a_day_later, at_once, fewer, elsewhere])
def test_what_was_not_measured_in_turns_on_one_machine_cannot_be_told(tmp_path: Path, theirs: Callable[[Path], Path]) -> None:
    found = compared(tmp_path, lambda at: turns(at, 0, 1.0), theirs, [LOOP, CPU, MEMORY])
    assert {each.verdict for each in found} == {UNKNOWN}
    word = "machines" if theirs is elsewhere else "turns"
    assert all(word in each.reason for each in found)


@pytest.mark.parametrize(("every", "theirs"), [(20.0, into_the_next), (1000.0, far_apart)])
def test_turns_that_reach_into_each_other_or_lie_far_apart_are_none(
    tmp_path: Path, every: float, theirs: Callable[[Path], Path]
) -> None:
    def ours(path: Path) -> Path:
        return written(path, [block(every * turn, {"loop": [0.02] * 500}) for turn in range(PAIRS)])

    found = compared(tmp_path, ours, theirs, [LOOP])
    assert {each.reason for each in found} == {"they were not measured in turns"}


def test_too_few_durations_cannot_be_told(tmp_path: Path) -> None:
    def few(path: Path, side: int) -> Path:
        return written(path, [block(20.0 * turn + 10.0 * side, {"loop": [0.02] * 10}) for turn in range(PAIRS)])

    found = compared(tmp_path, lambda at: few(at, 0), lambda at: few(at, 1), [LOOP])
    # Of 120 durations, 5 groups of 24 have four beyond the median, and none beyond p95.
    assert [each.verdict for each in found] == [NO_WORSE, UNKNOWN, UNKNOWN]


def test_what_neither_measured_cannot_be_told(tmp_path: Path) -> None:
    other = Metric(name="training", group="training")
    found = compared(tmp_path, lambda at: turns(at, 0, 1.0), lambda at: turns(at, 1, 1.0), [other, CADENCE])
    assert [each.verdict for each in found] == [UNKNOWN] * 4
