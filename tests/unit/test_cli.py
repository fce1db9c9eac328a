"""The command line: exit codes, and one sentence for a user's mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import main

NOWHERE = "/nonexistent/doge-core-exe"


def parity(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `parity …`."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--subject", "detector"], "'detector' is not"),
        (["run", "--sequences", "-1"], "-1 is not in the range"),
        (["run", "--sequences", "many"], "'many' is not a valid integer"),
        (["run", "--ports", "perl"], "no port is called 'perl'; there are python, haskell, haskell-oneshot"),
        (["run", "--ports", ","], "--ports: name at least one port"),
        (["run", "--candidate-exe", "'"], "No closing quotation"),
        (["run", "--candidate-exe", ""], "name an executable"),
        (["run", "--candles", "nowhere.csv"], "nowhere.csv: cannot be read"),
        (["replay", "nowhere.json"], "nowhere.json: cannot be read"),
        (["nothing"], "No such command 'nothing'"),
        (["golden", "nothing"], "No such command 'nothing'"),
        (["run", "--nothing"], "No such option"),
    ],
)
def test_bad_usage_is_one_sentence_and_exit_code_2(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = parity(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("parity: ")
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "text", ["", "[]", '{"format": 2}', '{"format": 1}', '{"format": 1, "port": "x", "case": {"name": 1}}']
)
def test_a_file_that_is_no_repro_is_bad_input(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "repro.json").write_text(text, encoding="utf-8")
    code, _, err = parity(capsys, "replay", str(tmp_path / "repro.json"))
    assert code == 2
    assert "repro" in err


def test_doctor_names_a_missing_port_and_how_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOGE_CORE_EXE", NOWHERE)
    code, out, _ = parity(capsys, "doctor", "--json")
    assert code == 3
    rows = {row["port"]: row for row in json.loads(out)["ports"]}
    assert rows["python"]["available"]
    assert rows["python"]["divergences"] == []
    assert not rows["haskell"]["available"]
    assert "build.sh" in rows["haskell"]["remedy"]
    code, out, _ = parity(capsys, "doctor")
    assert code == 3
    assert "MISSING: haskell:" in out


def test_a_missing_port_never_passes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOGE_CORE_EXE", NOWHERE)
    code, out, _ = parity(capsys, "run", "--sequences", "5", "--candles", str(candles(tmp_path)), "--reports", str(tmp_path))
    assert code == 3
    assert "INCOMPLETE" in out
    assert out.count("MISSING") >= 4
    assert parity(capsys, "golden", "verify")[0] == 3


def test_an_executable_that_cannot_start_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--sequences", "0", "--candles", str(candles(tmp_path)), "--candidate-exe", str(tmp_path / "gone")]
    code, out, _ = parity(capsys, "run", *arguments, "--json")
    assert code == 3
    assert json.loads(out)["ports"][1]["verdict"] == "MISSING"


def test_an_executable_that_does_not_speak_the_wire_is_no_parity(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--sequences", "0", "--candles", str(candles(tmp_path)), "--candidate-exe", "/bin/false"]
    code, out, _ = parity(capsys, "run", *arguments, "--json")
    assert code == 1
    assert json.loads(out)["ports"][1]["contract_divergences"][0]["kind"] == "error"


def test_the_same_seed_gives_the_same_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["run", "--ports", "python", "--sequences", "30", "--candles", str(candles(tmp_path)), "--json", "--seed"]
    first, again, other = (json.loads(parity(capsys, *arguments, seed)[1])["met"] for seed in ("4", "4", "5"))
    assert first == again
    assert first["generated"] != other["generated"]


def test_a_run_says_what_it_met(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = parity(capsys, "run", "--ports", "python", "--sequences", "10", "--candles", str(candles(tmp_path)))
    assert code == 0
    assert "phase S2" in out
    assert "action OrphanOrderAction" in out
    assert "PARITY: " in out
    assert "generated: 10 of 10" in out


def test_too_few_kinds_of_events_fail_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.commands.SEQUENCES_TO_MEET_ALL", 1)
    code, out, _ = parity(
        capsys, "run", "--ports", "python", "--sequences", "1", "--events-max", "1", "--candles", str(candles(tmp_path))
    )
    assert code == 1
    assert "NEVER HIT: event RecoveryCancelEvent" in out


def candles(tmp_path: Path) -> Path:
    """A file of two candles."""
    path = tmp_path / "two.csv"
    path.write_text("1700000000,0.1,0.102,0.099,0.101,5,1\n1700000300,0.101,0.103,0.1,0.1005,5,1\n", encoding="utf-8")
    return path
