"""Change points: a step is found where it is, noise has none, and thinning loses neither ends nor extremes."""

from __future__ import annotations

import random

import pytest

from harness.dashboard.bands import DRAWN_MAX, Point, banded
from harness.dashboard.changes import changes_in
from harness.dashboard.plots import POINTS_MAX, thinned
from tests.gate.ledgers import record


def noise(seed: int, count: int, spread: float = 0.05) -> list[float]:
    chance = random.Random(seed)
    return [chance.lognormvariate(1.0, spread) for _ in range(count)]


@pytest.mark.parametrize("count", [20, 60, 700])
def test_noise_has_no_change(count: int) -> None:
    assert [changes_in(noise(seed, count)) for seed in range(30)] == [[]] * 30


@pytest.mark.parametrize("move", [0.8, 1.2, 2.0])
def test_a_step_is_found_where_it_is(move: float) -> None:
    values = [value * (move if place >= 60 else 1.0) for place, value in enumerate(noise(3, 100))]
    (change,) = changes_in(values)
    assert abs(change.place - 60) <= 2
    assert change.move == pytest.approx(move - 1.0, abs=0.06 * move)


def test_a_single_outlier_is_no_change() -> None:
    values = noise(5, 60)
    values[30] *= 3.0
    assert changes_in(values) == []


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 5.0] * 4, [0.0] * 40, [-1.0] * 20 + [5.0] * 20, [2.0] * 40])
def test_what_is_short_constant_or_not_positive_has_none(values: list[float]) -> None:
    assert changes_in(values) == []


def test_a_step_without_noise_is_found() -> None:
    assert [change.place for change in changes_in([5.0] * 20 + [6.0] * 20)] == [20]


@pytest.mark.parametrize("count", [1, 7, DRAWN_MAX, DRAWN_MAX + 1, 3 * DRAWN_MAX + 17])
def test_a_band_that_is_thinned_keeps_extremes_and_the_newest(count: int) -> None:
    made = record("bench", "", ident="x")
    points = [Point(value, value - 1.0, value + 1.0, made, f"{place}") for place, value in enumerate(noise(1, count))]
    found = banded(points)
    assert len(found) <= DRAWN_MAX + 1
    assert min(each.low for each in found) == min(each.low for each in points)
    assert max(each.high for each in found) == max(each.high for each in points)
    assert found[-1].build == str(count - 1)


def test_a_line_that_is_thinned_keeps_every_failure_and_the_last() -> None:
    special = [place % 101 == 100 for place in range(10 * POINTS_MAX + 3)]
    kept = thinned(special)
    assert {place for place, is_special in enumerate(special) if is_special} <= set(kept)
    assert kept[-1] == len(special) - 1
    assert len(kept) <= POINTS_MAX + sum(special) + 1
    assert kept == sorted(set(kept))
