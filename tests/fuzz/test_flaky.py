"""A find that does not diverge alone keeps everything that its port was asked before it."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from generators.reducer.bulk import generate_cases
from harness.cli.main import main
from harness.engine.repro import ReproError, read_repro
from harness.panel import Availability
from harness.subjects.reducer.panel import ReducerPanel
from harness.subjects.reducer.ports.base import Port
from harness.subjects.reducer.ports.python import PythonPort
from harness.words import counted
from tests.fuzz.runs import start_fuzz
from tests.subjects import REDUCER, run_on

EXE = shlex.join([sys.executable, str(Path(__file__).with_name("wrong_after_many.py"))])


def test_a_flaky_find_of_the_fuzz_is_replayed_with_its_batch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--sequences", "40", "--seed", "3", "--workers", "1", "--candidate-exe", EXE]
    process = start_fuzz(f"sqlite:///{tmp_path / 'ledger.sqlite'}", tmp_path / "reports", *arguments, "--json")
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    # One for each type of event that a case begins with.
    find, *_ = [each for each in json.loads(said)["finds"] if each["repro"]]
    assert find["asked_before"] == find["first_index"] >= 12
    assert len(read_repro(Path(find["repro"])).before) == find["asked_before"]
    code, text = replayed(capsys, find["repro"])
    assert code == 1
    assert f"still diverges after the {counted(find['asked_before'], 'case')} before it" in text
    # A port without the bug is asked all of it too, and never shows it.
    code, text = replayed(capsys, find["repro"], "--candidate-exe", f"{sys.executable} -m reducer.wire")
    assert code == 0
    assert f"is flaky: it does not diverge this time, after the {counted(find['asked_before'], 'case')} before it" in text


def replayed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(["replay", *arguments])
    return int(ended.value.code or 0), capsys.readouterr().out


class OnceWrong(PythonPort):
    """Spoils one answer, and never again."""

    name = "once_wrong"
    spoilt, done = 8, False

    def answer(self, line: bytes) -> bytes:
        self.spoilt -= line.startswith(b'{"method":"replay"')
        answer = super().answer(line)
        if self.done or self.spoilt > 0 or b'"S0"' not in answer:
            return answer
        self.done = True
        return answer.replace(b'"S0"', b'"S2"', 1)


def test_a_run_says_flaky_where_the_port_agrees_when_it_is_asked_again(tmp_path: Path) -> None:
    port: Port = OnceWrong()
    assert port.availability() == Availability(available=True)
    report = run_on(REDUCER, ReducerPanel([PythonPort(), port], {}), {"generated": generate_cases(5, 40)}, tmp_path)
    [finding] = report.findings
    assert finding.notes[0].startswith("FLAKY: asked again, the port agrees; the repro asks it the ")
    assert finding.repro is not None
    assert len(read_repro(finding.repro).before) >= 1


def test_a_repro_with_a_broken_case_before_it_is_refused(tmp_path: Path) -> None:
    test_a_run_says_flaky_where_the_port_agrees_when_it_is_asked_again(tmp_path)
    [path] = tmp_path.glob("repro-*.json")
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    document["before"][0] = {"case": 7}
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ReproError, match=r"\$\.before\[0\] must be an object with case and thorough"):
        read_repro(path)
