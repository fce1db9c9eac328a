"""Hunts one mutant with the generated cases, in a process of its own."""

from __future__ import annotations

import json
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Literal

from harness.engine.shrink import shrink
from harness.mutants.catalogue import Mutant
from harness.mutants.historical import Historical
from harness.mutants.lines import Lines, executing, lines_of
from harness.panel import Depth, Panel
from harness.subject import Subject

SHRINK_SEC = 20.0
MEMORY_BYTES_MAX = 4 * 2**30
# Signals of a process that crashed by itself. Lack of memory or a stopped run cause other signals.
CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)

Injected = Mutant | Historical
# A `stillborn` mutant cannot be imported or built; `missing` is a port that cannot be built here at all; `hung` and `died` are
# kills, too. A `lost` process was ended from outside, or by a fault of the harness, which says nothing about the mutant.
Fate = Literal["killed", "hung", "died", "survived", "stillborn", "missing", "lost"]


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A case with the reference's outcome, made once for all mutants.

    `seconds` is the time that the reference took; `executed` are the lines of its package that it executed, or None if they
    were not traced, or if the comparison asks more than what was traced.
    """

    index: int
    case: Any
    expected: Any
    depth: Depth
    seconds: float = 0.0
    executed: Lines | None = None

    def concerns(self, mutant: Injected) -> bool:
        """Return True if the case executes a changed line; otherwise the mutant behaves as the reference.

        A change outside of functions, as of a named number, concerns every case that executes any line.
        """
        if self.executed is None:
            return True
        if isinstance(mutant, Mutant) and mutant.is_function:
            return not self.executed.get(mutant.module, frozenset()).isdisjoint(lines_of(mutant))
        return bool(self.executed)


@dataclass(frozen=True, kw_only=True)
class Hunted:
    """The fate of a mutant, with the number of cases and seconds it took. Sizes are those before and after shrinking.

    `kills` of the first `asked` of `cases` killed it; asking stops when these are enough. All are 0 where kills were not
    counted.
    """

    fate: Fate
    sequences: int
    seconds: float
    path: str = ""
    size_before: int | None = None
    size_after: int | None = None
    shrink_seconds: float = 0.0
    build_seconds: float = 0.0
    kills: int = 0
    asked: int = 0
    cases: int = 0

    @property
    def chance(self) -> float | None:
        """The estimated probability that so many cases of another seed kill the mutant; None where kills were not counted.

        Where asking stopped at a kill, the unbiased estimate of one case's probability leaves that kill and its case out.
        """
        if not self.asked:
            return None
        stopped = self.kills > 0 and self.asked < self.cases
        rate = (self.kills - 1) / (self.asked - 1) if stopped and self.asked > 1 else self.kills / self.asked
        return float(1.0 - (1.0 - rate) ** self.cases)

    @property
    def killed(self) -> bool:
        """True if the harness would have noticed the bug."""
        return self.fate in ("killed", "hung", "died")


def prepare(
    subject: Subject[Any], panel: Panel[Any], seed: int, sequences: int, *, trace: str | None = None
) -> Iterator[Prepared]:
    """Yield the first cases of a seed as in a fuzz run, with the reference's outcomes; `trace` names a package to trace.

    Where only some cases are compared thoroughly, these are asked more than what is traced.
    """
    defaults = subject.defaults
    for index in range(sequences):
        case = subject.cases.generate(seed, index, defaults.night_settings)
        depth = defaults.night_depth(index)
        asked_more = depth is Depth.THOROUGH and defaults.night_thorough_every > 1
        started = time.perf_counter()
        with executing(None if asked_more else trace) as executed:
            expected = panel.expect(case)
        seconds = time.perf_counter() - started
        yield Prepared(index=index, case=case, expected=expected, depth=depth, seconds=seconds, executed=executed)


def hunt(subject: Subject[Any], mutant: Injected, cases: Sequence[Prepared], report: int, *, do_shrink: bool) -> None:
    """Run cases on a mutant until it has diverged often enough, in a child process.

    Writes a byte per case to the pipe, then the fate.
    """
    mutations = subject.mutations
    assert mutations is not None, "only a subject with mutations is hunted"
    started = time.perf_counter()
    limited()
    alarm(mutations.hang_sec)
    try:
        panel = mutations.inject(mutant.module, mutant.tree())
    except Exception as error:
        write_fate(report, Hunted(fate="stillborn", sequences=0, seconds=0.0, path=repr(error)))
        return
    (port,) = panel.candidates
    first: tuple[Hunted, Prepared, str] | None = None
    kills = count = 0
    for count, prepared in enumerate(cases, start=1):
        os.write(report, b".")
        if not prepared.concerns(mutant):
            continue
        # Not being asked after many failures would count as further kills.
        panel.forgive()
        alarm(mutations.hang_sec + mutations.hang_times * prepared.seconds)
        found = panel.judge(port, prepared.case, prepared.expected, prepared.depth).divergences
        kills += bool(found)
        if found and first is None:
            seconds = time.perf_counter() - started
            killed = Hunted(fate="killed", sequences=count, seconds=seconds, path=found[0].path)
            first = killed, prepared, found[0].fingerprint
        if kills == mutations.kills_wanted:
            break
    if first is None:
        seconds = time.perf_counter() - started
        write_fate(report, Hunted(fate="survived", sequences=len(cases), seconds=seconds, asked=count, cases=len(cases)))
        return
    hunted, prepared, fingerprint = replace(first[0], kills=kills, asked=count, cases=len(cases)), *first[1:]
    if do_shrink:
        watch = partial(alarm, mutations.hang_sec)
        hunted = with_shrunk(subject, panel, port, prepared, hunted, fingerprint, before_each=watch)
    write_fate(report, hunted)


def with_shrunk(
    subject: Subject[Any],
    panel: Panel[Any],
    port: str,
    prepared: Prepared,
    hunted: Hunted,
    fingerprint: str,
    *,
    before_each: Callable[[], None] = lambda: None,
) -> Hunted:
    """Shrink the case of a kill; return the kill with the sizes before and after."""
    shrunk = shrink(subject, panel, port, prepared.case, fingerprint, time_budget_sec=SHRINK_SEC, before_each=before_each)
    if shrunk is None:
        return hunted
    sizes = {"size_before": shrunk.size_before, "size_after": shrunk.size_after, "shrink_seconds": shrunk.seconds}
    return Hunted(**{**asdict(hunted), **sizes})


def limited() -> None:
    """Let an alarm end this process at once, even in a loop that never returns to Python, and limit its memory."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def alarm(seconds: float) -> None:
    """End this process unless another alarm is set within so many seconds; 0 cancels the alarm."""
    signal.setitimer(signal.ITIMER_REAL, seconds)


def write_fate(report: int, hunted: Hunted) -> None:
    """Write a mutant's fate to the pipe."""
    os.write(report, json.dumps(asdict(hunted)).encode())


def read_fate(text: bytes, status: int, seconds: float) -> Hunted:
    """Return the fate that a child wrote. Without one, its exit status shows if it hung, died or was lost."""
    dots = len(text) - len(text.lstrip(b"."))
    if text[dots:]:
        return Hunted(**json.loads(text[dots:]))
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
    fate: Fate = "hung" if number == signal.SIGALRM else "died" if number in CRASHES else "lost"
    how = f"exit code {os.waitstatus_to_exitcode(status)}" if number is None else signal.Signals(number).name
    return Hunted(fate=fate, sequences=dots, seconds=seconds, path=how if fate == "lost" else "")
