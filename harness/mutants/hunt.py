"""One mutant against the generated cases, in a process of its own that ends with it."""

from __future__ import annotations

import json
import os
import resource
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Literal

from generators.reducer.bulk import draw_choices, generate_case
from generators.reducer.case import Case, to_line
from harness.comparators.divergence import Divergence
from harness.engine.majority import divergences_of
from harness.engine.shrink import Shrinker
from harness.mutants.catalogue import Mutant
from harness.mutants.historical import Historical
from harness.mutants.plant import plant
from harness.subjects.reducer.panel import METHODS_EVERY
from harness.subjects.reducer.past_waivers import state_after
from harness.subjects.reducer.ports.base import Outcome, Port
from harness.subjects.reducer.ports.python import PythonPort
from harness.subjects.reducer.thorough import compare_case

# For one case, which takes some milliseconds; the alarm ends even a loop that never comes back to Python.
HANG_SEC = 5.0
SHRINK_SEC = 20.0
MEMORY_BYTES_MAX = 4 * 2**30
# How a process ends that does itself harm. Whoever is out of memory, or stops a run, sends other signals.
CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)

# What became of a mutant: `stillborn` could not even be imported or built, `missing` is a port that cannot be built here
# at all, `hung` and `died` are kills too. `lost` ended from outside, or by a fault of our own: it says nothing of the mutant.
Planted = Mutant | Historical
Fate = Literal["killed", "hung", "died", "survived", "stillborn", "missing", "lost"]


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A case with the reference's answer to it, made once for all mutants."""

    index: int
    case: Case
    line: bytes
    reference: Outcome


@dataclass(frozen=True, kw_only=True)
class Hunted:
    """What became of a mutant, after how many sequences and seconds; where it was shrunk, the events before and after."""

    fate: Fate
    sequences: int
    seconds: float
    path: str = ""
    events_before: int | None = None
    events_after: int | None = None
    shrink_seconds: float = 0.0
    build_seconds: float = 0.0

    @property
    def killed(self) -> bool:
        """Whether the harness would have noticed."""
        return self.fate in ("killed", "hung", "died")


def prepare(seed: int, sequences: int, events_max: int) -> list[Prepared]:
    """The cases that every mutant is asked, and what the reference answers."""
    reference = PythonPort()
    prepared = []
    for index in range(sequences):
        case = generate_case(seed, index, events_max=events_max)
        line = to_line(case.request())
        prepared.append(Prepared(index=index, case=case, line=line, reference=reference.ask(line)))
    return prepared


def hunt(mutant: Planted, cases: Sequence[Prepared], report: int, *, shrink: bool) -> None:
    """Ask a mutant until it diverges, in a child process: a byte per case goes to the pipe, then what became of it as JSON."""
    started = time.perf_counter()
    limited()
    alarm(HANG_SEC)
    try:
        port = plant(mutant.module, mutant.tree())
    except Exception as error:
        tell(report, Hunted(fate="stillborn", sequences=0, seconds=0.0, path=repr(error)))
        return
    reference = PythonPort()
    for count, prepared in enumerate(cases, start=1):
        os.write(report, b".")
        alarm(HANG_SEC)
        found = compared(prepared, reference, port)
        if found:
            seconds = time.perf_counter() - started
            alarm(0.0)
            before, after, taken = None, None, 0.0
            if shrink:
                watch = partial(alarm, HANG_SEC)
                before, after, taken = shrunk(prepared.case, found[0], reference, port, before_each=watch)
            tell(report, Hunted(fate="killed", sequences=count, seconds=seconds, path=found[0].path,
                                 events_before=before, events_after=after, shrink_seconds=taken))  # fmt: skip
            return
    tell(report, Hunted(fate="survived", sequences=len(cases), seconds=time.perf_counter() - started))


def limited() -> None:
    """Have an alarm end this process at once, even in a loop that never comes back to Python, and bound its memory."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def alarm(seconds: float) -> None:
    """End this process unless another alarm is set within so many seconds; 0 calls it off."""
    signal.setitimer(signal.ITIMER_REAL, seconds)


def tell(report: int, hunted: Hunted) -> None:
    """Write what became of a mutant to the pipe."""
    os.write(report, json.dumps(asdict(hunted)).encode())


def compared(prepared: Prepared, reference: Port, port: Port) -> list[Divergence]:
    """The same comparison as a fuzz run's."""
    return compare_case(
        case=prepared.case,
        reference=prepared.reference,
        candidate=port.ask(prepared.line),
        reference_port=reference,
        port=port,
        thorough=prepared.index % METHODS_EVERY == 0,
    )


def shrunk(
    case: Case, first: Divergence, reference: Port, port: Port, *, before_each: Callable[[], None] = lambda: None
) -> tuple[int, int, float]:
    """The events of a divergent case before and after shrinking, and the seconds it took."""

    def still_diverges(attempt: Case) -> bool:
        before_each()
        return any(each.fingerprint == first.fingerprint for each in divergences_of(attempt, reference, port))

    def state_of(case: Case, steps: int) -> Any:
        return state_after(case, steps, reference)

    origin = case.metadata
    choices = draw_choices(origin["seed"], origin["index"], events_max=origin["events_max"])
    smallest = Shrinker(still_diverges, state_of, time_budget_sec=SHRINK_SEC).shrink(choices, case)
    return smallest.events_before, len(smallest.case.events), smallest.seconds


def heard(text: bytes, status: int, seconds: float) -> Hunted:
    """What a child's words and its end say: one that ended without a verdict hung, died of its mutant, or was lost."""
    dots = len(text) - len(text.lstrip(b"."))
    if text[dots:]:
        return Hunted(**json.loads(text[dots:]))
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
    fate: Fate = "hung" if number == signal.SIGALRM else "died" if number in CRASHES else "lost"
    how = f"exit code {os.waitstatus_to_exitcode(status)}" if number is None else signal.Signals(number).name
    return Hunted(fate=fate, sequences=dots, seconds=seconds, path=how if fate == "lost" else "")
