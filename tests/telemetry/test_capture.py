"""`parity telemetry`: both sides are captured in turns, and a capture that is not of its side is none."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

import harness.telemetry.capture as capture_module
from harness.evidence.book import read_book
from harness.evidence.statement import Evidence
from harness.store.ledger import Ledger
from harness.telemetry import worker
from harness.telemetry.loop import Share
from harness.telemetry.recordings import counted, read_recording
from tests.gate.test_certificate import parity
from tests.telemetry.recorded import block, written
from tests.telemetry.test_compare import turns

FAST = ("--minutes", "0.06", "--rounds-per-sec", "400")


@pytest.fixture(autouse=True)
def short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_module, "TURN_SEC", 0.3)
    monkeypatch.setattr("harness.cli.telemetry.TURN_SEC", 0.3)


def evidence_of(url: str) -> list[Evidence]:
    ledger = Ledger(url)
    try:
        return [entry.evidence for entry in read_book(ledger).entries if entry.evidence is not None]
    finally:
        ledger.close()


def test_both_sides_are_captured_in_turns_and_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = ("--ledger", f"sqlite:///{tmp_path / 'l.sqlite'}")
    out = tmp_path / "out"
    code, said, err = parity(capsys, "telemetry", "capture", *FAST, "--out", str(out), *ledger)
    assert (code, err) == (0, ""), said
    sides = [read_recording(out / f"{name}.jsonl") for name in ("reference", "candidate")]
    assert [each.sides for each in sides] == [{"reference"}, {"candidate"}]
    assert [len(each.blocks) for each in sides] == [6, 6]
    assert all(counted(each.blocks, "loop") == 6 * 120 for each in sides)
    # Whoever went first goes second in the next turn.
    firsts = [one.start < other.start for one, other in zip(sides[0].blocks, sides[1].blocks, strict=True)]
    assert firsts == [True, False] * 3
    # The same market leads to the same calls.
    for name in ("transition", "fill_to_action", "invariant_check", "invariant_violations"):
        assert counted(sides[0].blocks, name) == counted(sides[1].blocks, name), name
    assert counted(sides[0].blocks, "fill_to_action") > 0
    code, said, err = parity(
        capsys, "telemetry", "compare", str(out / "reference.jsonl"), str(out / "candidate.jsonl"), "--json", *ledger
    )
    data = json.loads(said)
    assert (code, err) == (data["exit_code"], "")
    found = {f"{each['metric']} {each['what']}": each for each in data["compared"]}
    # On a machine that does other work as well, the interval may be wide.
    assert all(found[name]["low"] < found[name]["high"] for name in ("loop p50", "cpu for each loop", "memory largest"))
    assert found["invariant_violations for each invariant_check"]["verdict"] == "no worse"
    kinds = [each.kind for each in evidence_of(ledger[1])]
    # A capture of both is no baseline.
    assert kinds == ["telemetry-other", "telemetry-compare"]


def test_one_side_alone_is_the_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = ("--ledger", f"sqlite:///{tmp_path / 'l.sqlite'}")
    code, said, _ = parity(
        capsys, "telemetry", "capture", "--side", "reference", "--minutes", "0.02", "--out", str(tmp_path), "--json", *ledger
    )
    assert code == json.loads(said)["exit_code"]
    [found] = evidence_of(ledger[1])
    assert found.kind == "telemetry"
    assert found.figure("hours") == pytest.approx(1.2 / 3600.0, rel=0.3)
    assert set(found.details["histograms"]) >= {"loop", "transition"}
    code, said, _ = parity(capsys, "telemetry", "report", str(tmp_path / "reference.jsonl"), *ledger)
    assert [each.kind for each in evidence_of(ledger[1])] == ["telemetry", "telemetry"]


def test_what_another_build_measured_is_no_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "t.jsonl", [block(0.0, {"loop": [0.1]})])
    path.write_text(path.read_text().replace('"part": "core"', '"part": "reducer"'))
    code, said, _ = parity(capsys, "telemetry", "report", str(path), "--ledger", f"sqlite:///{tmp_path / 'l.sqlite'}")
    assert code == 3
    assert "1 block of another reference or candidate left out" in said
    assert said.splitlines()[-1].startswith("EMPTY: 0.00 hours, 0 of ")


def test_a_capture_does_not_remove_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "candidate.jsonl").write_text("")
    words = ("telemetry", "capture", "--minutes", "0.02", "--side", "reference", "--out", str(tmp_path), "--no-evidence")
    code, _, err = parity(capsys, *words)
    assert (code, err.count("\n")) == (2, 1)
    assert "is there already" in err
    code, _, err = parity(capsys, *words, "--replace")
    assert (tmp_path / "reference.jsonl").exists()
    assert not (tmp_path / "candidate.jsonl").exists()


def test_a_candidate_that_is_not_here_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOGE_CORE_EXE", str(tmp_path / "none"))
    code, _, err = parity(capsys, "telemetry", "capture", "--minutes", "0.02", "--out", str(tmp_path / "out"), "--no-evidence")
    assert (code, err.count("\n")) == (3, 1)
    assert err.startswith("MISSING: ")


def test_a_fallback_to_the_reference_is_no_measurement_of_the_candidate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    exe = tmp_path / "doge-core-exe"
    exe.write_text("#!/bin/sh\nexit 1\n")
    exe.chmod(0o755)
    monkeypatch.setenv("DOGE_CORE_EXE", str(exe))
    code, _, err = parity(capsys, "telemetry", "capture", *FAST, "--out", str(tmp_path / "out"), "--no-evidence")
    assert code == 2
    assert "the bot of the candidate: the adapter fell back (persistent:" in err


def test_a_bot_that_dies_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(bot: Any, _asked: Any) -> int:
        os.kill(bot._process.pid, 9)
        return int(bot._answer()["late"])

    monkeypatch.setattr(capture_module._Bot, "turn", dying)
    code, _, err = parity(capsys, "telemetry", "capture", *FAST, "--out", str(tmp_path / "out"), "--no-evidence")
    assert (code, err.count("\n")) == (2, 1)
    assert "the bot of the reference ended with exit code -9" in err


class Printing(Share):
    """A share that prints, as a reference may."""

    metrics = ()

    def begin(self, series: Any) -> None:
        """Print."""
        print("begun")

    def round(self, candle: int, corner: int) -> None:
        """Print."""
        print("a round")

    @staticmethod
    def environment(side: str, recording: str) -> dict[str, str]:
        """Nothing."""
        return {}

    @staticmethod
    def missing(side: str) -> str | None:
        """Never."""
        return None


def test_what_is_measured_may_print(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "part_of", lambda *_: Printing())
    monkeypatch.setattr("sys.stdin", io.StringIO('{"rounds": 3, "period_sec": 0.0}\n'))
    before = sys.stdout
    try:
        worker.main(str(tmp_path / "t.jsonl"), "-", ["reducer"])
    finally:
        sys.stdout = before
    out, err = capsys.readouterr()
    assert [json.loads(line) for line in out.splitlines()] == [{"ready": True}, {"late": 0, "problem": None}]
    assert "a round" in err
    assert counted(read_recording(tmp_path / "t.jsonl").blocks, "loop") == 3


@pytest.mark.parametrize("words", [("report", "none.jsonl"), ("compare", "none.jsonl", "none.jsonl")])
def test_a_recording_that_is_not_there_is_a_sentence(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = parity(capsys, "telemetry", *words, "--no-evidence")
    assert (code, err.count("\n")) == (2, 1)
    assert "none.jsonl: cannot be read" in err


def test_a_capture_of_what_was_built_anew_meanwhile_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "harness.cli.telemetry._here", lambda _: {"reducer": {"reference": "x"}, "detector": {"reference": "x"}}
    )
    words = ("--side", "reference", "--minutes", "0.02", "--out", str(tmp_path), "--no-evidence")
    code, said, _ = parity(capsys, "telemetry", "capture", *words)
    assert code == 3
    assert said.splitlines()[-1].startswith("EMPTY: ")


def test_one_recording_is_not_compared_with_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(turns(tmp_path / "t.jsonl", 0, 1.0))
    code, _, err = parity(capsys, "telemetry", "compare", path, path, "--no-evidence")
    assert code == 2
    assert "is named twice" in err
