"""A process for one request is waited for without looking for its end again and again."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from doge_core.client import request_once
from doge_core.errors import ServerTimeoutError

DESCRIBE = b'{"method":"describe"}'
# It answers at once and closes its pipes, and ends later.
SCRIPT = "import os, sys, time; os.write(1, b'{}\\n'); os.close(1); os.close(2); time.sleep(float(sys.argv[1]))"
SLOW = [sys.executable, "-c", SCRIPT]


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="MISSING: pidfd_open, which Linux alone has, from 5.3 on")
def test_nothing_sleeps_until_a_process_has_ended(executable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, sleep = threading.get_ident(), time.sleep

    def refuse(sec: float) -> None:
        assert threading.get_ident() != here, "it sleeps"
        # Threads of other tests may.
        sleep(sec)

    monkeypatch.setattr(time, "sleep", refuse)
    assert request_once([str(executable)], DESCRIBE, 10.0).startswith(b"{")
    assert request_once([*SLOW, "0.2"], DESCRIBE, 10.0) == b"{}"


def test_a_process_that_answers_and_does_not_end_is_ended() -> None:
    began = time.monotonic()
    with pytest.raises(ServerTimeoutError, match=r"no answer within 0\.5 s; killed"):
        request_once([*SLOW, "60"], DESCRIBE, 0.5)
    assert time.monotonic() - began < 10.0
