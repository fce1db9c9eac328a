"""A command that a signal ends leaves a record that says so; its workers know nothing of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from harness import ROOT
from harness.evidence.book import read_book
from harness.evidence.stopping import STOPPING, StoppedError, stopped_by_signals
from harness.store.ledger import Ledger
from tests.processes import begin_process

LONG = {
    "run": ["run", "--sequences", "500000", "--market-windows", "0"],
    "golden": ["golden", "coverage", "--sequences", "500000"],
}


@pytest.fixture(autouse=True)
def _defaults() -> Iterator[None]:
    """Handlers as a shell's command has them, whatever an earlier test left."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in STOPPING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("command", LONG)
@pytest.mark.parametrize("number", STOPPING)
def test_a_command_that_a_signal_ends_is_recorded(command: str, number: signal.Signals, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    reports = ["--reports", str(tmp_path)] if command == "run" else []
    process = begin_process(
        [sys.executable, "-m", "harness", *LONG[command], *reports, "--ledger", url],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    # It tells of its record once it has begun.
    assert process.stdout.readline().startswith("evidence ")
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    # Whoever asks twice gets the same.
    time.sleep(0.05)
    if process.poll() is None:
        process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err.splitlines()[-1]) == (128 + number, "parity: interrupted")
    assert not psutil.wait_procs(children, timeout=30.0)[1]
    ledger = Ledger(url)
    (entry,) = read_book(ledger).entries
    ledger.close()
    assert entry.evidence is not None
    assert (entry.evidence.verdict, entry.evidence.exit_code, entry.sound) == ("INTERRUPTED", 128 + number, True)


# A signal that comes while a process is being started, when nobody holds it yet.
MET_STARTING = """
import os, subprocess, sys
number = int(sys.argv.pop())
begin = subprocess.Popen.__init__
def begun(self, words, *others, **named):
    begin(self, words, *others, **named)
    if "harness.coverage.branches" in words:
        print("started", self.pid, flush=True)
        os.kill(os.getpid(), number)
subprocess.Popen.__init__ = begun
from harness.__main__ import main
main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, *STOPPING])
def test_a_process_that_was_being_started_ends_too(number: signal.Signals, tmp_path: Path) -> None:
    ledger = ["--ledger", f"sqlite:///{tmp_path / 'l.sqlite'}"]
    words = [sys.executable, "-c", MET_STARTING, *LONG["golden"], *ledger, str(int(number))]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stderr.splitlines()[-1]) == (128 + number, "parity: interrupted")
    [started] = [int(line.split()[1]) for line in ended.stdout.splitlines() if line.startswith("started ")]
    with suppress(psutil.NoSuchProcess):
        left = psutil.Process(started)
        try:
            left.wait(10.0)
        except psutil.TimeoutExpired:
            left.kill()
            raise


def test_handlers_are_put_back() -> None:
    with pytest.raises(StoppedError), stopped_by_signals():
        signal.raise_signal(signal.SIGTERM)
    for number in STOPPING:
        signal.signal(number, signal.SIG_DFL)
    with stopped_by_signals():
        assert all(callable(signal.getsignal(number)) for number in STOPPING)
    assert {signal.getsignal(number) for number in STOPPING} == {signal.SIG_DFL}


def test_who_ignores_or_handles_a_signal_already_goes_on_to() -> None:
    def handler(*_: object) -> None: ...

    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, handler)
    with stopped_by_signals():
        # As under nohup.
        os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGTERM) is handler
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_a_worker_that_was_forked_ends_at_the_signal_itself() -> None:
    code = (
        "import os, signal, time\n"
        "from harness.evidence.stopping import stopped_by_signals\n"
        "with stopped_by_signals():\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        try:\n"
        "            time.sleep(60)\n"
        "        except BaseException:\n"
        "            os._exit(7)\n"
        "    time.sleep(0.2)\n"
        "    os.kill(child, signal.SIGTERM)\n"
        "    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == (f"{-signal.SIGTERM}\n", "")


def test_another_thread_has_no_handler() -> None:
    seen: list[object] = []

    def work() -> None:
        with stopped_by_signals():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]
