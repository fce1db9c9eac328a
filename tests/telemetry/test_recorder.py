"""The recorder: blocks add up over threads, processes and forks, and whoever measures is never in its way."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import doge_telemetry.recorder as recorder_module
from doge_telemetry.recorder import FORMAT, WAITING_MAX, Recorder, recorder_for
from doge_telemetry.settings import read_telemetry_file
from doge_telemetry.usage import Usage
from harness.telemetry.recordings import RecordingError, counted, merged, quantile_sec, read_recording
from tests.processes import begin_process
from tests.telemetry.recorded import HERE, block, written

ROOT = Path(__file__).resolve().parents[2]


def lines_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_durations_and_counts_come_back(tmp_path: Path) -> None:
    found = Recorder(tmp_path / "new" / "t.jsonl")
    found.describe("core", {"side": "reference", "backend": "python", "shadow": False, "digests": {}})
    for number in range(1000):
        found.note("loop", 0.001 * (1 + number % 10))
    found.count("violations", 3)
    found.close()
    recording = read_recording(tmp_path / "new" / "t.jsonl")
    assert counted(recording.blocks, "loop") == 1000
    assert counted(recording.blocks, "violations") == 3
    assert quantile_sec(merged(recording.blocks, "loop"), 0.5) == pytest.approx(0.005, rel=1e-3)
    assert quantile_sec(merged(recording.blocks, "loop"), 0.99) == pytest.approx(0.010, rel=1e-3)
    assert recording.parts["core"]["backend"] == "python"
    assert recording.sides == {"reference"}
    assert recording.blocks[0].memory_bytes > 2**20
    assert recording.machines[0]["cpus"] == os.cpu_count()


def test_a_block_holds_what_was_measured_since_the_one_before(tmp_path: Path) -> None:
    found = Recorder(tmp_path / "t.jsonl")
    found.note("loop", 0.001)
    found.end_block()
    found.end_block()
    found.note("loop", 0.002)
    found.note("loop", 0.002)
    found.drop_block()
    found.note("loop", 0.003)
    found.close()
    recording = read_recording(tmp_path / "t.jsonl")
    # Nothing was measured in the second, and the third was forgotten.
    assert [counted([each], "loop") for each in recording.blocks] == [1, 1]
    assert [quantile_sec(merged([each], "loop"), 0.5) for each in recording.blocks] == pytest.approx([0.001, 0.003], rel=1e-3)
    assert recording.blocks[0].end <= recording.blocks[1].start


def test_the_clock_ends_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "WAKE_SEC", 0.01)
    found = Recorder(tmp_path / "t.jsonl", block_sec=0.05)
    give_up = time.monotonic() + 20.0
    while time.monotonic() < give_up and (not found.path.exists() or len(lines_of(found.path)) < 3):
        found.note("loop", 0.001)
        time.sleep(0.001)
    found.close()
    assert len(read_recording(found.path).blocks) >= 2


def test_the_largest_memory_within_a_block_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "WAKE_SEC", 0.01)
    monkeypatch.setattr(recorder_module, "LOOK_SEC", 0.0)
    used = [1000]
    looks = []

    def usage() -> Usage:
        looks.append(used[0])
        return Usage(0.0, used[0])

    monkeypatch.setattr(recorder_module, "usage_now", usage)
    found = Recorder(tmp_path / "t.jsonl")
    found.note("loop", 0.001)
    used[0] = 9000
    give_up = time.monotonic() + 20.0
    while 9000 not in looks and time.monotonic() < give_up:
        time.sleep(0.01)
    used[0] = 1000
    found.close()
    assert [each.memory_bytes for each in read_recording(found.path).blocks] == [9000]


def test_blocks_of_several_processes_are_in_order(tmp_path: Path) -> None:
    path = written(tmp_path / "t.jsonl", [block(start, {"loop": [0.1]}) for start in (20.0, 0.0, 10.0)])
    assert [each.start for each in read_recording(path).blocks] == [0.0, 10.0, 20.0]


def test_threads_lose_nothing(tmp_path: Path) -> None:
    found = Recorder(tmp_path / "t.jsonl")
    threads = [threading.Thread(target=lambda: [found.note("loop", 0.001) for _ in range(5000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.close()
    recording = read_recording(found.path)
    assert counted(recording.blocks, "loop") + sum(each.dropped for each in recording.blocks) == 20_000


def test_what_does_not_fit_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "WAKE_SEC", 60.0)
    monkeypatch.setattr(recorder_module, "WAITING_MAX", 10)
    found = Recorder(tmp_path / "t.jsonl")
    for _ in range(25):
        found.note("loop", 0.001)
    found.close()
    recording = read_recording(found.path)
    assert (counted(recording.blocks, "loop"), recording.blocks[0].dropped) == (10, 15)
    assert WAITING_MAX > 10


def test_a_disk_that_takes_nothing_costs_nothing_and_loses_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="doge_telemetry")
    (tmp_path / "taken").write_text("a file")
    found = Recorder(tmp_path / "taken" / "t.jsonl")
    for _ in range(3):
        found.note("loop", 0.001)
        found.end_block()
    assert len(caplog.records) == 1
    assert "taken" in caplog.text
    (tmp_path / "taken").unlink()
    found.close()
    assert counted(read_recording(found.path).blocks, "loop") == 3


def test_a_file_may_grow_only_so_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recorder_module, "FILE_BYTES_MAX", 2000)
    found = Recorder(tmp_path / "t.jsonl")
    for _ in range(50):
        found.note("loop", 0.001)
        found.end_block()
    found.close()
    assert found.path.stat().st_size < 4000
    assert "move it away" in caplog.text


def test_parts_that_name_one_file_share_a_recorder(tmp_path: Path) -> None:
    one = recorder_for(tmp_path / "t.jsonl")
    assert recorder_for(tmp_path / "t.jsonl") is one
    one.close()
    other = recorder_for(tmp_path / "t.jsonl")
    assert other is not one
    other.close()


FORKING = """
import os, sys, time
from pathlib import Path
from doge_telemetry.recorder import recorder_for
found = recorder_for(Path(sys.argv[1]))
found.note("loop", 0.001)
child = os.fork()
for _ in range(2 if child == 0 else 3):
    found.note("loop", 0.002)
if child:
    assert os.waitpid(child, 0)[1] == 0
"""


def test_a_fork_measures_for_itself(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", FORKING, str(path)], cwd=ROOT, check=False, timeout=60)
    assert done.returncode == 0
    by_process: dict[str, int] = {}
    for each in read_recording(path).blocks:
        by_process[each.process] = by_process.get(each.process, 0) + counted([each], "loop")
    assert sorted(by_process.values()) == [2, 4]


KILLED = """
import sys, time
from pathlib import Path
from doge_telemetry.recorder import Recorder
found = Recorder(Path(sys.argv[1]), block_sec=0.5)
while True:
    found.note("loop", 0.001)
    time.sleep(0.001)
"""


def test_a_killed_process_loses_one_block(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    bot = begin_process([sys.executable, "-c", KILLED, str(path)], cwd=ROOT)
    give_up = time.monotonic() + 30.0
    while time.monotonic() < give_up and (not path.exists() or len(lines_of(path)) < 4):
        time.sleep(0.05)
    os.kill(bot.pid, signal.SIGKILL)
    bot.wait()
    with path.open("a") as file:
        file.write('{"process": "half a li')
    recording = read_recording(path)
    assert len(recording.blocks) >= 3
    assert recording.damaged == 1
    assert counted(recording.blocks, "loop") > 100


@pytest.mark.parametrize("text", ["", "no JSON\n", '{"format": "doge-telemetry 0", "process": "p", "machine": {}}\n', "[]\n"])
def test_a_file_that_is_no_recording_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.jsonl").write_text(text)
    with pytest.raises(RecordingError, match="no recording"):
        read_recording(tmp_path / "t.jsonl")
    with pytest.raises(RecordingError, match="cannot be read"):
        read_recording(tmp_path / "none.jsonl")


@pytest.mark.parametrize(
    "changed",
    [
        {"to": -1.0},
        {"to": 1e11},
        {"to": float("inf")},
        {"cpu_sec": float("nan")},
        {"cpu_sec": -1.0},
        {"memory_bytes": 1.5},
        {"counts": {"x": -1}},
        {"durations": {"loop": "?"}},
        {"process": "q"},
    ],
)
def test_a_line_that_cannot_be_is_left_out_and_counted(tmp_path: Path, changed: dict[str, Any]) -> None:
    path = written(tmp_path / "t.jsonl", [block(0.0, {"loop": [0.1]}), {**block(9.0, {"loop": [0.1]}), **changed}])
    recording = read_recording(path)
    assert (len(recording.blocks), recording.damaged) == (1, 1)


def test_what_another_build_measured_is_left_out(tmp_path: Path) -> None:
    for digests, foreign in ({"reference": "r"}, 0), ({"reference": "x"}, 1), ({"reference": "r", "candidate": "x"}, 1):
        path = written(tmp_path / "t.jsonl", [block(0.0, {"loop": [0.1]})], digests=digests)
        recording = read_recording(path, HERE)
        assert (len(recording.blocks), recording.foreign) == (1 - foreign, foreign)


def test_the_setting_is_a_file(tmp_path: Path) -> None:
    assert read_telemetry_file("X", {}) is None
    assert read_telemetry_file("X", {"X_TELEMETRY": " "}) is None
    assert read_telemetry_file("X", {"X_TELEMETRY": "t.jsonl"}) == Path.cwd() / "t.jsonl"
    with pytest.raises(ValueError, match="X_TELEMETRY: must be a file"):
        read_telemetry_file("X", {"X_TELEMETRY": str(tmp_path)})
    with pytest.raises(ValueError, match="a pipe or a device"):
        read_telemetry_file("X", {"X_TELEMETRY": os.devnull})
    assert FORMAT.startswith("doge-telemetry ")
