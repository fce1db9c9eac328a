"""A period is as old as its data, however often and however late it is reported on."""

from __future__ import annotations

import datetime
import time
from pathlib import Path

import pytest

from doge_shadow.journal import SLOT_SEC
from harness.gate.policy import read_policy
from harness.store.ledger import Ledger
from tests.gate.ledgers import fill, record
from tests.shadow.dated import DAY, HOURS, judged, lived, reference, reported

pytestmark = pytest.mark.usefixtures("executable")


def test_an_old_period_is_no_evidence_of_today(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, last = lived(tmp_path / "shadow", "one", days_ago=365.0)
    code, said, [found] = reported(tmp_path, capsys)
    assert (code, found.verdict) == (0, "CLEAN"), said
    assert (found.started_at, found.ended_at) == (first * SLOT_SEC, (last + 1) * SLOT_SEC)
    # When it was reported is told beside it.
    assert time.time() - found.made_at < DAY
    status, reason = judged(tmp_path, capsys)
    assert status == "cannot tell"
    assert "must be at most 7 days old" in reason


def test_a_young_period_is_a_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lived(tmp_path / "shadow", "one", days_ago=0.0)
    assert reported(tmp_path, capsys)[0] == 0
    assert judged(tmp_path, capsys)[0] == "go"


def test_an_old_pass_hides_no_later_failure_and_a_failure_grows_old(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lived(tmp_path / "shadow", "one", days_ago=1.0, high=1)
    assert reported(tmp_path, capsys)[0] == 1
    (tmp_path / "shadow" / "journal-one.jsonl").unlink()
    lived(tmp_path / "shadow", "two", days_ago=3.0)
    assert reported(tmp_path, capsys)[0] == 0
    status, reason = judged(tmp_path, capsys)
    assert (status, reason.startswith("high is ")) == ("no-go", True)


def test_an_old_failure_counts_as_its_age_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lived(tmp_path / "shadow", "one", days_ago=8.0, high=1, header={"started_at": 1.0})
    assert reported(tmp_path, capsys)[0] == 1
    assert judged(tmp_path, capsys)[0] == "cannot tell"


def test_the_last_attempt_is_the_one_that_was_made_last(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lived(tmp_path / "shadow", "one", days_ago=1.0)
    ledger = Ledger(f"sqlite:///{tmp_path / 'l.sqlite'}")
    stopped = record("shadow", "reducer", ident="stopped", ended_at=time.time() - 60.0, exit_code=130, verdict="INTERRUPTED")
    fill(ledger, [stopped])
    ledger.close()
    # Its data are older than the attempt that was stopped.
    assert reported(tmp_path, capsys)[0] == 0
    assert judged(tmp_path, capsys)[0] == "go"
    lived(tmp_path / "shadow", "two", days_ago=20.0, header={"mode": "unknown"})
    assert reported(tmp_path, capsys)[0] == 3
    assert judged(tmp_path, capsys) == ("cannot tell", "the last attempt ended with INCOMPLETE; make it again")


def test_an_acceptance_of_before_the_report_accepts_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lived(tmp_path / "shadow", "one", days_ago=1.0)
    [accepted] = [each for each in read_policy().criteria if each.id == "3.accepted"]
    signed = {"criterion": "3.accepted", "signed": accepted.signed, "name": "Ada", "reason": "read"}
    ledger = Ledger(f"sqlite:///{tmp_path / 'l.sqlite'}")
    fill(ledger, [record("sign-off", "reducer", ident="early", ended_at=time.time() - 60.0, details=signed)])
    ledger.close()
    # Its data end before the acceptance, and it was made after it.
    assert reported(tmp_path, capsys)[0] == 0
    status, reason = judged(tmp_path, capsys, "3.accepted/reducer")
    assert status == "cannot tell"
    assert "before there was evidence of 3.shadow" in reason


def test_a_part_of_a_period_has_its_own_times(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, last = lived(tmp_path / "shadow", "one", days_ago=1.0)
    ends = [(last + 1 - minutes) * SLOT_SEC - 30.0 for minutes in (10 * HOURS, 5 * HOURS)]
    since, until = (datetime.datetime.fromtimestamp(each, tz=datetime.UTC).isoformat() for each in ends)
    _, _, [found] = reported(tmp_path, capsys, "--since", since, "--until", until)
    assert [found.started_at, found.ended_at] == ends


def test_a_quiet_noise_floor_makes_a_period_no_younger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, last = lived(tmp_path / "shadow", "one", days_ago=30.0)
    _, today = lived(tmp_path / "shadow", "two", days_ago=0.0, header={"mode": "control", "digests": reference()})
    _, _, [found] = reported(tmp_path, capsys)
    assert found.ended_at == (last + 1) * SLOT_SEC
    (tmp_path / "shadow" / "journal-one.jsonl").unlink()
    _, said, records = reported(tmp_path, capsys)
    assert (records[-1].verdict, records[-1].ended_at) == ("CONTROL", (today + 1) * SLOT_SEC), said


def test_an_empty_period_has_the_time_of_its_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lived(tmp_path / "shadow", "one", days_ago=30.0, compared=0)
    code, _, [found] = reported(tmp_path, capsys)
    assert (code, found.verdict) == (3, "EMPTY")
    assert time.time() - found.made_at < DAY


def test_hours_of_long_ago_do_not_count_beside_a_call_of_today(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lived(tmp_path / "shadow", "old", days_ago=40.0)
    lived(tmp_path / "shadow", "new", days_ago=0.0, length=HOURS)
    code, said, [found] = reported(tmp_path, capsys)
    assert (code, found.figure("covered_hours"), found.figure("recent_hours")) == (0, 50.0, 1.0)
    assert "OLD: 49.0 h were covered more than 30 days before the last line" in said
    assert "CLEAN: 1.0 of 48 hours covered" in said
    assert judged(tmp_path, capsys)[0] == "cannot tell"
    # Hours of some days ago do, however they are spread.
    lived(tmp_path / "shadow", "between", days_ago=10.0, length=48 * HOURS)
    assert "OLD: 49.0 h" in reported(tmp_path, capsys)[1]
    assert judged(tmp_path, capsys)[0] == "go"


@pytest.mark.parametrize("option", ["--since", "--until"])
def test_times_without_a_line_leave_no_record(option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lived(tmp_path / "shadow", "one", days_ago=1.0)
    assert reported(tmp_path, capsys)[0] == 0
    at = datetime.datetime.fromtimestamp(time.time() - (0.5 if option == "--since" else 9.0) * DAY, tz=datetime.UTC)
    code, said, records = reported(tmp_path, capsys, option, at.isoformat())
    assert (code, len(records)) == (3, 1)
    assert "no line of the journals is within --since and --until: they are of 2" in said
    assert judged(tmp_path, capsys)[0] == "go"
