"""A candidate in a process of its own, as the shadow's thread asks it: whatever goes wrong is an error with a cause."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from doge_shadow.face import RESTING, CandidateError
from doge_shadow.link import Link

DIED, TIMEOUT, GARBAGE, MISSING = "died", "timeout", "garbage", "missing"
# After a failure the candidate is left alone for so long, and twice as long after each further one.
REST_FIRST_SEC, REST_MAX_SEC = 0.5, 30.0


@dataclass(frozen=True)
class _Child:
    process: subprocess.Popen[bytes]
    link: Link


class CandidateProcess:
    """Starts `doge_shadow.child` for a module when it is first asked, and again after a failure.

    Used by one thread, but for `retire`. `environment` is added to this process's own, `timeout_sec` limits one answer.
    """

    def __init__(self, module: str, *, environment: Mapping[str, str], memory_bytes: int, timeout_sec: float) -> None:
        self.module, self.timeout_sec = module, timeout_sec
        self.starts = 0
        self._environment, self._memory_bytes = dict(environment), memory_bytes
        self._child: _Child | None = None
        self._retired = False
        self._failures, self._resting_until = 0, 0.0

    def ask(self, request: Any) -> tuple[dict[str, Any], list[CandidateError]]:
        """Return the reply, and the failures after which the request was repeated. Raises `CandidateError`.

        A process that died is started again once, and asked again.
        """
        if time.monotonic() < self._resting_until:
            raise CandidateError(RESTING, f"the candidate failed {self._failures} times in a row, and is given a pause")
        try:
            message = pickle.dumps(request, protocol=pickle.HIGHEST_PROTOCOL)
        except Exception as error:
            raise CandidateError("unreadable", f"the call cannot be sent to another process ({error!r})") from error
        stumbles = []
        try:
            try:
                reply = self._asked(message)
            except CandidateError as error:
                if error.cause != DIED or self._failures or self._retired:
                    raise
                stumbles.append(error)
                reply = self._asked(message)
        except CandidateError as error:
            self._rest()
            raise CandidateError(error.cause, str(error), stumbles) from error
        self._failures = 0
        return reply, stumbles

    def _rest(self) -> None:
        self._end()
        self._failures += 1
        self._resting_until = time.monotonic() + min(REST_MAX_SEC, REST_FIRST_SEC * 2.0 ** min(self._failures - 1, 20))

    def _asked(self, message: bytes) -> dict[str, Any]:
        try:
            child = self._child or self._started()
            deadline = time.monotonic() + self.timeout_sec
            child.link.send(message, deadline)
            return _decoded(child.link.receive(deadline))
        except TimeoutError as error:
            self._end()
            raise CandidateError(TIMEOUT, f"no answer within {self.timeout_sec:g} s") from error
        except (EOFError, OSError) as error:
            raise CandidateError(DIED, self._ending()) from error
        except (ValueError, msgspec.MsgspecError) as error:
            self._end()
            raise CandidateError(GARBAGE, f"the answer cannot be read ({error})") from error

    def _started(self) -> _Child:
        """Start the process, and wait until it has its candidate."""
        if os.name != "posix":
            raise CandidateError(MISSING, "a candidate in a process of its own needs a POSIX system")
        ours, theirs = socket.socketpair()
        words = [str(theirs.fileno()), str(os.getpid()), str(self._memory_bytes), self.module]
        with theirs:
            process = subprocess.Popen(
                # Without the folder that the bot happens to be in, but with every place that the bot imports from.
                [sys.executable, "-P", "-m", "doge_shadow.child", *words],
                env={**os.environ, **self._environment, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                # A group of its own, which a signal from the bot's terminal misses, and of which all can be ended at once.
                start_new_session=True,
            )
        self._child = child = _Child(process, Link(ours))
        self.starts += 1
        if self._retired:
            # Looked at once the process can be seen: whoever retires it meanwhile either sees it or is seen.
            raise EOFError
        hello = _decoded(child.link.receive(time.monotonic() + self.timeout_sec))
        if "ready" not in hello:
            self._end()
            raise CandidateError(MISSING, f"the candidate cannot be imported: {hello.get('missing')}")
        return child

    def _ending(self) -> str:
        child = self._child
        if child is not None:
            # It has closed its end, and is about to tell by its status why.
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(1.0)
        self._end()
        status = None if child is None else child.process.returncode
        if status is None or status == -signal.SIGKILL:
            return "the candidate's process was ended"
        return f"the candidate's process ended by itself ({'signal' if status < 0 else 'exit code'} {abs(status)})"

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            _kill(child)
            child.link.drop()

    def retire(self) -> None:
        """End the process at once and for good; may be called by any thread. Who waits for its answer gets an error."""
        self._retired = True
        child = self._child
        if child is not None:
            _kill(child)

    def forget(self) -> None:
        """Let go of the process in a forked child: it is the parent's."""
        child, self._child = self._child, None
        self._failures, self._resting_until, self._retired = 0, 0.0, False
        if child is not None:
            child.link.drop()
            # Finds that it is no child of this process, so that nobody warns of it.
            child.process.poll()


def _kill(child: _Child) -> None:
    # A process that was not waited for keeps its number.
    if child.process.returncode is None:
        with contextlib.suppress(OSError):
            os.killpg(child.process.pid, signal.SIGKILL)
    child.link.shut()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.process.wait(1.0)


def _decoded(message: bytes) -> dict[str, Any]:
    reply: dict[str, Any] = msgspec.msgpack.decode(message, type=dict[str, Any])
    return reply
