"""A run that is stopped, however rudely, says how to go on, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from harness.store.ledger import STOPPED, Ledger
from tests.fuzz.runs import PLANTED, ROOT, await_batches, fuzz_command
from tests.fuzz.test_resume import run_id_of
from tests.processes import begin_process

LONG = ("--sequences", "20000", "--seed", "3", "--batch-size", "20", "--workers", "2")


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """A run in a session of its own, as a terminal would have it."""
    return begin_process(
        [*fuzz_command(folder), *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def gone(processes: list[psutil.Process], timeout_sec: float = 20.0) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=timeout_sec)
    for each in alive:
        each.kill()
    return not alive


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_run_says_how_to_continue(tmp_path: Path, number: signal.Signals) -> None:
    process = started(tmp_path, *LONG)
    run_id = run_id_of(process)
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    await_batches(url, run_id, 2)
    children = psutil.Process(process.pid).children(recursive=True)
    for _ in range(4):
        # As somebody does who does not believe that it has been heard.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
        time.sleep(0.1)
    said, wrong = process.communicate(timeout=30)
    assert (process.returncode, wrong) == (130, "")
    assert said.splitlines()[-1].endswith(f"go on with parity fuzz --resume {run_id} --ledger {url} --reports {tmp_path}")
    assert gone(children)
    assert Ledger(url).find(run_id).state == STOPPED


@pytest.mark.parametrize("delay_sec", [0.4, 1.0, 1.6])
def test_an_interrupt_at_any_moment_has_no_traceback(tmp_path: Path, delay_sec: float) -> None:
    process = started(tmp_path, *LONG)
    time.sleep(delay_sec)
    os.killpg(process.pid, signal.SIGINT)
    _, wrong = process.communicate(timeout=30)
    assert "Traceback" not in wrong
    assert process.returncode in (130, -signal.SIGINT)


def test_a_run_that_is_killed_takes_its_workers_and_ports_along(tmp_path: Path) -> None:
    process = started(tmp_path, *LONG)
    await_batches(f"sqlite:///{tmp_path / 'l.sqlite'}", run_id_of(process), 2)
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    assert gone(children)


def test_the_time_is_up_in_the_middle_of_a_batch_too(tmp_path: Path) -> None:
    begun = time.monotonic()
    slow = ("--sequences", "2000", "--batch-size", "2000", "--workers", "1", "--candidate-exe", f"{PLANTED} forgets_quote_fee")
    process = started(tmp_path, *slow, "--time-budget", "2")
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "INCOMPLETE: 0 cases" in said
    assert time.monotonic() - begun < 20.0


def test_a_resumed_run_keeps_its_own_plan(tmp_path: Path) -> None:
    process = started(tmp_path, "--sequences", "20", "--workers", "1")
    run_id = run_id_of(process)
    process.communicate(timeout=60)
    for arguments in (("--sequences", "7"), ("--seed", "7"), ("--waivers", "none.toml"), ("--subject", "detector")):
        again = started(tmp_path, "--resume", run_id, *arguments)
        _, wrong = again.communicate(timeout=60)
        assert again.returncode == 2
        assert wrong == f"parity: {arguments[0]}: a run that is resumed keeps its own; leave it out\n"
