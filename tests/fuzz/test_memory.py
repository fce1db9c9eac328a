"""The memory of a worker is that of its ports: a process that is none of them starts when it is needed, and is no leak."""

from __future__ import annotations

import subprocess
import sys

from harness.fuzz.batch import rss_bytes
from harness.panel import REFERENCE, PortRequest
from harness.subjects.detector.ports.setups import other_setups
from harness.subjects.registry import subject_called

HOG = "x = b'x' * (200 * 2**20); print(len(x), flush=True); input()"


def test_a_bystander_counts_nothing() -> None:
    before = rss_bytes()
    with subprocess.Popen([sys.executable, "-c", HOG], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as hog:
        assert hog.stdout is not None
        hog.stdout.readline()
        assert rss_bytes() - before > 150 * 2**20
        assert rss_bytes((hog.pid,)) - before < 50 * 2**20
        hog.kill()


def test_the_servers_of_other_set_ups_are_bystanders() -> None:
    about = subject_called("detector")
    with about.open(PortRequest(names=(REFERENCE,))) as panel:
        servers = other_setups()
        assert sorted(panel.bystanders()) == sorted(server.pid for server in servers)
        assert all(server.address for server in servers)
        assert rss_bytes() - rss_bytes(panel.bystanders()) > 50 * 2**20
