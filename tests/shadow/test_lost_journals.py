"""What a process does not write down, or is taken from it, is never told as clean."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import doge_core
from doge_shadow import journal as journal_module
from doge_shadow import shadow as shadow_module
from doge_shadow.face import Found
from doge_shadow.journal import FAILURE, SLOT_SEC, Journal
from doge_shadow.judging import Difference
from doge_shadow.metrics import Metrics
from doge_shadow.settings import ShadowSettings
from harness.shadow.finds import finds_in
from harness.shadow.journals import journals_in
from tests.shadow.test_report import HERE, journal, minutes, period
from tests.shadow.watched import ROOT, drained, drive, finds, flawed, journal_lines, watching, wrong

HIGH = Difference(("actions",), "value", 1.0, 2.0, "high")
LOW = Difference(("actions",), "value", 1.0, 2.0, "low")


@pytest.mark.parametrize("emptied", [False, True])
def test_a_journal_that_was_taken_away_begins_anew(emptied: bool, tmp_path: Path) -> None:
    written = Journal("reducer", ShadowSettings(folder=tmp_path / "s"), HERE)
    for _ in range(2):
        written.count("seen")
        written.count("compared")
        written.flush(time.time(), now=True)
        if emptied:
            written.path.write_text("", encoding="utf-8")
        else:
            shutil.rmtree(tmp_path / "s")
    written.count("seen")
    written.flush(time.time(), last=True)
    [found] = journals_in(tmp_path / "s").read
    assert (found.digests, found.ended, sum(counts["seen"] for counts in found.minutes.values())) == (HERE, True, 1)


def test_a_process_that_was_killed_covers_no_minute_that_it_may_not_have_counted(tmp_path: Path) -> None:
    journal(tmp_path, "whole", minutes(0, 10))
    path = tmp_path / "journal-whole.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    assert period(tmp_path).covered_minutes == 10
    ending = {"minute": 8, "to": 9 * SLOT_SEC - 1.0, "seen": 1, "compared": 1}
    # Killed a second before the ninth minute ended: the tenth may have had calls of it as well.
    path.write_text("\n".join([*lines[:-3], json.dumps(ending)]) + "\n", encoding="utf-8")
    journal(tmp_path, "other", minutes(9, 2))
    found = period(tmp_path)
    assert found.covered_minutes == 8 + 1


def test_the_first_call_is_written_at_once(tmp_path: Path, executable: Path) -> None:
    with watching(tmp_path, str(executable)) as watched:
        drive(watched, 1)
        give_up = time.monotonic() + 5.0
        while not any(path.stat().st_size for path in (tmp_path / "shadow").glob("*")) and time.monotonic() < give_up:
            time.sleep(0.01)
        [line] = journal_lines(tmp_path)
        assert line["seen"] >= 1
        assert "last" not in line


def test_minutes_without_a_call_are_not_covered_by_a_backlog(tmp_path: Path) -> None:
    journal(tmp_path, "one", {0: {"seen": 300, "compared": 20}, **minutes(1, 5, seen=0, compared=56)})
    assert period(tmp_path).covered_minutes == 0


def test_a_backlog_is_written_down_while_it_is_worked_off(
    tmp_path: Path, executable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow_module, "WRITE_SEC", 0.0)
    monkeypatch.setattr(journal_module, "FLUSH_SEC", 0.05)
    with watching(tmp_path, str(executable)) as watched:
        right = watched.comparer.compare

        def slow(call: object) -> Found:
            time.sleep(0.02)
            return right(call)

        monkeypatch.setattr(watched.comparer, "compare", slow)
        drive(watched, 15)
        assert watched.shadow.drain(30.0)
        lines = journal_lines(tmp_path)
    assert len([line for line in lines if line.get("compared")]) >= 5


def test_a_bot_whose_executable_is_missing_is_seen_and_not_covered(tmp_path: Path) -> None:
    journal(tmp_path, "one", minutes(0, 10))
    journal(tmp_path, "two", minutes(0, 10, compared=0, failures=100), digests={"reference": "r" * 64})
    found = period(tmp_path)
    assert (found.processes, found.coverage, found.covered_minutes, found.foreign) == (2, 0.5, 0, 0)


def test_the_journals_of_another_build_say_what_they_found(tmp_path: Path) -> None:
    journal(tmp_path, "one", minutes(0, 10, high=2), digests={**HERE, "candidate": "d" * 64})
    assert (period(tmp_path).foreign, period(tmp_path).foreign_found["high"]) == (1, 20)


@pytest.mark.parametrize("flaw", ["wrong-value", "garbage"])
def test_an_answer_without_sense_is_a_no(flaw: str, tmp_path: Path) -> None:
    with watching(tmp_path, flawed(tmp_path, flaw)) as watched:
        drive(watched, 4)
        found = drained(watched)
        here = watched.comparer.identity()
    [cause] = [cause for cause in found["failures"] if cause in watched.shadow.senseless]
    counted = sum(line.get("senseless", 0) for line in journal_lines(tmp_path))
    assert counted == found["failures"][cause] > 0
    assert sum(line.get(f"{FAILURE}{cause}", 0) for line in journal_lines(tmp_path)) == counted
    whole = period(tmp_path / "shadow", here=here)
    assert (whole.verdict, whole.exit_code, whole.causes[cause]) == ("DIVERGENCE", 1, counted)


def test_a_high_divergence_is_kept_beside_a_low_one_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    turns = iter([LOW, HIGH, HIGH])
    with watching(tmp_path) as watched:
        monkeypatch.setattr(watched.comparer, "compare", lambda _call: Found([next(turns)], 0.001, None, {"case": None}))
        for _ in range(3):
            watched.shadow.note((1, None, ()))
        drained(watched)
    assert sorted(path.name.split("-")[1] for path in finds(tmp_path)) == ["high", "low"]
    # Each is told once.
    assert len([record for record in caplog.records if " severity, " in record.getMessage()]) == 2


def test_a_find_that_could_not_be_written_is_written_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "FLUSH_SEC", 0.0)
    (tmp_path / "shadow").write_text("a file in the folder's place", encoding="utf-8")
    with watching(tmp_path) as watched:
        found = Found([HIGH], 0.001, None, {"case": None})
        monkeypatch.setattr(watched.comparer, "compare", lambda _call: found)
        watched.shadow.note((1, None, ()))
        assert watched.shadow.drain(10.0)
        time.sleep(0.1)
        (tmp_path / "shadow").unlink()
        watched.shadow.note((1, None, ()))
        drained(watched)
    assert len(finds(tmp_path)) == 1


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"shadow": 1}', '{"shadow": {"digests": {}, "severity": "odd", "fingerprint": "f"}}']
)
@pytest.mark.parametrize(("name", "severity"), [("find-high-f-0", "high"), ("find-low-f-0", "low"), ("find-odd", "high")])
def test_a_find_that_cannot_be_read_counts(name: str, severity: str, text: str, tmp_path: Path) -> None:
    here: dict[str, str] = {}
    journal(tmp_path, "one", minutes(0, 2), digests=here)
    (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    found = period(tmp_path, here=here).with_finds(finds_in(tmp_path, here))
    assert (found.counts[severity], found.verdict) == (1, "DIVERGENCE")


def test_counts_that_begin_anew_keep_what_waits(tmp_path: Path, executable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with watching(tmp_path, str(executable)) as watched:
        with monkeypatch.context() as held:
            held.setattr(shadow_module.Shadow, "_work_while_idle", lambda _shadow, _seen: None)
            drive(watched, 20)
            watched.shadow.reset()
            assert watched.metrics()["calls"] == 40
        found = drained(watched)
    assert (found["calls"], found["compared"], found["coverage"]) == (40, 40, 1.0)


def test_an_invariants_find_replays(tmp_path: Path) -> None:
    with watching(tmp_path, wrong(tmp_path, "sees_violations")) as watched:
        drive(watched, 3)
        drained(watched)
    [path] = finds(tmp_path)
    assert json.loads(path.read_text(encoding="utf-8"))["divergence"]["path"].startswith("$.violations")
    words = [sys.executable, "-m", "harness", "replay", str(path)]
    replayed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert replayed.returncode == 1, replayed.stdout + replayed.stderr
    assert "a violation that there is not" in replayed.stdout


def test_the_last_error_says_what_is_wrong(tmp_path: Path) -> None:
    with watching(tmp_path, str(tmp_path / "nowhere")) as watched:
        drive(watched, 5)
        found = drained(watched)
    assert found["failures"]["resting"] > 0
    assert "nowhere" in found["last_shadow_error"]
    metrics = Metrics()
    for cause, sentence in ("missing", "there is no such file"), ("resting", "it is given a pause"):
        metrics.failed(cause, sentence)
    assert metrics.last_error == "there is no such file"


@pytest.mark.parametrize("backend", ["auto", "python"])
def test_who_turns_the_shadow_off_is_told_who_answers_then(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DOGE_CORE_BACKEND", backend)
    monkeypatch.setenv("DOGE_CORE_SHADOW", "1")
    monkeypatch.setenv("DOGE_CORE_SHADOW_DIR", str(tmp_path))
    doge_core.reset()
    assert doge_core.status()["backend"] == "python"
    told = [record.getMessage() for record in caplog.records if "`auto` takes the candidate" in record.getMessage()]
    assert len(told) == (backend == "auto")
    monkeypatch.delenv("DOGE_CORE_SHADOW")
    doge_core.reset()
    # As the runbook says.
    assert (doge_core.status()["backend"] == "python") == (backend == "python")
    monkeypatch.undo()
    doge_core.reset()


def test_a_divergence_is_counted_before_it_is_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    with watching(tmp_path) as watched:

        def keep(*_: object) -> None:
            seen.append(watched.metrics()["total_divergences"])

        monkeypatch.setattr(Journal, "keep", keep)
        monkeypatch.setattr(watched.comparer, "compare", lambda _call: Found([HIGH], 0.001, None, {"case": None}))
        watched.shadow.note((1, None, ()))
        drained(watched)
    # A disk may take its time, and a status page must not show a clean count meanwhile.
    assert seen == [1]


def test_a_backlog_of_before_is_no_more_than_all(tmp_path: Path) -> None:
    journal(tmp_path, "one", {0: {"seen": 300, "compared": 100}, 1: {"seen": 100, "compared": 300}})
    assert period(tmp_path, since=SLOT_SEC).coverage == 1.0
    assert period(tmp_path).coverage == 1.0
    assert period(tmp_path, until=SLOT_SEC).coverage == pytest.approx(1 / 3)


def test_a_find_that_cannot_be_written_is_not_tried_at_every_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Journal("reducer", ShadowSettings(folder=tmp_path / "file" / "shadow"), HERE)
    (tmp_path / "file").write_text("a file in the folder's place", encoding="utf-8")
    asked: list[int] = []

    def document() -> dict[str, object]:
        asked.append(1)
        return {"case": None}

    for _ in range(5):
        # The folder is made first, and nothing is spelled out for one that cannot be.
        assert written.keep("f", "high", "transition", Found([HIGH], 0.001, None, document)) is None
    assert (asked, len(written._keep_at)) == ([], 1)
    (tmp_path / "file").unlink()
    assert written.keep("f", "high", "transition", Found([HIGH], 0.001, None, document)) is None
    monkeypatch.setattr(written, "_keep_at", dict.fromkeys(written._keep_at, 0.0))
    assert written.keep("f", "high", "transition", Found([HIGH], 0.001, None, document)) is not None
