"""A reference that differs from itself is a divergence, however clean the candidate's hours are."""

from __future__ import annotations

import datetime
import json
import time
from pathlib import Path
from typing import Any

import pytest

from doge_shadow.face import Found
from doge_shadow.journal import Journal
from doge_shadow.settings import ShadowSettings
from harness.shadow.finds import finds_in
from tests.shadow.dated import DAY, HOURS, here, judged, lived, reference, reported
from tests.shadow.test_report import HERE, journal, minutes, period

ALONE = {"reference": HERE["reference"]}


def control(folder: Path, *, days_ago: float = 1.0, **changed: int) -> None:
    header: dict[str, Any] = {"mode": "control", "digests": reference()}
    lived(folder / "shadow", f"control-{days_ago}", days_ago=days_ago, length=HOURS, header=header, **changed)


@pytest.mark.usefixtures("executable")
@pytest.mark.parametrize("severity", ["high", "low"])
def test_clean_hours_of_the_candidate_hide_no_noise(severity: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lived(tmp_path / "shadow", "one", days_ago=0.0)
    control(tmp_path, **{severity: 1})
    code, said, [found] = reported(tmp_path, capsys)
    assert (code, found.verdict, found.figure("noise"), found.figure(severity)) == (1, "DIVERGENCE", HOURS, 0), said
    assert f"control: {100 * HOURS:,} compared in {HOURS} minutes, {HOURS} differ: the noise floor" in said
    assert said.rstrip().endswith(f"0 of low, {HOURS} differences of the reference from itself")
    assert judged(tmp_path, capsys) == ("no-go", f"noise is {HOURS}, wanted at most 0")


@pytest.mark.usefixtures("executable")
def test_noise_alone_is_a_no_of_the_gate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    control(tmp_path, low=1)
    assert reported(tmp_path, capsys)[0] == 1
    lived(tmp_path / "shadow", "one", days_ago=0.0)
    (tmp_path / "shadow" / "journal-control-1.0.jsonl").unlink()
    assert reported(tmp_path, capsys)[0] == 0
    assert judged(tmp_path, capsys)[0] == "no-go"


@pytest.mark.usefixtures("executable")
def test_noise_of_before_the_period_is_not_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lived(tmp_path / "shadow", "one", days_ago=0.0)
    control(tmp_path, days_ago=5.0, low=1)
    since = datetime.datetime.fromtimestamp(time.time() - 3.0 * DAY, tz=datetime.UTC).isoformat()
    assert reported(tmp_path, capsys, "--since", since)[2][-1].figure("noise") == 0


def test_the_noise_floor_of_another_reference_is_of_another_build(tmp_path: Path) -> None:
    journal(tmp_path, "one", minutes(0, 2))
    journal(tmp_path, "two", minutes(0, 2, high=1), mode="control", digests={"reference": "x" * 64})
    found = period(tmp_path)
    assert (found.verdict, found.noise, found.foreign, found.foreign_found["high"]) == ("CLEAN", 0, 1, 2)


@pytest.mark.parametrize("severity", ["high", "low"])
def test_a_find_of_the_noise_floor_counts(severity: str, tmp_path: Path) -> None:
    written = Journal("reducer", ShadowSettings(folder=tmp_path, mode="control"), ALONE)
    assert written.keep("f", severity, "transition", Found([], 0.001, None, {"case": {}})) is not None
    other = Journal("reducer", ShadowSettings(folder=tmp_path, mode="control"), {"reference": "x"})
    assert other.keep("f", "high", "transition", Found([], 0.001, None, {"case": {}})) is not None
    journal(tmp_path, "one", minutes(0, 2))
    finds = finds_in(tmp_path, HERE)
    assert [find["control"] for find in finds] == [True]
    found = period(tmp_path).with_finds(finds)
    assert (found.noise, found.verdict, found.exit_code, found.counts[severity]) == (1, "DIVERGENCE", 1, 0)
    # What was counted already is not counted twice.
    journal(tmp_path, "two", minutes(0, 2, **{severity: 1}), mode="control", digests=ALONE)
    assert period(tmp_path).with_finds(finds).noise == 2


@pytest.mark.usefixtures("executable")
def test_a_report_names_a_find_of_the_noise_floor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lived(tmp_path / "shadow", "one", days_ago=0.0)
    known = {"severity": "low", "fingerprint": "f", "of": "transition", "digests": reference()}
    (tmp_path / "shadow" / "find-low-f-0.json").write_text(json.dumps({"case": {"a": 1}, "shadow": known}), encoding="utf-8")
    assert here() != reference()
    code, said, _ = reported(tmp_path, capsys)
    assert (code, "FIND parity replay" in said) == (1, True), said
