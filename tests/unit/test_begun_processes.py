"""What a test leaves running ends with the test."""

from __future__ import annotations

import shlex
import subprocess
import sys

import psutil

from harness import ROOT
from tests.processes import begin_process, ending_with_their_test


def test_a_process_that_is_left_running_ends_with_all_that_it_has_started() -> None:
    with ending_with_their_test():
        left = begin_process(["sh", "-c", "sleep 600 & echo begun; wait"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert left.stdout is not None
        assert left.stdout.readline() == b"begun\n"
        both = [psutil.Process(left.pid), *psutil.Process(left.pid).children()]
        assert len(both) == 2
    _, alive = psutil.wait_procs(both, timeout=10)
    assert alive == []
    assert left.returncode is not None
    assert left.stdout.closed


def test_a_process_that_has_ended_is_left_alone() -> None:
    with ending_with_their_test():
        ended = begin_process(["true"], stdin=subprocess.PIPE)
        ended.communicate()
    assert ended.returncode == 0


def test_an_interrupt_reaches_the_tests_where_a_shell_s_background_ignores_it() -> None:
    program = "import os, signal, tests.conftest; os.kill(os.getpid(), signal.SIGINT)"
    words = ["/bin/sh", "-c", f"trap '' INT; exec {shlex.join([sys.executable, '-c', program])}"]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.stderr.splitlines()[-1] == "KeyboardInterrupt"
