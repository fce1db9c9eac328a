"""Telemetry does no harm: not to the bot, whatever its machine refuses, and not to what is recorded already."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import doge_telemetry.recorder as recorder_module
from doge_telemetry.recorder import Recorder, recorder_for
from doge_telemetry.usage import Usage
from harness.telemetry.recordings import counted, read_recording

ROOT = Path(__file__).resolve().parents[2]


def test_a_line_that_was_cut_off_takes_no_other_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"process": "another, that was killed')
    found = Recorder(path)
    found.note("loop", 0.001)
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda number, data, write=os.write: write(number, data[: len(data) // 2]))
        found.end_block()
    found.note("loop", 0.001)
    found.close()
    recording = read_recording(path)
    assert (counted(recording.blocks, "loop"), recording.damaged) == (2, 2)


def test_a_pipe_that_nobody_reads_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.jsonl")
    program = "import sys\nfrom pathlib import Path\nfrom doge_telemetry.recorder import recorder_for\n"
    program += "recorder_for(Path(sys.argv[1])).note('loop', 0.001)"
    words = [sys.executable, "-c", program, str(tmp_path / "t.jsonl")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, "is no file" in done.stderr) == (0, True)


def test_what_the_machine_refuses_is_no_exception_of_the_bot_and_no_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recorder_module, "WAKE_SEC", 0.01)
    monkeypatch.setattr(recorder_module, "LOOK_SEC", 0.0)
    refusing = [True]

    def usage() -> Usage:
        if refusing[0]:
            raise OSError(24, "Too many open files")
        return Usage(0.0, 1000)

    monkeypatch.setattr(recorder_module, "usage_now", usage)
    found = Recorder(tmp_path / "t.jsonl")
    found.note("loop", 0.001)
    refusing[0] = False
    found.count("violations")
    refusing[0] = True
    time.sleep(0.1)
    found.end_block()
    refusing[0] = False
    found.close()
    assert counted(read_recording(found.path).blocks, "loop") == 1
    assert len(caplog.records) == 1


def test_a_disk_that_takes_nothing_is_not_asked_more_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "WAKE_SEC", 0.001)
    tries: list[int] = []

    def refused(_recorder: Recorder, _block: Any) -> bool:
        tries.append(1)
        return False

    monkeypatch.setattr(Recorder, "_write", refused)
    found = Recorder(tmp_path / "t.jsonl", block_sec=0.2)
    found.note("loop", 0.001)
    time.sleep(0.5)
    assert 1 <= len(tries) <= 3
    found.close()


def test_what_is_counted_while_a_block_is_written_goes_into_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Recorder(tmp_path / "t.jsonl")
    found.note("loop", 0.001)
    write = Recorder._write

    def slow(recorder: Recorder, block: Any) -> bool:
        recorder.count("violations")
        return write(recorder, block)

    monkeypatch.setattr(Recorder, "_write", slow)
    found.end_block()
    monkeypatch.undo()
    found.close()
    assert counted(read_recording(found.path).blocks, "violations") == 1


@pytest.mark.parametrize("jump_sec", [-7200.0, 7200.0])
def test_a_clock_that_is_set_makes_no_block_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump_sec: float) -> None:
    found = Recorder(tmp_path / "t.jsonl")
    found.note("loop", 0.001)
    monkeypatch.setattr(time, "time", lambda now=time.time: now() + jump_sec)
    found.close()
    monkeypatch.undo()
    [block] = read_recording(found.path).blocks
    assert 0.0 <= block.end - block.start < 5.0


def test_a_part_that_ends_leaves_the_file_to_the_other(tmp_path: Path) -> None:
    one, other = recorder_for(tmp_path / "t.jsonl"), recorder_for(tmp_path / "t.jsonl")
    one.leave()
    other.note("training", 0.001)
    other.leave()
    assert counted(read_recording(other.path).blocks, "training") == 1


def test_a_file_that_is_moved_away_is_followed_by_a_whole_one(tmp_path: Path) -> None:
    found = Recorder(tmp_path / "t.jsonl")
    found.describe("core", {"side": "reference", "shadow": False, "digests": {}})
    for name in ("one", "two", "three"):
        found.note("loop", 0.001)
        found.end_block()
        if name != "three":
            found.path.rename(tmp_path / name)
    found.close()
    for path in (tmp_path / "one", tmp_path / "two", found.path):
        recording = read_recording(path)
        assert (counted(recording.blocks, "loop"), recording.damaged, recording.sides) == (1, 0, {"reference"})
