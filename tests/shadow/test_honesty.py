"""What a shadow says is true though something of its own goes wrong: its disk, its comparison, its candidate."""

from __future__ import annotations

import json
import logging
import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from doge_shadow import journal as journal_module
from doge_shadow import shadow as shadow_module
from doge_shadow.face import Found
from doge_shadow.judging import Difference
from tests.adapter.traffic import start
from tests.shadow.test_report import period
from tests.shadow.watched import drained, drive, finds, journal_lines, planted, watching, wrong


def test_a_disk_that_is_full_is_counted_and_hides_no_divergence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.WARNING, logger="doge_shadow")
    # What fails is tried again only after a time that no busy machine reaches here.
    monkeypatch.setattr(journal_module, "FLUSH_SEC", 1e9)
    monkeypatch.setattr(journal_module, "SLOT_SEC", 1e12)
    monkeypatch.setattr(journal_module, "RESERVE_BYTES", 0)
    with watching(tmp_path, wrong(tmp_path, "forgets_losses"), disk_mib=0.0001) as watched:
        drive(watched, 600, seed=5)
        assert watched.shadow.drain(60.0)
        time.sleep(0.2)
        journal = watched.shadow._journal
        assert journal is not None
        journal.flush(time.time(), now=True)
        assert not journal.path.exists()
        # There is room again.
        journal._disk_bytes = 10**9
        watched.shadow.stop()
        found = watched.metrics()
    assert found["severities"]["low"] > 0
    # Once for the find and once for the line, and not once for each time that the thread looked.
    assert 1 <= found["failures"]["journal"] <= 3
    told = [record.getMessage() for record in caplog.records if "holds as much as" in record.getMessage()]
    assert len(told) == 1
    assert "DOGE_SHADOW_DISK_MIB" in told[0]
    [line] = journal_lines(tmp_path)
    assert line["low"] == found["severities"]["low"]
    # What could not be written down when it was compared is not covered.
    assert line.get("compared", 0) == 0


def test_another_executable_has_a_journal_of_its_own(tmp_path: Path) -> None:
    exe = Path(planted(tmp_path, "parity"))
    with watching(tmp_path, str(exe)) as watched:
        drive(watched, 30)
        assert watched.shadow.drain(60.0)
        time.sleep(0.2)
        exe.write_text(exe.read_text(encoding="utf-8") + "# built anew\n", encoding="utf-8")
        running = watched.comparer._client.pid()
        assert running is not None
        os.kill(running, signal.SIGKILL)
        drive(watched, 30)
        drained(watched)
    headers = [json.loads(path.read_text().splitlines()[0]) for path in (tmp_path / "shadow").glob("journal-*.jsonl")]
    assert len({header["digests"]["candidate"] for header in headers}) == 2
    assert len({header["digests"]["reference"] for header in headers}) == 1
    assert sum(line.get("compared", 0) for line in journal_lines(tmp_path)) == 120


def test_a_comparison_that_goes_wrong_ends_nothing(tmp_path: Path, executable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with watching(tmp_path, str(executable)) as watched:
        right, turns = watched.comparer.compare, iter(range(10**6))

        def broken() -> dict[str, object]:
            raise RuntimeError("a fault of the shadow itself")

        def compare(call: object) -> object:
            if next(turns) == 5:
                return Found([Difference(("state", "now"), "value", 1.0, 2.0)], 0.001, None, broken)
            return right(call)

        monkeypatch.setattr(watched.comparer, "compare", compare)
        drive(watched, 20)
        found = drained(watched)
    assert found["failures"] == {"comparing": 1}
    assert found["compared"] == 40
    assert "a fault of the shadow itself" in found["last_shadow_error"]


def test_a_call_that_was_counted_and_does_not_wait_yet_is_not_dropped(tmp_path: Path, executable: Path) -> None:
    with watching(tmp_path, str(executable)) as watched:
        drive(watched, 1)
        assert watched.shadow.drain(30.0)
        noting = watched.shadow.begin()
        assert noting is not None
        # The bot's thread is interrupted between the two.
        noting.step()
        time.sleep(0.3)
        assert watched.metrics()["dropped"] == 0
        watched.shadow.stop()
    [*before, last] = journal_lines(tmp_path)
    assert sum(line.get("dropped", 0) for line in before) == 0
    # It never came, so that the end counts it.
    assert last["dropped"] == 1


def test_a_call_that_comes_while_the_last_line_is_written_is_in_no_line(
    tmp_path: Path, executable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow_module.Shadow, "_work_while_idle", lambda _shadow, _seen: None)
    with watching(tmp_path, str(executable)) as watched:
        drive(watched, 1)
        counts, state = watched.shadow._tally.counts, start()

        def meanwhile() -> Counter[str]:
            found = counts()
            watched.shadow.note((1, state, ()))
            return found

        monkeypatch.setattr(watched.shadow._tally, "counts", meanwhile)
        watched.shadow.stop(0.0)
    lines = journal_lines(tmp_path)
    assert sum(line.get("seen", 0) for line in lines) == sum(line.get("dropped", 0) for line in lines) >= 2


def test_a_full_folder_still_takes_counts(tmp_path: Path) -> None:
    (tmp_path / "shadow").mkdir()
    (tmp_path / "shadow" / "big").write_bytes(bytes(200_000))
    with watching(tmp_path, wrong(tmp_path, "forgets_losses"), disk_mib=0.1) as watched:
        drive(watched, 600, seed=5)
        found = drained(watched)
    lines = journal_lines(tmp_path)
    assert sum(line.get("low", 0) for line in lines) == found["severities"]["low"] > 0
    assert finds(tmp_path) == []
    # Each of these lines says that it has no room.
    assert sum(line.get("failure:journal", 0) for line in lines) == len(lines)
    assert lines[-1]["last"]
    here = watched.comparer.identity()
    assert (period(tmp_path / "shadow", here=here).verdict, lines[-1]["failures"]) == ("DIVERGENCE", 1)
