"""The ways to call Haskell, from the fastest to the surest, each with its counts and its rests after failures."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from doge_core.codec import encode_object, read_tagged_actions, settings_fields
from doge_core.errors import ServerGarbageError
from doge_core.events import encode_event, refusal
from doge_core.held import Sizes
from doge_core.session import Sessions
from reducer.domain import check_event, check_settings, check_state
from reducer.snapshot import from_dict
from reducer.types import Action, EngineConfig, Event, PairState

_BACKOFF_FIRST_SEC, _BACKOFF_MAX_SEC = 0.1, 30.0


class Rung:
    """One way to call Haskell, with its counts. After consecutive failures it is not used for a while, longer each time."""

    def __init__(self, name: str, tries: int) -> None:
        self.name = name
        self.tries = tries
        self.calls = 0
        self.failures = 0
        self._resting_until = 0.0

    def ready_tries(self) -> int:
        """Return the number of attempts that a call may make on this rung now."""
        return 0 if self.failures > self.tries and time.monotonic() < self._resting_until else self.tries

    def succeeded(self) -> None:
        """Count an answer."""
        self.calls += 1
        self.failures = 0

    def failed(self) -> None:
        """Count a failure. After more failures than a call has attempts, the next calls skip this rung for a while."""
        self.failures += 1
        rest_sec = min(_BACKOFF_MAX_SEC, _BACKOFF_FIRST_SEC * 2.0 ** min(self.failures - self.tries, 20))
        self._resting_until = time.monotonic() + rest_sec


class HeldRung(Rung):
    """A way that keeps the states between the calls: a server's sessions, or those of the library in this process."""

    def __init__(self, name: str, tries: int, start: Callable[[], Sessions]) -> None:
        super().__init__(name, tries)
        self.sessions: Sessions | None = None
        self._start = start

    def live(self) -> Sessions:
        """Return the sessions, begun if there are none. Raises `ServerError`."""
        if self.sessions is None:
            self.sessions = self._start()
        return self.sessions

    def failed(self) -> None:
        """Count a failure, and end the sessions, which nobody can trust any more."""
        if self.sessions is not None:
            self.sessions.server.kill()
            self.sessions = None
        super().failed()

    def close(self) -> None:
        """End the sessions; the next call begins others."""
        if self.sessions is not None:
            self.sessions.server.close()
            self.sessions = None


def transition_once(
    ask: Callable[[bytes], dict[str, Any]],
    state: PairState,
    event: Event,
    cfg: EngineConfig,
    order_size_usd: float,
    order_sizes: Sizes,
) -> tuple[PairState, list[Action]]:
    """Return or raise what the reference's `transition` does, by one request with the whole state. Raises `ServerError`."""
    state = check_state(state)
    event = check_event(event)
    settings = settings_fields(*check_settings(cfg, order_size_usd, order_sizes))
    answer = ask(b'{"method":"transition","state":%b,%b,"event":%b}' % (encode_object(state), settings, encode_event(event)))
    if "error" in answer:
        raise refusal(answer, event)
    with suppress(KeyError, TypeError, ValueError, IndexError):
        return from_dict(answer["state"]), read_tagged_actions(answer["actions"])
    raise ServerGarbageError("the answer makes no sense")
