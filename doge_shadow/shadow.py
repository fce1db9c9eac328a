"""The shadow itself: a bounded queue that the caller appends to, and a thread that compares while the caller is idle."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from doge_shadow.face import CandidateError, Comparer, Found, Noting
from doge_shadow.journal import FAILURE, Journal
from doge_shadow.judging import fingerprint, worst
from doge_shadow.lifetime import LAST_SEC, enrol
from doge_shadow.metrics import Metrics
from doge_shadow.settings import ShadowSettings
from doge_shadow.tally import Tally

log = logging.getLogger("doge_shadow")

# The thread wakes this often: while calls come seldom, while they come without a pause, and while none come. Each time it
# takes the interpreter's lock for some microseconds. The caller counts as idle when it has made no call since the last time:
# longer than a call and what follows it, shorter than the pause of a bot between two events.
WAKE_SEC, BUSY_WAKE_SEC, QUIET_WAKE_SEC = 0.002, 0.025, 0.05
# More calls a second than that, and they come without a pause.
BUSY_RATE = 1500.0
QUIET_SEC = 1.0
# While a backlog is worked off, the journal is looked after this often.
WRITE_SEC = 1.0
# A comparison that is going on at the end may take so long, and the thread twice as long to end when it was broken off.
FINISH_SEC = 0.3
# A sample is a share of so many.
SAMPLE_STEPS = 1 << 16


@dataclass(eq=False)
class Shadow:
    """A shadow that is on. `name` is the subject's, `kinds` the words for the kinds of calls.

    `senseless` are the causes of failures by which a candidate gave an answer, and one that makes no sense.
    """

    name: str
    settings: ShadowSettings
    comparer: Comparer
    kinds: Sequence[str]
    senseless: frozenset[str] = frozenset()
    metrics: Metrics = field(default_factory=Metrics)
    # The pause between two looks while calls come seldom. It is to be longer than most calls take.
    wake_sec: float = WAKE_SEC
    # True while a call is going on that was not noted yet; for calls that take milliseconds.
    occupied: Callable[[], bool] = lambda: False
    # Called in a forked child, where whoever keeps a `Noting` needs another one.
    begun_anew: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        """Prepare; the thread starts with the first call."""
        enrol(self)
        self._begin()

    def _begin(self) -> None:
        self._queue: deque[Any] = deque()
        self._tally = Tally()
        self._taken = 0
        self._comparing = False
        self._told: Counter[str] = Counter()
        self._base: Counter[str] = Counter()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ending = self._retired = False
        self._threadless = ""
        self._overloaded = False
        self._journal: Journal | None = None

    def begin(self) -> Noting | None:
        """Start the thread; return what a caller needs to note its calls, None where only a share of them is to be noted."""
        with self._starting:
            if self._thread is None and not self._ending and not self._threadless:
                self._start()
        if self.settings.sample < 1.0:
            return None
        tally, queue = self._tally, self._queue
        return Noting(tally.seen.__next__, tally.dropped.__next__, queue, queue.append, self.settings.queue)

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name=f"shadow of the {self.name}", daemon=True)
        try:
            thread.start()
            self._thread = thread
        except RuntimeError as error:
            # The caller's call is answered all the same; what is noted is dropped at the end.
            self._threadless = f"no thread can be started ({error})"
            self.metrics.failed("thread", self._threadless)
            log.warning("%s shadow: thread: %s (counted, logged once)", self.name, self._threadless)

    def note(self, call: Any) -> None:
        """Note a call with its result; it never waits.

        A call that does not fit the queue is dropped. A sample is drawn by a hash that is the same for the same call in any
        process.
        """
        if self._thread is None:
            self.begin()
        next(self._tally.seen)
        if self.settings.sample < 1.0 and self.comparer.key_of(call) % SAMPLE_STEPS >= self.settings.sample * SAMPLE_STEPS:
            next(self._tally.unsampled)
        elif len(self._queue) < self.settings.queue:
            self._queue.append(call)
        else:
            next(self._tally.dropped)

    def _run(self) -> None:
        pause, seen, woke, quiet_since = self.wake_sec, 0, time.monotonic(), time.monotonic()
        while not self._ending:
            time.sleep(pause)
            now, before, seen = time.monotonic(), seen, self._tally.seen_so_far()
            rate, woke = (seen - before) / max(1e-6, now - woke), now
            if seen == before:
                self._work_while_idle(seen)
            else:
                quiet_since = now
            self._write()
            if rate > BUSY_RATE:
                pause = BUSY_WAKE_SEC
            else:
                pause = self.wake_sec if self._queue or now - quiet_since < QUIET_SEC else QUIET_WAKE_SEC
        self._write(last=True)

    def _work_while_idle(self, seen: int) -> None:
        """Compare what waits, until the caller makes another call."""
        write_at = time.monotonic() + WRITE_SEC
        while self._queue and not self._ending and self._tally.seen_so_far() == seen and not self.occupied():
            # Counted first, so that nobody who counts meanwhile misses it.
            self._taken += 1
            self._comparing = True
            call = self._queue.popleft()
            try:
                self._compare(call)
            except Exception as error:  # whatever goes wrong here must not end the thread in silence
                self._went_wrong(call, error)
            finally:
                self._comparing = False
            if time.monotonic() >= write_at:
                # A slow candidate may need hours for what waits.
                self._write()
                write_at = time.monotonic() + WRITE_SEC

    def _compare(self, call: Any) -> None:
        what, now = self.kinds[call[0]], time.time()
        found = self.comparer.compare(call)
        journal = self._opened()
        for stumble in found.stumbles:
            self._failed(stumble.cause, f"the candidate had to be asked again: {stumble}")
        self.metrics.compared(what, found.seconds, found.excused)
        journal.count("compared")
        journal.count("excused", len(found.excused))
        if found.differences:
            self._keep(what, found, now, journal)

    def _went_wrong(self, call: Any, error: Exception) -> None:
        if self._retired:
            # Broken off by the end of this process, not by a fault of the candidate: the call was never compared.
            self._queue.appendleft(call)
            self._taken -= 1
            for stumble in getattr(error, "stumbles", ()):
                self._failed(stumble.cause, str(stumble))
        elif isinstance(error, CandidateError):
            self._failed(error.cause, str(error))
        else:
            self._failed("comparing", f"comparing failed ({error!r})")

    def _failed(self, cause: str, sentence: str) -> None:
        journal = self._opened()
        journal.count("failures")
        journal.count(f"{FAILURE}{cause}")
        if cause in self.senseless:
            journal.count("senseless")
        if self.metrics.failed(cause, sentence):
            log.warning("%s shadow: %s: %s (counted, logged once)", self.name, cause, sentence)

    def _keep(self, what: str, found: Found, now: float, journal: Journal) -> None:
        first, severity = found.differences[0], worst(found.differences)
        event = None if found.event is None else type(found.event).__name__
        name = fingerprint(found.differences, f"{what}|{event}")
        journal.count(severity)
        is_new = self.metrics.diverged(what, severity, name, now, first.path, event)
        # Each time, for the folder may have taken nothing before, or may have been emptied since.
        path = journal.keep(name, severity, what, found)
        if is_new:
            told = f"{first.path}: reference {first.reference!r}, candidate {first.candidate!r}"
            log.warning("%s shadow: %s severity, %s of %s; %s", self.name, severity, name, told, path or "not kept")

    def _opened(self) -> Journal:
        """The journal of what is compared now: another executable, put in the place of the first, has one of its own."""
        identity = self.comparer.identity()
        if self._journal is not None and self._journal.identity != identity:
            self._journal.flush(time.time(), last=True)
            self._journal = None
        if self._journal is None:
            self._journal = Journal(self.name, self.settings, identity)
        return self._journal

    def _write(self, *, last: bool = False) -> None:
        """Bring the journal up to date; at the end, what was never compared counts as dropped."""
        counts = self._tally.counts()
        new = counts - self._told
        self._told |= counts
        if not new and self._journal is None:
            return
        journal = self._opened()
        for name, number in new.items():
            journal.count(name, number)
        if last:
            # By the same look: a call that is noted from now on is neither seen nor dropped.
            journal.count("dropped", counts["seen"] - counts["unsampled"] - counts["dropped"] - self._taken)
        if new["dropped"] and not self._overloaded:
            self._overloaded = True
            log.warning(
                "%s shadow: the queue of %d is full, calls are dropped (counted, logged once)", self.name, self.settings.queue
            )
        journal.flush(time.time(), last=last)
        failure = journal.failure()
        if failure is not None and self.metrics.failed("journal", failure):
            log.warning("%s shadow: %s (counted, logged once)", self.name, failure)

    def status(self) -> dict[str, Any]:
        """What was counted since the beginning or the last reset."""
        metrics, depth = self.metrics, len(self._queue)
        counts = self._tally.counts() - self._base
        compared = sum(metrics.checks.values())
        return {
            "enabled": True,
            "mode": self.settings.mode,
            "sample": self.settings.sample,
            "calls": counts["seen"],
            "compared": compared,
            "coverage": compared / counts["seen"] if counts["seen"] else None,
            "queue_depth": depth,
            "dropped": counts["dropped"],
            "unsampled": counts["unsampled"],
            "checks": {kind: metrics.checks[kind] for kind in self.kinds},
            "divergences": {kind: metrics.divergences[kind] for kind in self.kinds},
            "severities": {name: metrics.severities[name] for name in ("high", "low")},
            "failures": dict(metrics.failures),
            "excused": dict(metrics.excused),
            "fingerprints": dict(metrics.fingerprints),
            "last_divergence": dict(metrics.last),
            "last_error": metrics.last_error,
            "candidate_seconds": metrics.latencies(),
            "journal": None if self._journal is None else str(self._journal.path),
        }

    def reset(self) -> None:
        """Begin to count anew; the journal keeps what it has. What waits is still to be compared, and counts as a call."""
        self._base = self._tally.counts()
        self._base["seen"] -= len(self._queue) + self._comparing
        self._overloaded = False
        self.metrics.reset()

    def drain(self, sec: float) -> bool:
        """Wait until nothing waits or is being compared, for at most so many seconds; return True if nothing is."""
        give_up = time.monotonic() + sec
        while self._queue or self._comparing:
            if time.monotonic() >= give_up:
                return False
            time.sleep(WAKE_SEC)
        return True

    def stop(self, sec: float = LAST_SEC) -> None:
        """Work off what waits for so many seconds, then end: thread, candidate and journal."""
        try:
            self.drain(sec if self._thread is not None else 0.0)
            self._ending = True
            self._join(FINISH_SEC)
        finally:
            # Also where a second Ctrl-C comes meanwhile.
            with self._starting:
                self._ending = self._retired = True
            self.comparer.retire()
            self._join(2.0 * FINISH_SEC)
            if self._threadless and self._journal is None:
                self._failed("thread", self._threadless)
                self._write(last=True)

    def _join(self, sec: float) -> None:
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(sec)

    def after_fork(self) -> None:
        """Begin anew in a forked child: the thread, the candidate and the journal are the parent's."""
        self.metrics = Metrics()
        self._begin()
        self.begun_anew()
