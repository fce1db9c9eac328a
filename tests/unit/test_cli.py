"""The command line: exit codes, and one sentence for a user's mistake."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.coverage.branches import BranchReport
from harness.engine.repro import check_reports_dir
from harness.subjects.reducer.ports.registry import open_ports

NOWHERE = "/nonexistent/doge-core-exe"
PARITY = shlex.join([sys.executable, "-m", "harness"])
# An interrupt that comes a while after the command line starts, as from a keyboard, also where tests run in the background.
INTERRUPTED = """
import os, signal, sys, threading
signal.signal(signal.SIGINT, signal.default_int_handler)
from harness.__main__ import main
threading.Timer(float(sys.argv.pop(1)), lambda: os.kill(os.getpid(), signal.SIGINT)).start()
main()
"""


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """A command line as a user types it."""
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120, check=False)


def parity(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `parity …`."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--subject", "oracle"], "'oracle' is not"),
        (
            ["run", "--subject", "detector", "--ports", "haskell"],
            "no port of the detector is called 'haskell'; there are python",
        ),
        (["run", "--subject", "detector", "--candidate-exe", "x"], "--candidate-exe: means nothing to the subject detector"),
        (["run", "--subject", "detector", "--events-max", "9"], "--events-max: means nothing to the subject detector"),
        (["run", "--subject", "detector", "--candidate-module", "no module"], "is not a module's name"),
        (["run", "--subject", "detector", "--candles", "nowhere.csv"], "nowhere.csv: cannot be read"),
        (["run", "--subject", "detector", "--market-windows", "-1"], "-1 is not in the range"),
        (["run", "--candidate-module", "x"], "--candidate-module: means nothing to the subject reducer"),
        (["run", "--all", "--market-windows", "3"], "--market-windows: means nothing to --all"),
        (["run", "--sequences", "-1"], "-1 is not in the range"),
        (["run", "--sequences", "many"], "'many' is not a valid integer"),
        (["run", "--ports", "perl"], "no port is called 'perl'; there are python, haskell, haskell-inproc, haskell-oneshot"),
        (["run", "--ports", ","], "--ports: name at least one port"),
        (["run", "--ports", "python"], "--ports python: is the reference, and alone leaves nothing to compare"),
        (["run", "--subject", "detector", "--ports", "python,python"], "leaves nothing to compare"),
        (["run", "--candidate-exe", "'"], "No closing quotation"),
        (["run", "--candidate-exe", ""], "name an executable"),
        (["run", "--timeout-sec", "nan"], "nan is not a duration"),
        (["doctor", "--timeout-sec", "inf"], "inf is not in the range"),
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


def test_an_optional_port_is_left_out_unless_somebody_names_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "haskell-inproc" in [port.name for port in open_ports()]
    monkeypatch.setenv("DOGE_CORE_LIBRARY", NOWHERE)
    assert "haskell-inproc" not in [port.name for port in open_ports()]
    named = open_ports(["haskell-inproc"])[1].availability()
    assert (named.available, named.reason) == (False, f"{NOWHERE} was not found")
    code, out, _ = parity(capsys, "run", "--sequences", "0", "--market-windows", "0", "--ports", "haskell-inproc")
    assert code == 3
    assert "missing: haskell-inproc (build it with ./build.sh, or name one with DOGE_CORE_LIBRARY)" in out


def test_a_missing_port_never_passes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOGE_CORE_EXE", NOWHERE)
    monkeypatch.setenv("DOGE_CORE_LIBRARY", NOWHERE)
    code, out, _ = parity(capsys, "run", "--sequences", "5", "--candles", str(candles(tmp_path)), "--reports", str(tmp_path))
    assert code == 3
    assert "INCOMPLETE" in out
    assert out.count("MISSING") >= 4
    assert parity(capsys, "golden", "verify", "--subject", "reducer")[0] == 3


def test_an_executable_that_cannot_start_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--sequences", "0", "--candles", str(candles(tmp_path)), "--candidate-exe", str(tmp_path / "gone")]
    code, out, _ = parity(capsys, "run", *arguments, "--json")
    assert code == 3
    assert json.loads(out)["ports"][1]["verdict"] == "MISSING"


def test_an_executable_that_does_not_speak_the_wire_is_no_parity(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--sequences", "0", "--candles", str(candles(tmp_path)), "--candidate-exe", "/bin/false"]
    code, out, _ = parity(capsys, "run", *arguments, "--json")
    assert code == 3
    assert json.loads(out)["ports"][1]["verdict"] == "BROKEN"


@pytest.fixture
def no_program(tmp_path: Path) -> str:
    """An executable file that no system can run."""
    path = tmp_path / "no-program"
    path.write_bytes(b"\x00\x01\x02")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("exe", ["no program", "/bin/false"])
def test_an_executable_that_does_not_run_is_broken_with_reason_and_remedy(
    tmp_path: Path, exe: str, no_program: str, capsys: pytest.CaptureFixture[str]
) -> None:
    candidate = ["--candidate-exe", no_program if exe == "no program" else exe]
    sources = ["--sequences", "0", "--candles", str(candles(tmp_path)), "--reports", str(tmp_path)]
    for command in (["doctor"], ["run", *sources], ["golden", "verify", "--subject", "reducer"]):
        code, out, _ = parity(capsys, *command, *candidate)
        assert code == 3, out
        assert "BROKEN: " in out
        assert "does not answer" in out
        assert "answers `--server` as docs/wire.md says" in out
        assert "OTHER CONTRACT" not in out
        assert "DIVERGENCE" not in out


@pytest.mark.parametrize("text", [None, "", '{"reducer": {}}'])
def test_a_contract_that_cannot_be_read_is_bad_input(
    tmp_path: Path, text: str | None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "contract.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    monkeypatch.setattr("harness.subjects.reducer.contract.CONTRACT_FILE", path)
    for command in (["doctor"], ["run", "--sequences", "0", "--reports", str(tmp_path), "--candles", str(candles(tmp_path))]):
        code, out, err = parity(capsys, *command)
        assert (code, out) == (2, "")
        assert err.startswith(f"parity: {path}: ")
        assert err.count("\n") == 1


def test_an_unusable_reports_folder_is_noticed_before_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nowhere")):
        code, out, err = parity(capsys, "run", "--reports", str(folder))
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert err.startswith(f"parity: --reports {folder}: cannot be written to (")
    check_reports_dir(tmp_path / "a" / "b")
    assert not (tmp_path / "a").exists()


def test_coverage_passes_once_nothing_is_missing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for missing, expected in (([], 0), (["1->2"], 1)):
        report = BranchReport(branches=5, missing={"orders": missing, "booking": []}, hits={}, cases=1)
        monkeypatch.setattr("harness.coverage.branches.measure", lambda *_, report=report, **__: report)
        assert parity(capsys, "golden", "coverage")[0] == expected
        assert parity(capsys, "golden", "coverage", "--json")[0] == expected


def test_a_reader_that_leaves_is_no_divergence(tmp_path: Path) -> None:
    run = f"run --ports haskell --sequences 300 --candles {candles(tmp_path)} --reports {tmp_path}"
    done = shell(f"{PARITY} {run} | head -1; exit ${{PIPESTATUS[0]}}")
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize(("where", "expected"), [(">/dev/full", 2), (">&-", 0), (">&- 2>&-", 0)])
@pytest.mark.parametrize("command", ["golden verify --help", "doctor --json", "doctor"])
def test_output_that_cannot_be_written_is_one_sentence_or_none(command: str, where: str, expected: int) -> None:
    done = shell(f"{PARITY} {command} {where}")
    assert done.returncode == expected
    said = "parity: standard output cannot be written (No space left on device)\n" if expected else ""
    assert done.stderr == said


def test_nothing_slow_is_loaded_before_it_is_needed() -> None:
    slow = ("pandas", "arch", "numpy", "golden.reducer.cases.journeys")
    script = f"import sys, harness.cli.main; print([name for name in {slow} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("delay_sec", [0.05, 0.3, 1.0])
def test_an_interrupt_is_one_line(tmp_path: Path, delay_sec: float) -> None:
    arguments = ["run", "--ports", "haskell", "--candles", str(candles(tmp_path)), "--sequences", "100000"]
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(delay_sec), *arguments, "--reports", str(tmp_path)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (130, "parity: interrupted\n")


@pytest.mark.parametrize("where", ["parse_args", "get_command", "resolve_command"])
def test_an_interrupt_is_one_line_wherever_click_is(
    where: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"harness.cli.main.LazyGroup.{where}", interrupted)
    assert parity(capsys, "doctor") == (130, "", "parity: interrupted\n")


def test_the_same_seed_gives_the_same_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["run", "--ports", "haskell", "--sequences", "30", "--candles", str(candles(tmp_path)), "--json", "--seed"]
    first, again, other = (json.loads(parity(capsys, *arguments, seed)[1])["met"] for seed in ("4", "4", "5"))
    assert first == again
    assert first["generated"] != other["generated"]


def test_a_run_says_what_it_met(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--sequences", "10", "--candles", "tests/quality/candles.csv", "--reports", str(tmp_path)]
    code, out, _ = parity(capsys, "run", "--ports", "haskell", *arguments)
    assert code == 0
    assert "phase S2" in out
    assert "action OrphanOrderAction" in out
    assert "PARITY: " in out
    assert "generated: 10 of 10" in out


def test_too_few_kinds_of_events_fail_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.subjects.reducer.cases.CASES_TO_MEET_ALL", 1)
    code, out, _ = parity(
        capsys, "run", "--ports", "haskell", "--sequences", "1", "--events-max", "1", "--candles", str(candles(tmp_path))
    )
    assert code == 1
    assert "NEVER MET: event RecoveryCancelEvent" in out


def candles(tmp_path: Path) -> Path:
    """A file of two candles."""
    path = tmp_path / "two.csv"
    path.write_text("1700000000,0.1,0.102,0.099,0.101,5.5,1\n1700000300,0.101,0.103,0.1,0.1005,7.5,1\n", encoding="utf-8")
    return path
