"""A part of a period says what the journals of the same build hold beside it, and is no go beside a divergence."""

from __future__ import annotations

import datetime
import time
from pathlib import Path
from typing import Any

import pytest

from doge_shadow.journal import SLOT_SEC
from harness.gate.policy import read_policy
from tests.shadow.dated import DAY, HOURS, here, judged, lived, reference, reported
from tests.shadow.test_report import HERE, journal, minutes, period


def day(days_ago: float) -> str:
    """A moment as an option names it."""
    return datetime.datetime.fromtimestamp(time.time() - days_ago * DAY, tz=datetime.UTC).isoformat()


def test_what_lies_outside_is_counted_and_what_lies_inside_is_not(tmp_path: Path) -> None:
    journal(tmp_path, "one", {**minutes(0, 5, high=1, low=2), **minutes(5, 5, senseless=1), **minutes(10, 5, high=3)})
    alone: dict[str, Any] = {"mode": "control", "digests": {"reference": HERE["reference"]}}
    journal(tmp_path, "two", {**minutes(0, 2, high=1), **minutes(2, 2, low=1), **minutes(10, 5)}, **alone)
    # Another build is another build.
    journal(tmp_path, "three", minutes(0, 5, high=9), digests={**HERE, "candidate": "d" * 64})
    assert not +period(tmp_path).left_out
    assert period(tmp_path, since=10 * SLOT_SEC).left_out == {"high": 5, "low": 10, "senseless": 5, "noise": 4}
    assert period(tmp_path, until=5 * SLOT_SEC).left_out == {"high": 15, "senseless": 5}
    inside = period(tmp_path, since=5 * SLOT_SEC, until=10 * SLOT_SEC).left_out
    assert (inside["high"], inside["low"], inside["noise"]) == (20, 10, 4)
    assert period(tmp_path, since=9 * SLOT_SEC).to_json()["left_out_high"] == 5
    journal(tmp_path, "four", minutes(0, 3, failures=2))
    assert period(tmp_path, since=10 * SLOT_SEC).left_out["failures"] == 6


def test_a_damaged_line_outside_is_counted(tmp_path: Path) -> None:
    journal(tmp_path, "one", minutes(0, 10))
    path = tmp_path / "journal-one.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:3], "damaged", *lines[4:]]) + "\n", encoding="utf-8")
    found = period(tmp_path, since=5 * SLOT_SEC)
    assert (found.damaged, found.left_out["damaged"], found.verdict) == (0, 1, "CLEAN")


@pytest.mark.usefixtures("executable")
@pytest.mark.parametrize(
    ("changed", "header", "figure", "status"),
    [
        ({"high": 1}, {}, "left_out_high", "no-go"),
        ({"senseless": 1}, {}, "left_out_senseless", "no-go"),
        ({"low": 1}, {"mode": "control"}, "left_out_noise", "no-go"),
        # Low ones are told, and are none of the gate's inside a period either.
        ({"low": 1}, {}, "left_out_low", "go"),
    ],
)
def test_a_period_after_a_divergence_of_the_same_candidate_is_no_go(
    changed: dict[str, int],
    header: dict[str, Any],
    figure: str,
    status: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lived(tmp_path / "shadow", "new", days_ago=0.0)
    given = {**header, "digests": reference() if header else here()}
    lived(tmp_path / "shadow", "old", days_ago=5.0, length=HOURS, header=given, **changed)
    code, said, [found] = reported(tmp_path, capsys, "--since", day(3.0))
    assert (code, found.verdict, found.figure(figure)) == (0, "CLEAN", HOURS), said
    assert "LEFT OUT of this same build" in said
    found_status, reason = judged(tmp_path, capsys)
    assert found_status == status
    assert reason == ("every rule is kept" if status == "go" else f"{figure} is {HOURS}, wanted at most 0")


def test_every_criterion_of_a_shadow_limits_what_is_left_out() -> None:
    """Whatever a criterion limits within a period, it limits outside of it as well."""
    for criterion in (each for each in read_policy().criteria if each.kind == "shadow"):
        limits = {rule.figure: rule.at_most for rule in criterion.rules}
        for figure in {"high", "low", "senseless", "noise"} & set(limits):
            assert limits[f"left_out_{figure}"] == limits[figure], (criterion.id, figure)
