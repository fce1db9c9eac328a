"""What a damaged line of a journal counted nobody knows: a period with one is not clean, and its minutes are not covered."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from doge_shadow.journal import SLOT_SEC
from tests.shadow.dated import judged, lived, reported
from tests.shadow.test_report import HERE, journal, minutes, period


def damage(folder: Path, name: str, *places: int, changed_at: float = 0.0) -> None:
    """Damage lines of a journal: the header is line 0."""
    path = folder / f"journal-{name}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    for place in places:
        lines[place] = lines[place][:9] + "\x00" + lines[place][9:]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    os.utime(path, (changed_at, changed_at))


def test_the_minutes_of_a_damaged_line_are_not_covered(tmp_path: Path) -> None:
    journal(tmp_path, "one", {**minutes(0, 10), 10: {"seen": 100, "compared": 100, "high": 3}, **minutes(11, 10)})
    # Another process covers them; of the first one nobody knows.
    journal(tmp_path, "two", minutes(0, 30))
    damage(tmp_path, "one", 11)
    found = period(tmp_path)
    assert (found.verdict, found.exit_code, found.damaged, found.covered_minutes) == ("INCOMPLETE", 3, 1, 30 - 3)
    # It is of none of these parts.
    for part in period(tmp_path, until=9 * SLOT_SEC), period(tmp_path, since=12 * SLOT_SEC):
        assert (part.verdict, part.damaged) == ("CLEAN", 0)
    assert period(tmp_path, since=10 * SLOT_SEC, until=11 * SLOT_SEC).damaged == 1


def test_something_worse_is_told_first(tmp_path: Path) -> None:
    journal(tmp_path, "one", minutes(0, 10))
    damage(tmp_path, "one", 3)
    journal(tmp_path, "two", minutes(0, 10, low=1))
    assert (period(tmp_path).verdict, period(tmp_path).exit_code) == ("DIVERGENCE", 3)
    journal(tmp_path, "three", minutes(0, 10, high=1))
    assert (period(tmp_path).verdict, period(tmp_path).exit_code) == ("DIVERGENCE", 1)


@pytest.mark.parametrize(("changed_at", "covered"), [(0.0, 20 - 1), (15 * SLOT_SEC, 20 - 7), (1e9, 20 - 11)])
def test_the_last_line_may_be_of_any_minute_until_the_file_was_changed(tmp_path: Path, changed_at: float, covered: int) -> None:
    journal(tmp_path, "one", minutes(0, 10))
    journal(tmp_path, "two", minutes(0, 20))
    damage(tmp_path, "one", 11, changed_at=changed_at)
    assert period(tmp_path).covered_minutes == covered


def test_the_first_line_may_be_of_any_minute_since_the_process_began(tmp_path: Path) -> None:
    journal(tmp_path, "one", minutes(10, 10), started_at=4 * SLOT_SEC)
    journal(tmp_path, "two", minutes(0, 20))
    damage(tmp_path, "one", 1)
    assert period(tmp_path).covered_minutes == 4 + 8


@pytest.mark.parametrize(
    "changed", [{"mode": "control", "digests": {"reference": HERE["reference"]}}, {"digests": {**HERE, "candidate": "d" * 64}}]
)
def test_a_damaged_line_counts_for_the_noise_floor_and_not_for_another_build(tmp_path: Path, changed: dict[str, Any]) -> None:
    journal(tmp_path, "one", minutes(0, 10))
    journal(tmp_path, "two", minutes(0, 10), **changed)
    damage(tmp_path, "two", 3)
    assert period(tmp_path).damaged == int("mode" in changed)
    assert period(tmp_path).verdict == ("INCOMPLETE" if "mode" in changed else "CLEAN")
    assert period(tmp_path).covered_minutes == 10


def test_a_damaged_header_without_another_line_is_not_passed_over(tmp_path: Path) -> None:
    journal(tmp_path, "one", minutes(0, 10))
    (tmp_path / "journal-two.jsonl").write_text('{"format": "doge\x00-shadow journal 1"\n', encoding="utf-8")
    assert period(tmp_path).verdict == "INCOMPLETE"
    # Header and first counts are one write, so that a part of it lacks some of both; so does a file that lost all.
    for cut, words in ('{"format": "doge', "its first line cannot be read"), ("", "is empty"):
        (tmp_path / "journal-two.jsonl").write_text(cut, encoding="utf-8")
        found = period(tmp_path)
        assert (found.verdict, [words in each for each in found.unread]) == ("INCOMPLETE", [True])


@pytest.mark.parametrize("started_at", ["Infinity", "NaN", '"x"'])
def test_a_beginning_that_is_no_time_is_named(tmp_path: Path, started_at: str) -> None:
    journal(tmp_path, "one", minutes(0, 10))
    path = tmp_path / "journal-one.jsonl"
    path.write_text(
        path.read_text(encoding="utf-8").replace('"started_at": 0.0', f'"started_at": {started_at}'), encoding="utf-8"
    )
    [sentence] = period(tmp_path).unread
    assert "its first line is malformed" in sentence


@pytest.mark.usefixtures("executable")
def test_a_damaged_line_is_told_recorded_and_no_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lived(tmp_path / "shadow", "one", days_ago=0.0)
    path = tmp_path / "shadow" / "journal-one.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:100], "damaged", *lines[101:]]) + "\n", encoding="utf-8")
    code, said, [found] = reported(tmp_path, capsys)
    assert (code, found.verdict, found.figure("damaged")) == (3, "INCOMPLETE", 1), said
    assert f"NOT READ {path}: a damaged line of 2" in said
    assert judged(tmp_path, capsys) == ("cannot tell", "the last attempt ended with INCOMPLETE; make it again")
