"""`parity exhaust` on the command line: what is refused, what is not closed, what is recorded, and how it ends."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from generators.reducer.atlas import WORLDS
from harness import ROOT
from harness.exhaust.explore import Options
from harness.exhaust.run import explore_all
from harness.panel import PortRequest
from harness.subjects.reducer.exhaust.part import ReducerExhaustion
from tests.processes import begin_process
from tests.unit.test_cli import parity

PLANTED = ROOT / "tests" / "quality" / "planted.py"


def exhaust(capsys: pytest.CaptureFixture[str], tmp_path: Path, *arguments: str) -> tuple[int, str, str]:
    ledger = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    return parity(capsys, "exhaust", "--reports", str(tmp_path / "reports"), "--ledger", ledger, "--workers", "1", *arguments)


def candidate(bug: str) -> str:
    return shlex.join([sys.executable, str(PLANTED), bug])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--merge", "exact"), "--merge exact: ids and totals grow for ever; bound it with --depth"),
        (("--world", "plane"), "--world 'plane': is no world; --list names them"),
        (("--list", "--depth", "3"), "--depth: means nothing to --list; leave it out"),
        (("--list", "--small"), "--small: means nothing to --list; leave it out"),
        (("--subject", "detector"), "exhaust: the subject detector has no closed worlds"),
        (("--ports", "python"), "--ports python: is the reference, and alone leaves nothing to compare; name another one"),
        (("--candidate-module", "x"), "--candidate-module: means nothing to the subject reducer; leave it out"),
        (("--world", "losses", "--small"), "--small: leaves none of the worlds that --world names"),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: tuple[str, ...], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = exhaust(capsys, tmp_path, *arguments)
    assert (code, out, err) == (2, "", f"parity: {sentence}\n")
    assert not list(tmp_path.iterdir()), "nothing was looked at"


def test_the_worlds_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = exhaust(capsys, tmp_path, "--list")
    lines = out.splitlines()
    assert (code, len(lines)) == (0, len(WORLDS))
    assert "losses (large): Losses move the next entry away, and begin a cooldown." in lines


def test_a_world_that_the_time_does_not_close_is_never_closed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = exhaust(capsys, tmp_path, "--world", "losses", "--seconds", "1", "--json")
    (row,) = json.loads(out)["worlds"]
    assert (code, json.loads(out)["verdict"], row["closed"]) == (130, "INCOMPLETE", False)
    assert row["depth"] > 1
    code, out, _ = exhaust(capsys, tmp_path, "--world", "losses", "--seconds", "1", "--depth", "60", "--json")
    assert (code, json.loads(out)["verdict"]) == (130, "INCOMPLETE"), "the depth was not reached"
    code, out, _ = exhaust(capsys, tmp_path, "--world", "losses", "--seconds", "1")
    assert "NOT CLOSED at depth" in out
    assert "any sequence" not in out


def test_it_leaves_evidence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = exhaust(capsys, tmp_path, "--world", "refresh once", "--world", "steep", "--json")
    said = json.loads(out)
    assert (code, said["verdict"]) == (0, "PARITY")
    ledger = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    code, out, _ = parity(capsys, "evidence", "show", said["evidence"], "--ledger", ledger, "--json")
    predicate = json.loads(out)["statement"]["predicate"]
    figures = {name: figure["value"] for name, figure in predicate["figures"].items()}
    assert (predicate["kind"], predicate["verdict"]) == ("exhaust", "PARITY")
    assert (figures["worlds"], figures["open"], figures["divergent"], figures["ports"]) == (2, 0, 0, 1)
    assert figures["states"] == sum(row["states"] for row in said["worlds"])
    assert {row["world"] for row in predicate["details"]["worlds"] if row["closed"]} == {"refresh once", "steep"}


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (("--depth", "2"), "exhaust-bounded"),
        (("--seconds", "100"), "exhaust-bounded"),
        (("--depth", "2", "--candidate-exe", candidate("dies_at_once")), "exhaust"),
    ],
)
def test_a_bounded_run_is_evidence_of_another_kind_unless_it_finds_something(
    arguments: tuple[str, ...], kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exhaust(capsys, tmp_path, "--world", "refresh once", *arguments)
    _, out, _ = parity(capsys, "evidence", "list", "--ledger", f"sqlite:///{tmp_path / 'ledger.sqlite'}", "--json")
    assert [record["statement"]["predicate"]["kind"] for record in json.loads(out)["records"]] == [kind]


def test_a_port_that_is_not_here_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = exhaust(capsys, tmp_path, "--world", "steep", "--candidate-exe", "/nonexistent/exe")
    assert code == 3
    assert "MISSING: port exe:exe: /nonexistent/exe is not an executable file" in out
    assert "MISSING: 0 worlds" in out
    assert "┃" not in out, "there is nothing to put into a table"


@pytest.mark.parametrize(("bug", "said"), [("dies_at_once", "died"), ("hangs", "timeout"), ("prints_garbage", "not JSON")])
def test_a_candidate_that_does_not_answer_diverges_and_the_end_comes(
    bug: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--world", "refresh twice", "--candidate-exe", candidate(bug), "--timeout-sec", "2", "--json")
    code, out, _ = exhaust(capsys, tmp_path, *arguments)
    report = json.loads(out)
    assert (code, report["verdict"]) == (1, "DIVERGENCE")
    assert report["worlds"][0]["given_up"] == {report["ports"][0]: "5 steps without an answer"}
    repro = json.loads(Path(report["repros"][0]).read_text(encoding="utf-8"))
    assert said in repro["divergence"]["candidate"]


def started(tmp_path: Path) -> subprocess.Popen[str]:
    """An exploration that takes long, once its processes are at work."""
    command = [sys.executable, "-m", "harness", "exhaust", "--world", "losses", "--world", "recovery slots", "--workers", "2"]
    where = ["--reports", str(tmp_path), "--ledger", f"sqlite:///{tmp_path / 'ledger.sqlite'}"]
    begun = begin_process([*command, *where], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and len(servers_of(begun)) < 3:
        time.sleep(0.2)
    return begun


def servers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    children = psutil.Process(process.pid).children(recursive=True)
    return [child for child in children if "--server" in child.cmdline()]


def test_an_interrupt_ends_it_and_all_its_processes(tmp_path: Path) -> None:
    begun = started(tmp_path)
    children = psutil.Process(begun.pid).children(recursive=True)
    os.kill(begun.pid, signal.SIGINT)
    _, err = begun.communicate(timeout=30)
    assert (begun.returncode, err) == (130, "parity: interrupted\n")
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []


def test_its_processes_end_when_it_is_killed(tmp_path: Path) -> None:
    begun = started(tmp_path)
    children = psutil.Process(begun.pid).children(recursive=True)
    begun.kill()
    begun.communicate(timeout=30)
    _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []


def test_nothing_of_its_processes_is_left_to_the_end_of_the_interpreter() -> None:
    request = PortRequest(names=("python", "haskell"))
    before = threading.active_count()
    explore_all("reducer", ["ages"], request, Options(), workers=1)
    assert threading.active_count() == before


@pytest.mark.parametrize("which", [0, -1], ids=["first", "last"])
def test_a_process_that_is_killed_is_told(which: int, tmp_path: Path) -> None:
    begun = started(tmp_path)
    workers = sorted(server.ppid() for server in servers_of(begun) if server.ppid() != begun.pid)
    os.kill(workers[which], signal.SIGKILL)
    _, err = begun.communicate(timeout=30)
    assert begun.returncode == 2
    listed = subprocess.run(
        [sys.executable, "-m", "harness", "evidence", "list", "--ledger", f"sqlite:///{tmp_path / 'ledger.sqlite'}"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "ERROR" in listed.stdout, "the record that was foretold is there"
    assert err == "parity: exhaust: a process was ended from outside, with one of these worlds: losses, recovery slots\n"


def test_branches_that_no_world_takes_are_told_with_their_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = parity(capsys, "exhaust", "--branches", "--world", "refresh once", "--json")
    told = json.loads(out)
    assert code == 1
    assert told["branches"] > 100
    assert "if order is None:" in told["unexplained"].values(), "no order is filled in a world of ticks"
    assert all(each["why"] for each in told["beyond"].values())
    assert not set(told["beyond"]) & set(told["unexplained"])
    code, out, err = parity(capsys, "exhaust", "--branches", "--depth", "3")
    assert (code, out, err) == (2, "", "parity: --depth: means nothing to --branches; leave it out\n")


def test_every_line_out_of_reach_is_there() -> None:
    exhaustion = ReducerExhaustion()
    lines = {line.strip() for file in exhaustion.deciding for line in file.read_text(encoding="utf-8").splitlines()}
    assert set(exhaustion.beyond) <= lines
