"""The choice of the implementation that answers a call: the persistent server, else one process per call, else Python. Before
them comes the library within this process, where it is asked for.

Every fallback is counted and logged once per cause. The call still returns the right result: a transition has no side effects,
so that it can be repeated by another implementation.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import state_machine as sm
from doge_core import locate
from doge_core.client import Answering, Server, request_once
from doge_core.codec import decode_answer, encode_object
from doge_core.errors import ContractError, ServerDiedError, ServerError
from doge_core.events import read_violations
from doge_core.held import Sizes
from doge_core.replaying import Replay, in_parts, one_by_one
from doge_core.rungs import HeldRung, Rung, transition_once
from doge_core.session import Sessions
from doge_core.settings import Settings
from reducer.contract import contract, contract_hash
from reducer.domain import check_state

log = logging.getLogger("doge_core")

T = TypeVar("T")

_instances: weakref.WeakSet[Haskell] = weakref.WeakSet()


class Haskell:
    """The Haskell reducer with its fallbacks.

    It may be used by several threads, whose calls take turns, and after a fork, where the child starts its own server.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.fallbacks: Counter[str] = Counter()
        self.python_calls = 0
        self.starts = 0
        self._library = HeldRung("in-process", 1, self._start_library)
        self._persistent = HeldRung("persistent", 2 if settings.persistent else 0, self._start_server)
        self._held = (self._library, self._persistent) if settings.backend == "haskell-inproc" else (self._persistent,)
        self._once = Rung("one-shot", 1)
        # A call within a call, as from a signal handler, must neither wait for the outer one nor ask in the middle of it.
        self._lock = threading.RLock()
        self._busy = False
        self._contract_checked = False
        self._retired = False
        # The server that was begun last: one that still starts is to be ended as well.
        self._begun: Server | None = None
        # What becomes the server that it is given.
        self._launcher: tuple[str, ...] = ()
        _instances.add(self)

    def transition(
        self,
        state: sm.PairState,
        event: sm.Event,
        cfg: sm.EngineConfig,
        order_size_usd: float,
        order_sizes: Sizes = None,
    ) -> tuple[sm.PairState, list[sm.Action]]:
        """Return what `state_machine.transition` returns, from the first implementation that can answer."""
        arguments = (state, event, cfg, order_size_usd, order_sizes)
        asked = self._asked(Sessions.transition, self._within_transition, *arguments)
        if asked is not None:
            return asked
        for _ in range(self._tries(self._once)):
            try:
                result = transition_once(self._ask_once, *arguments)
                self._once.succeeded()
                return result
            except ServerError as error:
                self._failed(self._once, error)
        self.python_calls += 1
        return sm.transition(*arguments)

    def replay(
        self,
        state: sm.PairState,
        events: Iterable[sm.Event],
        cfg: sm.EngineConfig,
        order_size_usd: float,
        order_sizes: Sizes = None,
    ) -> Replay:
        """Return what one `transition` after the other returns, asked in as few requests as there can be.

        The events are taken 5,000 at a time, so that more may have been taken than were replayed when one fails.
        """
        settings = (cfg, order_size_usd, order_sizes)
        alone = one_by_one(self.transition, *settings)

        def part(state: sm.PairState, some: Sequence[sm.Event]) -> Replay:
            return self._asked(Sessions.replay, _left, state, some, *settings) or alone(state, some)

        return in_parts(part, state, events)

    def _asked(self, ask: Callable[..., T | None], within: Callable[..., T | None], *arguments: Any) -> T | None:
        """Return what the first rung that keeps states answers; None if none does, or if it leaves the call to another way.

        `ask` is a method of `Sessions`; `within` answers a call within a call.
        """
        with self._lock:
            if self._busy:
                return within(*arguments)
            for rung in self._held:
                for _ in range(0 if self._retired else rung.ready_tries()):
                    self._busy = True
                    try:
                        result = ask(rung.sessions or rung.live(), *arguments)
                        if result is None:
                            break
                        rung.succeeded()
                        return result
                    except ServerError as error:
                        self._failed(rung, error)
                        if self._retired:
                            break
                    finally:
                        self._busy = False
        return None

    def check_invariants(self, state: sm.PairState) -> list[str]:
        """Return what `state_machine.check_invariants` returns, from the first implementation that can answer."""
        try:
            state = check_state(state)
        except ValueError as error:
            self._count(self._held[0].name, "domain", f"a state outside the domain is checked in Python ({error})")
            return sm.check_invariants(state)
        violations = self._asked(Sessions.check_invariants, self._within_check, state)
        if violations is not None:
            return violations
        for _ in range(self._tries(self._once)):
            try:
                line = b'{"method":"check_invariants","state":%b}' % encode_object(state)
                violations = read_violations(self._ask_once(line))
                self._once.succeeded()
                return violations
            except ServerError as error:
                self._failed(self._once, error)
        self.python_calls += 1
        return sm.check_invariants(state)

    def _within_transition(self, *arguments: Any) -> tuple[sm.PairState, list[sm.Action]]:
        self._count_within()
        return sm.transition(*arguments)

    def _within_check(self, state: sm.PairState) -> list[str]:
        self._count_within()
        return sm.check_invariants(state)

    def _count_within(self) -> None:
        self._count(self._held[0].name, "nested", "a call within a call is answered in Python")
        self.python_calls += 1

    def status(self) -> dict[str, Any]:
        """Return the counts of calls, fallbacks, server starts and sessions as plain data, for a status page."""
        sessions = next((rung.sessions for rung in self._held if rung.sessions is not None), None)
        return {
            "calls": {**{rung.name: rung.calls for rung in (*self._held, self._once)}, "python": self.python_calls},
            "fallbacks": dict(self.fallbacks),
            "server_starts": self.starts,
            "sessions": dict(sessions.counts) if sessions else {},
        }

    def executable(self) -> Path | None:
        """Return what answers: the library in this process, the executable of the running server, else what would; or None."""
        if self._library.sessions is not None or (self._held[0] is self._library and self._server() is None):
            library = locate.find_library()
            if library is not None:
                return library
        server = self._server()
        return locate.find_executable(self.settings.exe) if server is None else Path(server.argv[0])

    def pid(self) -> int | None:
        """Return the process id of the running server, or None."""
        server = self._server()
        return None if server is None else server.process.pid

    def _server(self) -> Server | None:
        sessions = self._persistent.sessions
        return sessions.server if sessions is not None and isinstance(sessions.server, Server) else None

    def retire(self) -> None:
        """End the server for good, whatever it does: Python answers a call that waits for it, and any later one."""
        self._retired = True
        if self._begun is not None:
            # Not under the lock, which a call holds that waits for a server that hangs.
            self._begun.kill()
        self.close()

    def _tries(self, rung: Rung) -> int:
        return 0 if self._retired else rung.ready_tries()

    def close(self) -> None:
        """End the server; the next call starts another."""
        with self._lock:
            for rung in self._held:
                rung.close()

    def after_fork(self) -> None:
        """Replace the lock, which may stay locked for ever in a forked child, and drop the parent's server."""
        self._lock, self._busy, self._begun = threading.RLock(), False, None
        for rung in self._held:
            rung.sessions = None

    def _argv(self) -> list[str]:
        return [str(locate.require_executable(self.settings.exe))]

    def _start_server(self) -> Sessions:
        server = self._begun = Server([*self._argv(), "--server"], self.settings.timeout_sec, self._launcher)
        self.starts += 1
        return self._sessions_of(server)

    def _start_library(self) -> Sessions:
        from doge_core.library import Library

        return self._sessions_of(Library(locate.require_library()))

    def _sessions_of(self, server: Answering) -> Sessions:
        try:
            if self._retired:
                # Looked at once the server can be seen: whoever retires meanwhile either sees it or is seen.
                raise ServerDiedError("the implementation was retired")
            self._check_contract(server.request(b'{"method":"describe"}'))
        except BaseException:
            server.kill()
            raise
        return Sessions(server)

    def _check_contract(self, line: bytes) -> None:
        theirs, ours = decode_answer(line).get("contract_hash"), contract_hash(contract())
        if theirs != ours:
            raise ContractError(f"the executable has contract {theirs}, the reference {ours}; rebuild it")
        self._contract_checked = True

    def _failed(self, rung: Rung, error: ServerError) -> None:
        rung.failed()
        self._count(rung.name, error.cause, str(error))

    def _count(self, rung: str, cause: str, sentence: str) -> None:
        key = f"{rung}:{cause}"
        self.fallbacks[key] += 1
        if self.fallbacks[key] == 1:
            log.warning("doge_core fallback %s: %s (counted in doge_core.status(), logged once)", key, sentence)

    def _ask_once(self, line: bytes) -> dict[str, Any]:
        argv = self._argv()
        if not self._contract_checked:
            self._check_contract(request_once(argv, b'{"method":"describe"}', self.settings.timeout_sec))
        return decode_answer(request_once(argv, line, self.settings.timeout_sec))


def _left(*_: Any) -> None:
    """Answer nothing: a replay within a call is left to one call for each event."""


def _after_fork_in_child() -> None:
    for haskell in list(_instances):
        haskell.after_fork()


def _close_all() -> None:
    for haskell in list(_instances):
        haskell.close()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
