"""What `parity shadow report` says of a period that the gate will not have, and of a folder that holds none."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from doge_shadow.journal import FAILURE
from tests.shadow.dated import DAY, here, judged, lived, reported

pytestmark = pytest.mark.usefixtures("right", "executable")
CAUSES: dict[str, int] = {"failures": 3, f"{FAILURE}timeout": 2, f"{FAILURE}died": 1}


def test_failures_are_told_where_the_gate_allows_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header: dict[str, Any] = {"subject": "detector", "digests": here("detector")}
    # A call that failed once and was answered when it was asked again.
    lived(tmp_path / "shadow", "one", days_ago=0.0, header=header)
    lived(tmp_path / "shadow", "two", days_ago=0.0, length=1, header=header, **CAUSES)
    code, said, [found] = reported(tmp_path, capsys, subject="detector")
    assert (code, found.verdict) == (0, "CLEAN"), said
    assert "NO GO failures: 3 (timeout 2, died 1); 4.errors allows none\n" in said
    assert judged(tmp_path, capsys, "4.errors/detector") == ("no-go", "failures is 3, wanted at most 0")
    _, data, _ = reported(tmp_path, capsys, "--json", subject="detector")
    assert json.loads(data)["breaks"] == ["NO GO failures: 3 (timeout 2, died 1); 4.errors allows none"]


def test_a_sample_is_told_to_be_too_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lived(tmp_path / "shadow", "one", days_ago=0.0, compared=10, unsampled=90, header={"sample": 0.1})
    code, said, _ = reported(tmp_path, capsys)
    assert code == 0
    assert "NO GO coverage: 0.1; 3.shadow wants at least 0.99\n" in said
    assert "failures" not in said.partition("NO GO")[2]


def test_a_good_period_breaks_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lived(tmp_path / "shadow", "one", days_ago=0.0)
    assert "NO GO" not in reported(tmp_path, capsys)[1]


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_folder_without_journals_takes_nothing_from_an_earlier_period(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lived(tmp_path / "shadow", "one", days_ago=0.0)
    reported(tmp_path, capsys)
    other = {"subject": "detector", "digests": here("detector")}
    (tmp_path / "shadow" / "journal-one.jsonl").unlink()
    for _ in range(2):
        # An empty folder first, and then one of another subject alone.
        code, said, records = reported(tmp_path, capsys, *words)
        assert (code, len(records)) == (3, 1)
        why = f"no journals of the reducer in {tmp_path / 'shadow'}"
        if words:
            data = json.loads(said)
            assert (data["verdict"], data["evidence"], data["reason"].startswith(why)) == ("EMPTY", None, True)
        else:
            assert said.startswith(f"EMPTY: {why}; name the folder")
            assert said.endswith("This leaves no evidence\n")
        lived(tmp_path / "shadow", "two", days_ago=0.0, header=other)
    assert judged(tmp_path, capsys)[0] == "go"


def test_a_find_without_a_journal_is_no_empty_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shadow").mkdir()
    (tmp_path / "shadow" / "find-high-f-0.json").write_text("", encoding="utf-8")
    code, _, [found] = reported(tmp_path, capsys)
    assert (code, found.verdict) == (1, "DIVERGENCE")


def test_what_is_of_another_build_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = {"digests": {**here(), "candidate": "d" * 64}}
    lived(tmp_path / "shadow", "one", days_ago=0.0, length=2, header=other, low=1, senseless=2, failures=2)
    code, said, [found] = reported(tmp_path, capsys)
    assert (code, found.verdict) == (3, "EMPTY")
    assert (
        "1 journal of another reference or candidate left out, with 0 divergent of high severity, 2 of low, 4 without sense"
        in said
    )
    assert "Set what names the bot's candidate here as well" in said
    assert said.rstrip().endswith("EMPTY: no call was seen")


def test_an_empty_period_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    causes = {f"{FAILURE}resting": 98, f"{FAILURE}persistent:timeout": 2}
    lived(tmp_path / "shadow", "one", days_ago=0.0, length=2, compared=0, failures=100, **causes)
    _, said, _ = reported(tmp_path, capsys)
    assert "failures by cause: persistent:timeout 4, resting 196\n" in said
    assert said.rstrip().endswith("EMPTY: the candidate answered none of 200 calls: persistent:timeout, see the runbook")


def test_a_time_that_is_still_to_come_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lived(tmp_path / "shadow", "one", days_ago=0.0)
    code, said, records = reported(tmp_path, capsys, "--since", "2999-01-01T00:00:00+00:00")
    assert (code, records) == (2, [])
    assert "is still to come" in said


def test_processes_without_a_last_line_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lived(tmp_path / "shadow", "one", days_ago=0.0)
    assert "without a last line" not in reported(tmp_path, capsys)[1]
    path = tmp_path / "shadow" / "journal-one.jsonl"
    path.write_text("\n".join(path.read_text(encoding="utf-8").splitlines()[:-1]) + "\n", encoding="utf-8")
    assert "1 process of them without a last line: running, killed, or ended by SIGTERM" in reported(tmp_path, capsys)[1]


def test_a_bot_that_measures_the_noise_floor_is_seen_to_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now = int(time.time())
    lived(tmp_path / "shadow", "one", days_ago=3.0, to=now - 3 * int(DAY))
    header: dict[str, Any] = {"mode": "control", "digests": {"reference": here()["reference"]}}
    lived(tmp_path / "shadow", "two", days_ago=0.0, length=30, header=header, to=now)
    said = reported(tmp_path, capsys)[1]
    assert "control: 3,000 compared in 30 minutes, 0 differ" in said
    [last] = [line for line in said.splitlines() if line.startswith("last line: ")]
    assert last.endswith(("just now", "second ago", "seconds ago", "minute ago", "minutes ago")), last


def test_a_period_that_is_short_and_breaks_a_rule_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header: dict[str, Any] = {"subject": "detector", "digests": here("detector")}
    lived(tmp_path / "shadow", "one", days_ago=0.0, length=2, header=header, **CAUSES)
    reported(tmp_path, capsys, subject="detector")
    status, reason = judged(tmp_path, capsys, "4.errors/detector")
    assert status == "cannot tell"
    assert reason.endswith("needs at least 48; already failures is 6, wanted at most 0")
