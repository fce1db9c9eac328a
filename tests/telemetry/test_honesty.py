"""What was not measured, or not of its side, turns no entry of the gate to go."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hdrh.histogram import HdrHistogram

from harness.evidence.statement import Evidence
from harness.gate.policy import read_policy
from harness.telemetry import worker
from harness.telemetry.recordings import counted, read_recording
from tests.gate.test_certificate import parity
from tests.telemetry.recorded import HERE, block, whole, written
from tests.telemetry.test_capture import Printing, evidence_of

ROOT = Path(__file__).resolve().parents[2]
Lines = list[dict[str, Any]]


def compared(folder: Path, capsys: pytest.CaptureFixture[str], *paths: Path) -> tuple[int, list[str], str]:
    """Exit code and kinds of evidence of a comparison."""
    url = f"sqlite:///{folder / 'l.sqlite'}"
    code, said, err = parity(capsys, "telemetry", "compare", *map(str, paths), "--ledger", url)
    return code, [each.kind for each in evidence_of(url)] if (folder / "l.sqlite").exists() else [], said + err


def changed(path: Path, change: Callable[[Lines], Lines]) -> Path:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(line) + "\n" for line in change(lines)))
    return path


def test_both_sides_as_they_are_here_are_evidence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, kinds, said = compared(tmp_path, capsys, whole(tmp_path / "a", "reference"), whole(tmp_path / "b", "candidate"))
    assert (code, kinds) == (0, ["telemetry-compare"]), said


def test_files_in_each_others_place_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slow = whole(tmp_path / "b", "candidate", 1.5)
    code, kinds, said = compared(tmp_path, capsys, slow, whole(tmp_path / "a", "reference"))
    assert (code, kinds) == (2, [])
    assert "a candidate was measured in it" in said


def test_the_reference_held_against_itself_is_no_evidence_of_a_candidate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def moved(lines: Lines) -> Lines:
        return [{**line, "from": line["from"] + 10.0, "to": line["to"] + 10.0} if "from" in line else line for line in lines]

    other = changed(whole(tmp_path / "b", "reference"), moved)
    code, kinds, said = compared(tmp_path, capsys, whole(tmp_path / "a", "reference"), other)
    assert (code, kinds) == (0, ["telemetry-compare-other"]), said


def test_a_side_that_ran_beside_a_shadow_is_no_evidence_of_the_cut_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place, shadows in enumerate([(True, False), (False, True)]):
        folder = tmp_path / str(place)
        folder.mkdir()
        sides = [
            whole(folder / side, side, shadow=each) for side, each in zip(("reference", "candidate"), shadows, strict=True)
        ]
        code, kinds, said = compared(folder, capsys, *sides)
        assert (code, kinds) == (0, ["telemetry-compare-other"]), said


def unsaid(lines: Lines) -> Lines:
    return [
        {**line, "about": {name: value for name, value in line["about"].items() if name != "shadow"}}
        if "part" in line
        else line
        for line in lines
    ]


@pytest.mark.parametrize("said_so", [True, False])
def test_a_baseline_that_may_have_run_beside_a_shadow_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, said_so: bool
) -> None:
    path = whole(tmp_path / "a", "reference", shadow=said_so)
    found = reported(tmp_path, capsys, path if said_so else changed(path, unsaid))
    assert found.kind == "telemetry-other"


def test_quantiles_cannot_be_told_where_durations_were_dropped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sides = [whole(tmp_path / side, side, dropped=int(side == "candidate")) for side in ("reference", "candidate")]
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    code, said, _ = parity(capsys, "telemetry", "compare", *map(str, sides), "--ledger", url, "--json")
    untold = {each["reason"] for each in json.loads(said)["compared"] if each["kind"] == "duration"}
    assert (code, untold) == (3, {"8 durations dropped"})


def without_parts(lines: Lines) -> Lines:
    return [line for line in lines if "part" not in line]


def without_digests(lines: Lines) -> Lines:
    return [{**line, "about": {**line["about"], "digests": {}}} if "part" in line else line for line in lines]


def of_something_else(lines: Lines) -> Lines:
    return [{**line, "part": "other"} if "part" in line else line for line in lines]


def endless(lines: Lines) -> Lines:
    return [{**line, "cpu_sec": float("inf")} if "from" in line else line for line in lines]


def huge(lines: Lines) -> Lines:
    return [{**line, "memory_bytes": 10**400} if "from" in line else line for line in lines]


def of_another_shape(lines: Lines) -> Lines:
    found = HdrHistogram(1, 2**60, 5)
    found.record_value(2**59)
    text = found.encode().decode()
    return [{**line, "durations": dict.fromkeys(line["durations"], text)} if "from" in line else line for line in lines]


@pytest.mark.parametrize("change", [without_parts, without_digests, of_something_else, endless, huge, of_another_shape])
def test_recordings_that_no_bot_of_this_build_wrote_tell_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Callable[[Lines], Lines]
) -> None:
    sides = [changed(whole(tmp_path / side, side), change) for side in ("reference", "candidate")]
    code, kinds, said = compared(tmp_path, capsys, *sides)
    assert code == 3, said
    assert "telemetry-compare" not in kinds


def reported(folder: Path, capsys: pytest.CaptureFixture[str], path: Path) -> Evidence:
    url = f"sqlite:///{folder / 'l.sqlite'}"
    parity(capsys, "telemetry", "report", str(path), "--ledger", url)
    [found] = evidence_of(url)
    return found


def test_a_candidate_earlier_in_the_file_makes_it_no_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = whole(tmp_path / "a", "candidate").read_text() + whole(tmp_path / "b", "reference").read_text()
    (tmp_path / "both").write_text(lines)
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    _, said, _ = parity(capsys, "telemetry", "report", str(tmp_path / "both"), "--ledger", url)
    assert [each.kind for each in evidence_of(url)] == ["telemetry-other"]
    assert "no baseline: a candidate answered" in said


def test_an_hour_counts_once_however_often_it_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = changed(whole(tmp_path / "a", "reference"), lambda lines: [*lines, *lines[-8:]])
    found = reported(tmp_path, capsys, path)
    assert found.figure("hours") == pytest.approx(8 * 8.0 / 3600.0)
    assert (found.details["recording"]["blocks"], found.details["recording"]["damaged"]) == (8, 8)


def test_processes_at_the_same_time_make_no_hour_longer(tmp_path: Path) -> None:
    def beside(lines: Lines) -> Lines:
        return [*lines, *({**line, "process": "q"} for line in lines)]

    path = changed(written(tmp_path / "t", [block(0.0, {"loop": [0.1]}), block(4.0, {"loop": [0.1]})]), beside)
    assert read_recording(path, HERE).hours == pytest.approx(12.0 / 3600.0)


def test_a_block_that_was_written_again_counts_once(tmp_path: Path) -> None:
    path = written(tmp_path / "t", [block(0.0, {"loop": [0.1]}), block(0.0, {"loop": [0.1, 0.2]}, to=9.0)])
    assert counted(read_recording(path, HERE).blocks, "loop") == 2


def test_a_comparison_with_another_reference_does_not_count() -> None:
    [criterion] = [each for each in read_policy().criteria if each.id == "5.telemetry"]
    assert set(criterion.match) == {"reference", "port haskell", "port rust"}


class Falling(Printing):
    """A share that is not of its side."""

    def problem(self) -> str:
        """Always."""
        return "it fell back"


def test_a_turn_that_was_not_of_its_side_is_not_in_the_recording(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "part_of", lambda *_: Falling())
    monkeypatch.setattr("sys.stdin", io.StringIO('{"rounds": 3, "period_sec": 0.0}\n'))
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    worker.main(str(tmp_path / "t.jsonl"), "-", ["reducer"])
    assert not (tmp_path / "t.jsonl").exists()


def test_a_turn_that_was_interrupted_is_not_in_the_recording(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "harness.telemetry.worker", str(tmp_path / "t.jsonl"), "-", "reducer"]
    environment = {**os.environ, "DOGE_CORE_BACKEND": "python", "DOGE_CORE_TELEMETRY": str(tmp_path / "t.jsonl")}
    with subprocess.Popen(
        words,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as bot:
        assert bot.stdin is not None
        assert bot.stdout is not None
        assert bot.stderr is not None
        assert json.loads(bot.stdout.readline()) == {"ready": True}
        bot.stdin.write('{"rounds": 100000, "period_sec": 0.01}\n')
        bot.stdin.flush()
        time.sleep(1.0)
        bot.send_signal(signal.SIGINT)
        assert bot.wait(timeout=20) == 130
        assert bot.stderr.read() == ""
    assert not (tmp_path / "t.jsonl").exists()


def moved_to(seconds: float) -> Callable[[Lines], Lines]:
    """The same recording, begun at another time."""
    return lambda lines: [
        {**line, "from": line["from"] + seconds, "to": line["to"] + seconds} if "from" in line else line for line in lines
    ]


def test_a_recording_is_as_old_as_what_was_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.time() - 100 * 86_400.0
    found = reported(tmp_path, capsys, changed(whole(tmp_path / "a", "reference"), moved_to(began)))
    assert (found.kind, found.started_at, found.ended_at) == (
        "telemetry",
        pytest.approx(began, rel=0, abs=1.0),
        pytest.approx(began + 148.0, rel=0, abs=1.0),
    )
    assert found.made_at > time.time() - 3600.0


@pytest.mark.parametrize(("scale", "code", "place"), [(1.0, 0, 0), (1.5, 1, 1)])
def test_a_comparison_is_as_old_as_its_recordings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], scale: float, code: int, place: int
) -> None:
    # The turns of both alternate. A pass is as old as the older one, a failure as young as the younger one.
    began = time.time() - 40 * 86_400.0
    paths = [whole(tmp_path / side, side, by) for side, by in (("reference", 1.0), ("candidate", scale))]
    found_code, kinds, said = compared(tmp_path, capsys, *(changed(path, moved_to(began)) for path in paths))
    assert (found_code, kinds) == (code, ["telemetry-compare"]), said
    [found] = evidence_of(f"sqlite:///{tmp_path / 'l.sqlite'}")
    assert (found.started_at, found.ended_at) == (
        pytest.approx(began, rel=0, abs=1.0),
        pytest.approx(began + (148.0, 158.0)[place], rel=0, abs=1.0),
    )


def test_a_recording_of_nothing_has_the_time_of_its_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = reported(tmp_path, capsys, changed(whole(tmp_path / "a", "reference"), without_parts))
    assert found.verdict == "EMPTY"
    assert found.ended_at > time.time() - 3600.0
