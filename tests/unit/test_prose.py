"""What a command says is English: numbers with their nouns, signals by their names, subjects as subjects, no line cut off."""

from __future__ import annotations

import json
import signal
import stat
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from doge_core.client import Server, request_once
from doge_core.errors import ServerDiedError, how_ended
from harness.cli.main import main
from harness.cli.mutants import _tell_few
from harness.subjects.reducer.ports.process import haskell
from harness.words import counted_kinds, exit_word
from tests.unit.test_nothing_is_green_unseen import parity


def killing_itself(folder: Path, number: int) -> str:
    path = folder / "dies"
    path.write_text(
        f"#!{sys.executable}\nimport os, sys\nsys.stdin.readline()\nos.kill(os.getpid(), {number})\n", encoding="utf-8"
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_a_signal_has_its_name(number: signal.Signals, tmp_path: Path) -> None:
    exe = killing_itself(tmp_path, number)
    said = f"{exe}: was ended by {number.name}"
    with pytest.raises(ServerDiedError) as caught:
        request_once([exe], b"{}", 10.0)
    assert str(caught.value) == said
    server = Server([exe, "--server"], 10.0)
    with pytest.raises(ServerDiedError) as caught:
        server.request(b"{}")
    server.close()
    assert str(caught.value) == said


def test_a_status_is_told_in_words() -> None:
    assert [how_ended(status) for status in (3, -11, None)] == [
        "ended with exit code 3", "was ended by SIGSEGV", "closed its output and did not end"
    ]  # fmt: skip
    assert [exit_word(status) for status in (3, -11, -35)] == ["3", "SIGSEGV", "signal 35"]
    assert how_ended(-35) == "was ended by signal 35"
    assert [counted_kinds(number, "different prices") for number in (0, 1, 1200)] == [
        "0 different prices", "1 different price", "1,200 different prices"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ("/nonexistent/doge-core-exe", "/nonexistent/doge-core-exe is not an executable file"),
        ("no-such-exe", "no-such-exe was not found on PATH (a file of this folder is ./no-such-exe)"),
    ],
)
def test_an_executable_that_was_named_is_named_where_it_is_missing(
    named: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOGE_CORE_EXE", named)
    assert haskell().availability().reason == reason


@pytest.mark.parametrize("group", [[], ["golden"]])
def test_no_line_of_help_is_cut_off(group: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*group, "--help"])
    listed = capsys.readouterr().out.partition("Commands:")[2]
    assert listed.strip()
    assert "..." not in listed


def test_a_subject_is_called_a_subject(capsys: pytest.CaptureFixture[str]) -> None:
    said = parity(capsys, "run", "--subject", "detector", "--events-max", "9")[1]
    assert "--events-max: means nothing to the subject detector; leave it out" in said


@pytest.mark.parametrize(("code", "sequences", "told"), [(1, 3, True), (1, None, False), (1, 2000, False), (0, 3, False)])
def test_too_few_cases_for_a_mutant_are_said_to_be_too_few(code: int, sequences: int | None, told: bool) -> None:
    text = StringIO()
    _tell_few(Console(file=text, width=400), code, sequences, 2000)
    said = "3 cases are too few to conclude anything from a mutant that survived; here a mutant is given 2000: "
    assert text.getvalue() == (f"{said}leave --sequences out, or name 2000 or more\n" if told else "")


def test_a_hunt_with_few_cases_ends_with_that_line(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["mutants", "--sequences", "1", "--workers", "1", "--only", "historical:*", "--shrink", "0"]
    code, said = parity(capsys, *arguments)
    assert code == 1
    assert said.splitlines()[-1].startswith("1 case is too few to conclude anything from a mutant that survived; ")
    data = json.loads(parity(capsys, *arguments, "--json")[1])
    assert data["exit_code"] == 1


def test_the_readmes_divergence_is_said_to_be_an_excerpt() -> None:
    text = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    assert "in an excerpt of the report:" in text.partition("## A divergence")[2].partition("##")[0]
