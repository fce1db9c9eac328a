"""What a test leaves running ends with the test."""

from __future__ import annotations

import subprocess

import psutil

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
