"""A run in several processes is not milder than one: ports that fail in one of them, hang, or are flaky; full folders."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from generators.errors import ParityError
from harness import ROOT
from harness.engine.outcome import GENERATED, GOLDEN, MARKET, RunReport
from harness.engine.run import Generated, RunOptions, run_parity
from harness.engine.runner import Runner
from harness.engine.shares import Source
from harness.engine.workers import WorkersError
from harness.panel import REFERENCE, PortRequest
from harness.parts import SubjectError
from harness.subjects.reducer.panel import ReducerPanel
from harness.subjects.reducer.ports.base import PortError
from harness.subjects.reducer.ports.python import PythonPort
from tests.fuzz.test_flaky import OnceWrong
from tests.subjects import REDUCER

# Serves the reference, but only once at a time.
SINGLE = f"""
import fcntl, sys
sys.path.insert(0, {str(ROOT)!r})
held = open(sys.argv[0] + ".lock", "w")
try:
    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    sys.exit("another one runs")
from reducer.wire import main
main(["--server"])
"""
# Describes itself, and hangs at anything else.
HANGS = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from reducer.wire import handle_line
for line in sys.stdin.buffer:
    if b"describe" not in line:
        time.sleep(300)
    sys.stdout.buffer.write(handle_line(line))
    sys.stdout.flush()
"""


def candidate(folder: Path, script: str) -> str:
    path = folder / "server.py"
    path.write_text(script, encoding="utf-8")
    return f"{sys.executable} {path}"


def ran(folder: Path, exe: str, cases: int, workers: int = 2) -> RunReport:
    sources: list[Source] = [(GOLDEN, []), (GENERATED, Generated("reducer", 5, range(cases), {"events_max": 8})), (MARKET, [])]
    ports = PortRequest(names=(REFERENCE,), candidates=(exe,), timeout_sec=20.0)
    return run_parity(REDUCER, sources, RunOptions(ports=ports, reports_dir=folder / "reports", workers=workers), None)


def test_a_port_that_only_one_process_can_start_is_no_parity(tmp_path: Path) -> None:
    report = ran(tmp_path, candidate(tmp_path, SINGLE), 40)
    # The run itself has examined it, and so holds the only one that may run.
    assert report.word == "DIVERGENCE"
    assert {finding.divergence.kind for finding in report.findings} == {"error"}
    assert sum(report.ports[1].cases.values()) + sum(report.ports[1].not_compared.values()) == 40


def test_a_port_without_a_case_is_no_parity(tmp_path: Path) -> None:
    report = ran(tmp_path, candidate(tmp_path, SINGLE), 40, workers=1)
    assert report.word == "PARITY"
    report.ports.append(ran(tmp_path, f"{sys.executable} -m reducer.wire", 0, workers=1).ports[1])
    assert report.word == "INCOMPLETE"


def test_sources_without_cases_are_told_alike(tmp_path: Path) -> None:
    exe = f"{sys.executable} -m reducer.wire"
    for workers in (1, 2):
        assert [*ran(tmp_path, exe, 4, workers).met] == [GOLDEN, GENERATED, MARKET]


def test_an_interrupt_ends_servers_that_hang(tmp_path: Path) -> None:
    exe = candidate(tmp_path, HANGS)
    command = [sys.executable, "-m", "harness", "run", "--no-evidence", "--sequences", "40", "--market-windows", "0"]
    command += ["--ports", "python", "--candidate-exe", exe, "--workers", "2", "--timeout-sec", "60"]
    with subprocess.Popen(
        [*command, "--reports", str(tmp_path / "reports")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:  # fmt: skip
        # The run's own, and one for each process.
        deadline = time.monotonic() + 60.0
        while len(servers(tmp_path)) < 3 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(servers(tmp_path)) == 3
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(20.0) == 130
    time.sleep(0.5)
    assert servers(tmp_path) == []


def servers(folder: Path) -> list[int]:
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = process.info["cmdline"] or []
        if str(folder / "server.py") in line and "--server" in line and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process.pid)
    return found


def test_a_folder_for_temporary_files_that_is_full_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(
        WorkersError, match=r"temporary files, /.*, cannot be written to \(No space left on device\); set TMPDIR"
    ):
        ran(tmp_path, f"{sys.executable} -m reducer.wire", 4)


def test_only_the_finding_with_the_repro_says_what_the_repro_asks_first(tmp_path: Path) -> None:
    run = Runner(REDUCER, ReducerPanel([PythonPort(), OnceWrong()], {}), tmp_path)
    for _ in range(2):
        # Two processes that both meet this kind of divergence first.
        there = Runner(REDUCER, ReducerPanel([PythonPort(), OnceWrong()], {}), None, run.examined)
        run.absorb(there.part(GENERATED, Generated("reducer", 5, range(40), {"events_max": 40}), 0))
    one, other = run.report.findings
    assert one.divergence.fingerprint == other.divergence.fingerprint
    assert one.repro == other.repro is not None
    assert [len([note for note in each.notes if note.startswith("FLAKY")]) for each in (one, other)] == [1, 0]


def test_errors_reach_another_process_as_they_are() -> None:
    for error in (PortError("it died", "died"), SubjectError("tiny", "lacks much"), WorkersError("gone", resumable=False)):
        there = pickle.loads(pickle.dumps(error))
        assert (type(there), str(there), vars(there)) == (type(error), str(error), vars(error))
        assert isinstance(there, ParityError)
