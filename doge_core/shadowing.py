"""The reducer's shadow: the Haskell core is asked, beside the reference, for every transition and every check of invariants."""

from __future__ import annotations

import math
import os
import shlex
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import state_machine as sm
from doge_core.backend import Haskell
from doge_core.client import Server
from doge_core.rungs import Rung
from doge_core.session import Sessions
from doge_core.settings import KINDS, Settings
from doge_core.severity import graded
from doge_shadow import tied
from doge_shadow.face import REFUSED, RESTING, CandidateError, Found
from doge_shadow.identity import identity_of
from doge_shadow.judging import Difference, differences, fingerprint
from doge_shadow.repro import repro_of, spelled
from doge_shadow.settings import CONTROL, ShadowSettings
from doge_shadow.taming import MIB, tame
from reducer.domain import KINDS as KINDS_OF
from reducer.snapshot import encode
from reducer.types import replace as changed

TRANSITION, INVARIANTS = 0, 1
STREAMS_MAX, BEFORE_MAX = 64, 20
ROOT = Path(sm.__file__).resolve().parent

Outcome = tuple[Any, ...]


class Watched(Haskell):
    """The client of production, with a candidate that yields to everything else on the machine and may grow only so large.

    A process per call would cost the machine more than a shadow may, so that there is no such fallback here.
    """

    def __init__(self, settings: Settings, memory_mib: float) -> None:
        super().__init__(replace(settings, persistent=True))
        self._once = Rung("one-shot", 0)
        self._memory_bytes = int(memory_mib * MIB)
        self.last_failure = ""
        if sys.platform == "linux" and sys.executable:
            # Whatever ends the bot, its candidate must not stay behind.
            self._launcher = (sys.executable, "-I", "-S", tied.__file__, str(os.getpid()))

    def _count(self, rung: str, cause: str, sentence: str) -> None:
        # The shadow says it; production has not fallen back to anything. What its own end breaks off is no failure.
        if not self._retired:
            self.fallbacks[f"{rung}:{cause}"] += 1
            self.last_failure = sentence

    def _start_server(self) -> Sessions:
        sessions = super()._start_server()
        # Not before its first answer: a candidate that yields to everything else may take long to start on a busy machine.
        if isinstance(sessions.server, Server):
            tame(sessions.server.process.pid, self._memory_bytes)
        return sessions

    def close(self) -> None:
        """Do nothing: the shadow ends its candidate, and whoever closes would wait for one that hangs."""

    def after_fork(self) -> None:
        """Begin anew in a forked child, as the shadow does."""
        super().after_fork()
        self._retired = False
        self._launcher = (*self._launcher[:-1], str(os.getpid())) if self._launcher else ()


@dataclass
class _Stream:
    """The states of one pair, as far as they follow from each other: the reference's last one, and the candidate's."""

    ours: sm.PairState
    theirs: sm.PairState
    before: deque[tuple[sm.PairState, sm.Event, Any]] = field(default_factory=lambda: deque(maxlen=BEFORE_MAX))

    def is_followed_by(self, state: sm.PairState) -> bool:
        """True if the state may be the last one, changed by the bot in what a bot changes."""
        names = ("next_order_id", "next_recovery_id", "total_round_trips", "cycle_a", "cycle_b", "now")
        return all(getattr(self.ours, name) == getattr(state, name) for name in names)

    def as_theirs(self, state: sm.PairState) -> sm.PairState:
        """Return the state as production would have it: what the candidate returned last, with the changes of the bot."""
        ours, theirs = self.ours, self.theirs
        if state is ours or ours is theirs or type(state) is not sm.PairState:
            return theirs if state is ours else state
        kept = {name: getattr(theirs, name) for name in KINDS_OF[sm.PairState] if getattr(state, name) is getattr(ours, name)}
        books = {
            name: _as_theirs(getattr(state, name), getattr(ours, name), getattr(theirs, name))
            for name in ("orders", "recovery_orders")
            if name not in kept and type(getattr(state, name)) is tuple
        }
        return changed(state, **kept, **books)


def _as_theirs(orders: tuple[Any, ...], ours: tuple[Any, ...], theirs: tuple[Any, ...]) -> tuple[Any, ...]:
    """A book with the candidate's orders in place of those that the reference had."""
    known = {id(one): other for one, other in zip(ours, theirs, strict=True)}
    return tuple(known.get(id(order), order) for order in orders)


class ReducerComparer:
    """Asks the candidate what the caller asked, and compares. Used by the shadow's thread alone, but for `retire`."""

    def __init__(self, settings: Settings, shadow: ShadowSettings) -> None:
        self._control = shadow.mode == CONTROL
        self._settings = settings
        self._client = Watched(settings, shadow.memory_mib)
        self._streams: deque[_Stream] = deque(maxlen=STREAMS_MAX)
        self._starts = -1
        self._identity: dict[str, str] = {}
        self._stumbles: list[CandidateError] = []

    def available(self) -> bool:
        """True if there is an executable to ask."""
        return self._control or self._client.executable() is not None

    def identity(self) -> dict[str, str]:
        """SHA-256 of the reference's files and of the executable that is asked; anew when another one is started."""
        if self._starts != self._client.starts:
            self._starts = self._client.starts
            self._identity = identity_here(None if self._control else self._client.executable())
        return self._identity

    def retire(self) -> None:
        """End the candidate for good."""
        self._client.retire()

    def key_of(self, call: Any) -> int:
        """A hash of the event's time, or of the state's: numbers hash alike in every process, texts do not."""
        return hash(getattr(call[2], "timestamp", 0.0) if call[0] == TRANSITION else getattr(call[1], "now", 0.0))

    def compare(self, call: Any) -> Found:
        """Ask for one call, and compare. Raises `CandidateError`."""
        kind, *arguments = call
        return self._transition(*arguments) if kind == TRANSITION else self._invariants(*arguments)

    def _transition(
        self, state: sm.PairState, event: sm.Event, cfg: sm.EngineConfig, usd: float, sizes: Any, ours: Outcome
    ) -> Found:
        stream = self._stream_of(state)
        asked = stream.as_theirs(state)
        began = time.perf_counter()
        theirs = self._ask(lambda core: core.transition(asked, event, cfg, usd, sizes))
        seconds = time.perf_counter() - began
        history = (stream.ours, stream.theirs) if state.completed_cycles is stream.ours.completed_cycles else None
        found = [] if _same_outcomes(ours, theirs, history) else list(graded(_plain(ours), _plain(theirs)))
        stream.before.append((state, event, (cfg, usd, sizes)))
        if not isinstance(ours[0], type):
            # Where they differ, the next call starts from what production would have had: the reference's state.
            stream.ours, stream.theirs = ours[0], ours[0] if found else theirs[0]
        before = list(stream.before)
        return Found(found, seconds, event, lambda: self._document(before, found, type(event).__name__), self._stumbles)

    def _invariants(self, state: sm.PairState, ours: list[str]) -> Found:
        began = time.perf_counter()
        theirs = self._ask(lambda core: (core.check_invariants(state),))[0]
        found = [
            replace(each, severity="high" if bool(ours) is not bool(theirs) else "low")
            for each in differences(list(ours), theirs if isinstance(theirs, list) else [repr(theirs)], ("violations",))
        ]
        seconds = time.perf_counter() - began
        return Found(found, seconds, None, lambda: self._document_of_state(state, found), self._stumbles)

    def _ask(self, call: Any) -> Outcome:
        """The candidate's result, or its refusal as type and text. Raises `CandidateError` where it gave none."""
        client: Any = sm if self._control else self._client
        answered, causes = self._client.python_calls, dict(self._client.fallbacks)
        try:
            result = call(client)
        except REFUSED as error:
            result = (type(error), str(error))
        self._stumbles = [
            CandidateError(cause, self._client.last_failure)
            for cause, number in self._client.fallbacks.items()
            for _ in range(number - causes.get(cause, 0))
        ]
        if self._client.python_calls != answered:
            if not self._stumbles:
                raise CandidateError(RESTING, "the candidate failed several times, and is given a pause of at most 30 s")
            last = self._stumbles[-1]
            raise CandidateError(last.cause, f"the candidate gave no answer ({last.cause}): {last}", self._stumbles)
        return tuple(result)

    def _stream_of(self, state: sm.PairState) -> _Stream:
        """The stream that a state continues, moved to the end; a new one if it continues none."""
        same = next((each for each in self._streams if each.ours is state), None)
        known = same or next((each for each in reversed(self._streams) if each.is_followed_by(state)), None)
        if known is None:
            known = _Stream(state, state)
        else:
            self._streams.remove(known)
        self._streams.append(known)
        return known

    def _document(self, before: Sequence[Any], found: Sequence[Difference], what: str) -> dict[str, Any]:
        """A repro file: the calls that led here, as far as each began with the state that the one before returned."""
        state, _, settings = before[-1]
        events = [_tagged(event) for _, event, _ in before]
        metadata = {"source": "shadow", "events_before": events[:-1]}
        return self._repro(found, f"{KINDS[TRANSITION]}|{what}", state, settings, events[-1:], metadata)

    def _document_of_state(self, state: sm.PairState, found: Sequence[Difference]) -> dict[str, Any]:
        """A repro file of a check of invariants, which needs no event: whoever replays it asks every method about the state."""
        settings = (sm.EngineConfig(), 1.0, None)
        return self._repro(found, f"{KINDS[INVARIANTS]}|None", state, settings, [], {"source": "shadow"})

    def _repro(
        self, found: Sequence[Difference], what: str, state: sm.PairState, settings: Any, events: list[Any], metadata: Any
    ) -> dict[str, Any]:
        executable = self._client.executable()
        candidate = None if self._control or executable is None else shlex.quote(str(executable))
        cfg, usd, sizes = settings
        return repro_of(
            found,
            subject="reducer",
            port="haskell" if candidate is None else f"exe:{Path(str(executable)).name}",
            candidate=candidate,
            event=events[0] if events else None,
            case={
                "name": f"shadow-{fingerprint(found, what)}",
                "state": spelled(encode(state)),
                "config": spelled(encode(cfg)),
                "order_size_usd": spelled(usd),
                "order_sizes": spelled(sizes),
                "events": events,
                "metadata": metadata,
            },
        )


def identity_here(executable: Path | None) -> dict[str, str]:
    """SHA-256 of what a shadow compares, by name."""
    reference = [ROOT / "state_machine.py", *(ROOT / "reducer").glob("*.py")]
    return identity_of(reference, [] if executable is None else [executable])


def _same_outcomes(ours: Outcome, theirs: Outcome, history: tuple[sm.PairState, sm.PairState] | None) -> bool:
    """True if two outcomes are the same to the last bit; False may also mean that they must be looked at more closely."""
    if isinstance(ours[0], type) or isinstance(theirs[0], type):
        return ours == theirs
    if len(ours[1]) != len(theirs[1]) or not all(map(_same_objects, ours[1], theirs[1])):
        return False
    known = 0
    if history is not None:
        # Both have the cycles of the state before, which were compared; a tuple is compared by identity first.
        mine, other = (each.completed_cycles for each in history)
        if ours[0].completed_cycles[: len(mine)] == mine and theirs[0].completed_cycles[: len(other)] == other:
            known = len(mine)
    return _same_objects(ours[0], theirs[0], known)


def _same_objects(ours: Any, theirs: Any, known_cycles: int = 0) -> bool:
    if type(ours) is not type(theirs):
        return False
    for name in KINDS_OF[type(ours)]:
        value, other = getattr(ours, name), getattr(theirs, name)
        if type(value) is not type(other):
            return False
        if isinstance(value, tuple):
            start = known_cycles if name == "completed_cycles" else 0
            if len(value) != len(other) or not all(map(_same_objects, value[start:], other[start:])):
                return False
        elif value != other or (isinstance(value, float) and math.copysign(1.0, value) != math.copysign(1.0, other)):
            return False
    return True


def _plain(outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome[0], type):
        return {"error": outcome[1], "kind": outcome[0].__name__}
    actions = [{"_type": type(action).__name__, **encode(action)} for action in outcome[1]]
    return {"actions": actions, "state": encode(outcome[0])}


def _tagged(event: Any) -> dict[str, Any]:
    return {"_type": type(event).__name__, **spelled({name: getattr(event, name) for name in KINDS_OF.get(type(event), ())})}
