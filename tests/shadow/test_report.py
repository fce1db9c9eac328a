"""`parity shadow report`: what processes wrote down adds up honestly, and only what is here now counts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from doge_shadow.journal import FORMAT, SLOT_SEC, Journal
from doge_shadow.settings import ShadowSettings
from harness.gate.policy import read_policy
from harness.serve.shadows import Shadows
from harness.shadow.finds import finds_in
from harness.shadow.journals import JournalError, journals_in
from harness.shadow.period import period_of
from harness.subjects.registry import subject_called
from tests.shadow.watched import ROOT, drained, drive, planted, watching

HERE = {"reference": "r" * 64, "candidate": "c" * 64}
HOUR = 60
BOT = """
import sys, time, doge_core as sm
from tests.adapter.traffic import CONFIG, SIZE_USD, start, walk
held = start()
print("up", flush=True)
for _, event, _, _ in walk(int(sys.argv[1]), 100_000):
    held, _ = sm.transition(held, event, CONFIG, SIZE_USD)
    time.sleep(0.005)
"""


def journal(folder: Path, name: str, minutes: Mapping[int, Mapping[str, int]], **header: Any) -> None:
    """A journal as a shadow writes it."""
    folder.mkdir(exist_ok=True)
    known = {"format": FORMAT, "subject": "reducer", "mode": "candidate", "sample": 1.0, "started_at": 0.0, "digests": HERE}
    counted = [{"minute": minute, **counts} for minute, counts in minutes.items()]
    lines = [{**known, **header}, *counted, {"minute": 0, "last": True}]
    (folder / f"journal-{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def minutes(start: int, count: int, **changed: int) -> dict[int, dict[str, int]]:
    return {start + place: {"seen": 100, "compared": 100, **changed} for place in range(count)}


def period(folder: Path, here: Mapping[str, str] = HERE, **options: Any) -> Any:
    return period_of("reducer", journals_in(folder), here, **options)


def test_processes_add_up_and_a_minute_counts_once(tmp_path: Path) -> None:
    journal(tmp_path, "one", minutes(0, 2 * HOUR))
    journal(tmp_path, "two", minutes(HOUR, 2 * HOUR))
    found = period(tmp_path)
    assert found.covered_hours == 3.0
    assert (found.counts["seen"], found.counts["compared"], found.coverage) == (24_000, 24_000, 1.0)
    assert (found.verdict, found.exit_code, found.processes, found.gaps) == ("CLEAN", 0, 2, [])


def test_time_without_calls_is_not_covered(tmp_path: Path) -> None:
    journal(tmp_path, "one", {**minutes(0, HOUR), **minutes(3 * HOUR, HOUR)})
    found = period(tmp_path)
    assert found.covered_hours == 2.0
    assert [(gap.start, gap.hours) for gap in found.gaps] == [(HOUR * SLOT_SEC, 2.0)]


def test_a_minute_whose_calls_were_dropped_is_not_covered(tmp_path: Path) -> None:
    journal(tmp_path, "one", {**minutes(0, 10), **minutes(10, 10, compared=50, dropped=50), **minutes(20, 10, compared=0)})
    found = period(tmp_path)
    assert found.covered_minutes == 10
    assert found.coverage == pytest.approx(0.5)
    assert found.counts["dropped"] == 500


def test_a_sample_covers_its_minutes_and_says_its_share(tmp_path: Path) -> None:
    journal(tmp_path, "one", minutes(0, 10, compared=10, unsampled=90), sample=0.1)
    found = period(tmp_path)
    assert (found.covered_minutes, found.coverage) == (10, pytest.approx(0.1))


@pytest.mark.parametrize("digests", [{}, {"reference": "r" * 64}, {**HERE, "candidate": "d" * 64}, {**HERE, "more": "x"}])
def test_another_build_counts_nothing(digests: dict[str, str], tmp_path: Path) -> None:
    journal(tmp_path, "one", minutes(0, HOUR, high=1), digests=digests)
    found = period(tmp_path)
    assert (found.covered_hours, found.foreign, found.verdict, found.exit_code) == (0.0, 1, "EMPTY", 3)


def test_control_is_the_noise_floor_and_covers_nothing(tmp_path: Path) -> None:
    journal(tmp_path, "one", minutes(0, HOUR, low=2), mode="control", digests={"reference": "r" * 64})
    found = period(tmp_path)
    assert (found.covered_hours, found.foreign, found.verdict, found.exit_code) == (0.0, 0, "DIVERGENCE", 1)
    assert (found.control["compared"], found.control["low"]) == (6000, 120)
    journal(tmp_path, "one", minutes(0, HOUR), mode="control", digests={"reference": "r" * 64})
    assert (period(tmp_path).verdict, period(tmp_path).exit_code) == ("CONTROL", 0)


def test_high_is_a_no_and_low_is_told(tmp_path: Path) -> None:
    journal(tmp_path, "one", minutes(0, 2, low=1))
    assert (period(tmp_path).verdict, period(tmp_path).exit_code) == ("DIVERGENCE", 0)
    journal(tmp_path, "two", minutes(0, 1, high=1))
    assert (period(tmp_path).verdict, period(tmp_path).exit_code) == ("DIVERGENCE", 1)


def test_a_find_of_a_process_that_was_killed_before_it_counted_is_a_no(tmp_path: Path) -> None:
    journal(tmp_path, "one", minutes(0, 2))
    for severity, digests in ("high", HERE), ("low", HERE), ("high", {"reference": "x"}):
        known = {"severity": severity, "fingerprint": "f", "digests": digests}
        document = {"case": {}, "divergence": {"path": "state"}, "shadow": known}
        (tmp_path / f"find-{severity}-{len(digests)}.json").write_text(json.dumps(document), encoding="utf-8")
    found = period(tmp_path).with_finds(finds_in(tmp_path, HERE))
    assert (found.counts["high"], found.counts["low"], found.verdict, found.exit_code) == (1, 1, "DIVERGENCE", 1)
    nothing = period(tmp_path, since=1e9).with_finds(finds_in(tmp_path, HERE))
    assert (nothing.verdict, nothing.exit_code) == ("DIVERGENCE", 1)


def test_a_journal_without_its_header_is_not_passed_over(tmp_path: Path) -> None:
    journal(tmp_path, "one", minutes(0, 2, high=1))
    path = tmp_path / "journal-one.jsonl"
    path.write_text(path.read_text(encoding="utf-8")[5:], encoding="utf-8")
    journal(tmp_path, "two", minutes(0, 2))
    found = period(tmp_path)
    # The other one counts, and nobody may call clean what could not be read.
    assert (found.counts["compared"], found.verdict, found.exit_code) == (200, "INCOMPLETE", 3)
    [sentence] = found.unread
    assert "journal-one.jsonl: its first line cannot be read" in sentence
    journal(tmp_path, "three", minutes(0, 2, low=1))
    assert (period(tmp_path).verdict, period(tmp_path).exit_code) == ("DIVERGENCE", 3)
    journal(tmp_path, "four", minutes(0, 2, high=1))
    assert (period(tmp_path).verdict, period(tmp_path).exit_code) == ("DIVERGENCE", 1)


def test_a_disk_that_takes_half_a_line_spoils_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = Journal("reducer", ShadowSettings(folder=tmp_path), HERE)
    real = Path.open

    @contextmanager
    def full(path: Path, *words: Any, **named: Any) -> Iterator[Any]:
        with real(path, *words, **named) as file:
            yield SimpleNamespace(write=lambda text: refuse(file, text))

    def refuse(file: Any, text: str) -> None:
        file.write(text[: len(text) // 2])
        raise OSError(28, "No space left on device")

    for number in range(3):
        written.count("seen")
        written.count("high")
        with monkeypatch.context() as context:
            if number != 1:
                context.setattr(Path, "open", full)
            written.flush(time.time(), now=True)
    written.flush(time.time(), now=True)
    [found] = journals_in(tmp_path).read
    assert (found.damaged, sum(counts["high"] for counts in found.minutes.values())) == (0, 3)


def test_the_gate_wants_coverage_of_both_shadows() -> None:
    """A sample of a thousandth covers its minutes, and shows next to nothing."""
    for criterion in (each for each in read_policy().criteria if each.kind == "shadow"):
        assert [rule.at_least for rule in criterion.rules if rule.figure == "coverage"] == [0.99], criterion.id


def test_a_period_has_a_beginning_and_an_end(tmp_path: Path) -> None:
    journal(tmp_path, "one", minutes(0, HOUR))
    assert period(tmp_path, since=30 * SLOT_SEC).covered_minutes == 30
    assert period(tmp_path, until=30 * SLOT_SEC).covered_minutes == 30
    assert period(tmp_path, since=1e9).verdict == "EMPTY"


@pytest.mark.parametrize(
    "line",
    [
        '{"minute": 5, "seen": 1',
        '{"minute": 5, "seen": -1}',
        '{"minute": "5"}',
        "[]",
        '{"minute": 5, "seen": true}',
        "\x00",
        '{"minute": -5, "seen": 1, "compared": 1}',
        '{"minute": 1000000000, "seen": 1, "compared": 1}',
        f'{{"minute": 1{"0" * 400}, "seen": 1, "compared": 1}}',
        f'{{"minute": 5, "seen": 1{"0" * 400}, "compared": 1}}',
    ],
)
def test_a_line_that_cannot_be_read_is_counted(line: str, tmp_path: Path) -> None:
    journal(tmp_path, "one", minutes(0, 2))
    with (tmp_path / "journal-one.jsonl").open("a", encoding="utf-8") as file:
        file.write(line)
    found = period(tmp_path)
    # Whoever wrote half a line did not end in order: the last minute that is known may have had more calls.
    assert (found.damaged, found.covered_minutes) == (1, 1)


def test_what_is_no_journal_is_said(tmp_path: Path) -> None:
    (tmp_path / "journal-other.jsonl").write_text('{"format": "x"}\n', encoding="utf-8")
    journal(tmp_path, "wrong", minutes(0, 2), mode="Control")
    (tmp_path / "journal-folder.jsonl").mkdir()
    (tmp_path / "journal-gone.jsonl").symlink_to(tmp_path / "nowhere")
    folder, gone, other, wrong = period(tmp_path).unread
    assert folder.endswith("journal-folder.jsonl: cannot be read (Is a directory)")
    assert gone.endswith("journal-gone.jsonl: cannot be read (No such file or directory)")
    assert "is not a journal of this version" in other
    assert "malformed" in wrong
    with pytest.raises(JournalError, match="is no folder"):
        journals_in(tmp_path / "nothing")


def report(folder: Path, ledger: str, *options: str) -> tuple[int, str]:
    words = [sys.executable, "-m", "harness", "shadow", "report", "--dir", str(folder / "shadow"), "--ledger", ledger, *options]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    return ended.returncode, ended.stdout + ended.stderr


def test_a_bot_that_is_killed_and_restarted_adds_up(tmp_path: Path, executable: Path) -> None:
    environment = {
        **os.environ,
        "DOGE_CORE_SHADOW": "1",
        "DOGE_CORE_SHADOW_DIR": str(tmp_path / "shadow"),
        "DOGE_CORE_EXE": str(executable),
        "PYTHONPATH": str(ROOT),
    }
    for turn in range(10):
        words = [sys.executable, "-c", BOT, str(turn)]
        with subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as bot:
            assert bot.stdout is not None
            assert bot.stdout.readline() == b"up\n"
            # One of them lives long enough to write a line.
            time.sleep(11.0 if turn == 0 else 0.5)
            bot.send_signal(signal.SIGKILL)
    code, said = report(tmp_path, f"sqlite:///{tmp_path / 'l.sqlite'}", "--json")
    assert code == 0, said
    found = json.loads(said)
    # Each wrote a line with its first call. Of none is it known what it saw last.
    assert found["processes"] == 10
    assert 0 < found["compared"] <= found["seen"]
    assert found["covered_hours"] * HOUR <= 1
    assert (found["high"], found["low"], found["failures"]) == (0, 0, 0)


def test_the_gate_reads_it_and_names_what_is_missing(tmp_path: Path, executable: Path) -> None:
    ledger = f"sqlite:///{tmp_path / 'l.sqlite'}"
    with watching(tmp_path, str(executable)) as watched:
        drive(watched, 30)
        drained(watched)
    code, said = report(tmp_path, ledger)
    assert code == 0, said
    assert "CLEAN: 0.0 of 48 hours covered, 100.00 % of the calls, 0 divergent of high severity, 0 of low" in said
    words = [sys.executable, "-m", "harness", "gate", "explain", "3.shadow", "--ledger", ledger]
    explained = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False).stdout
    assert "cannot tell" in explained
    assert "needs at least 48" in explained


def test_a_wrong_candidate_is_a_no(tmp_path: Path) -> None:
    with watching(tmp_path, planted(tmp_path, "naive_rounding")) as watched:
        drive(watched, 1500, seed=5)
        drained(watched)
    [path] = (tmp_path / "shadow").glob("journal-*.jsonl")
    text = path.read_text(encoding="utf-8")
    # As if the wrong candidate were the one that is here.
    from harness.subjects.registry import subject_called

    here = subject_called("reducer").shadowed()
    header = json.dumps({**json.loads(text.splitlines()[0]), "digests": here})
    path.write_text(header + "\n" + text.partition("\n")[2], encoding="utf-8")
    code, said = report(tmp_path, f"sqlite:///{tmp_path / 'l.sqlite'}")
    # The finds are those of another build still.
    assert (code, "FIND" in said) == (1, False), said
    for find in (tmp_path / "shadow").glob("find-*.json"):
        document = json.loads(find.read_text(encoding="utf-8"))
        document["shadow"]["digests"] = here
        find.write_text(json.dumps(document), encoding="utf-8")
    code, said = report(tmp_path, f"sqlite:///{tmp_path / 'l.sqlite'}")
    assert code == 1, said
    assert "DIVERGENCE: 0.0 of 48 hours covered" in said
    assert "FIND parity replay" in said


def test_the_live_page_counts_a_divergence_whose_count_was_lost(tmp_path: Path) -> None:
    here = subject_called("reducer").shadowed()
    assert here is not None
    journal(tmp_path, "one", minutes(0, 3), digests=here)
    [clean] = [each for each in Shadows(tmp_path).status() if each["subject"] == "reducer"]
    kept = {"subject": "reducer", "shadow": {"severity": "high", "fingerprint": "f", "of": "transition", "digests": here}}
    (tmp_path / "find-high-f-0.json").write_text(json.dumps(kept))
    [found] = [each for each in Shadows(tmp_path).status() if each["subject"] == "reducer"]
    assert (clean["verdict"], clean["high"]) == ("CLEAN", 0)
    assert (found["verdict"], found["high"], found["finds"]) == ("DIVERGENCE", 1, 1)
